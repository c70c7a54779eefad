//! Endpoints that use up the turn that the runtime gives their task: the connection still does what it owes its peer.

use std::{
    future::poll_fn,
    mem,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::mpsc::unbounded_channel,
    time::{Instant, sleep},
};
use ws_runtime::{App, SocketError, State, WebSocket, routes, websocket};
use ws_tests::{Frame, Memory, Server, assert_elapsed, op};

const SECOND: Duration = Duration::from_secs(1);

/// Sends a message, and is then always ready: it uses up each turn of its task completely.
#[websocket("/restless")]
async fn restless(mut ws: WebSocket) {
    let (sender, mut receiver) = unbounded_channel();
    if ws.send_text("hello").await.is_err() {
        return;
    }
    loop {
        let _ = sender.send(());
        receiver.recv().await;
    }
}

/// Uses up its first turn, and sleeps.
#[websocket("/sleepy")]
async fn sleepy(ws: WebSocket) {
    let (sender, mut receiver) = unbounded_channel();
    for _ in 0..1000 {
        let _ = sender.send(());
    }
    for _ in 0..1000 {
        receiver.recv().await;
    }
    sleep(Duration::from_hours(1)).await;
    drop(ws);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restless_endpoint_sent_goes_out() {
    let app = App::new().routes(routes![restless]).ping_interval(None);
    let server = Server::start(app).await;
    let mut raw = server.raw_open("/restless").await;
    assert_eq!(raw.text().await, "hello");
}

/// Receives, and counts.
#[websocket("/flooded")]
async fn flooded(received: State<Arc<AtomicUsize>>, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        ws.recv().await?;
        received.fetch_add(1, Ordering::Relaxed);
    }
}

/// Moves to the end of the queue of tasks. Tokio's own `yield_now` also waits for I/O, which is polled only now and then.
async fn next_turn() {
    let mut woken = false;
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if mem::replace(&mut woken, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Receiving a buffered message costs nothing of the turn that the runtime gives the task, and others get theirs all the same.
#[tokio::test]
async fn others_have_their_turn_however_many_messages_came_at_once() {
    const MESSAGES: usize = 10_000;
    let received = Arc::<AtomicUsize>::default();
    let app = App::new().routes(routes![flooded]).state(Arc::clone(&received)).ping_interval(None);
    let mut memory = Memory::open(app, "/flooded").await;
    let flood = tokio::spawn(async move {
        memory.raw.write(Frame::text("").bytes().repeat(MESSAGES)).await;
        memory
    });
    // A task beside the connection's, which gets its turn as often.
    let bystander = tokio::spawn(async move {
        let (mut before, mut most) = (0, 0);
        while before < MESSAGES {
            next_turn().await;
            let now = received.load(Ordering::Relaxed);
            most = most.max(now - before);
            before = now;
        }
        most
    });
    let most = bystander.await.expect("no panic");
    assert!(most <= 64, "{most} messages in a row");
    drop(flood);
}

#[tokio::test(start_paused = true)]
async fn timers_are_set_although_the_turn_is_used_up() {
    let app = App::new().routes(routes![sleepy]).ping_interval(2 * SECOND).pong_timeout(3 * SECOND);
    let mut memory = Memory::open(app, "/sleepy").await;
    let start = Instant::now();
    assert_eq!(memory.raw.frame().await, Some(Frame::new(op::PING, "").unmasked()));
    assert_elapsed(start, 2 * SECOND);
    assert_eq!(memory.raw.closed().await, (Some(1011), "keepalive ping timeout".to_owned()));
    assert_elapsed(start, 5 * SECOND);
}
