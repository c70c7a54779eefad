//! Endpoints that use up the turn that the runtime gives their task: what the connection owes its peer happens all the same.

use std::time::Duration;

use tokio::{
    sync::mpsc::unbounded_channel,
    time::{Instant, sleep},
};
use ws_runtime::{App, WebSocket, routes, websocket};
use ws_tests::{Frame, Memory, Server, assert_elapsed, op};

const SECOND: Duration = Duration::from_secs(1);

/// Says something, and never has nothing to do: each turn of its task is used up to the last.
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
