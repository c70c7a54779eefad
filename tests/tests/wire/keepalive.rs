//! The server's pings, and what happens to a peer that does not answer them. All tests use a pipe and a paused clock.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use ws_runtime::{App, Close, CloseCode, Closed, SocketError, State, WebSocket, routes, websocket};
use ws_tests::{Ear, Frame, Logs, Memory, Tell, assert_elapsed, ear, echo::echo, op};

const SECOND: Duration = Duration::from_secs(1);

/// Ignores the connection until it is woken, then receives.
#[websocket("/asleep")]
async fn asleep(tell: State<Tell>, wake: State<Arc<Notify>>, mut ws: WebSocket) -> Result<(), SocketError> {
    wake.notified().await;
    loop {
        match ws.recv_text().await {
            Ok(text) => tell.say(text),
            Err(error) => {
                tell.show(&error);
                return Err(error);
            }
        }
    }
}

/// Waits for the close, without receiving.
#[websocket("/waiting")]
async fn waiting(tell: State<Tell>, ws: WebSocket) {
    tell.show(&ws.closed().await);
}

/// Sends two messages that a small pipe does not hold, then receives until the end.
#[websocket("/talking")]
async fn talking(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_binary([0; 1000]).await?;
    ws.send_binary([1; 1000]).await?;
    loop {
        match ws.recv().await {
            Ok(message) => tell.show(&message),
            Err(error) => {
                tell.show(&error);
                return Err(error);
            }
        }
    }
}

struct Scene {
    app: App,
    ear: Ear,
    wake: Arc<Notify>,
}

/// Pings every 4 seconds, and requires a sign of life within 10.
fn scene() -> Scene {
    let (tell, ear) = ear();
    let wake = Arc::new(Notify::new());
    let app = App::new()
        .routes(routes![echo, asleep, waiting, talking])
        .state(tell)
        .state(Arc::clone(&wake))
        .ping_interval(4 * SECOND)
        .pong_timeout(10 * SECOND);
    Scene { app, ear, wake }
}

fn ping() -> Frame {
    Frame::new(op::PING, "").unmasked()
}

fn dead() -> Close {
    Close::new(CloseCode::INTERNAL_ERROR, "keepalive ping timeout")
}

/// The close of a dead peer, on the wire.
fn dead_frame() -> (Option<u16>, String) {
    (Some(1011), "keepalive ping timeout".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_ping_goes_out_at_every_interval_while_the_peer_answers() {
    let mut memory = Memory::open(scene().app, "/echo").await;
    let start = Instant::now();
    for round in 1..=20 {
        assert_eq!(memory.raw.frame().await, Some(ping()));
        assert_elapsed(start, round * 4 * SECOND);
        memory.raw.send(Frame::new(op::PONG, "")).await;
    }
    memory.raw.send(Frame::text("still here")).await;
    assert_eq!(memory.raw.text().await, "still here");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_stays_silent_is_closed_as_dead_and_recv_reports_it() {
    let logs = Logs::capture();
    let mut scene = scene();
    let mut memory = Memory::open(scene.app, "/echo").await;
    let start = Instant::now();
    assert_eq!(memory.raw.frame().await, Some(ping()));
    assert_elapsed(start, 4 * SECOND);
    assert_eq!(memory.raw.closed().await, dead_frame());
    assert_elapsed(start, 14 * SECOND);
    let error = SocketError::Closed(Closed::Local(dead()));
    assert_eq!(scene.ear.next().await, format!("{error:?}"));
    logs.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn a_dead_peer_is_noticed_while_the_endpoint_sleeps() {
    let mut scene = scene();
    let mut memory = Memory::open(scene.app, "/asleep").await;
    let start = Instant::now();
    assert_eq!(memory.raw.frame().await, Some(ping()));
    assert_eq!(memory.raw.closed().await, dead_frame());
    assert_elapsed(start, 14 * SECOND);
    assert!(scene.ear.rest().is_empty(), "it still sleeps");
    scene.wake.notify_one();
    let error = SocketError::Closed(Closed::Local(dead()));
    assert_eq!(scene.ear.next().await, format!("{error:?}"));
}

#[tokio::test(start_paused = true)]
async fn a_dead_peer_ends_the_wait_for_the_close() {
    let mut scene = scene();
    let memory = Memory::open(scene.app, "/waiting").await;
    let start = Instant::now();
    assert_eq!(scene.ear.next().await, format!("{:?}", Closed::Local(dead())));
    assert_elapsed(start, 14 * SECOND);
    drop(memory);
}

#[tokio::test(start_paused = true)]
async fn a_dead_peer_that_does_not_answer_the_close_either_is_let_go() {
    let mut memory = Memory::open(scene().app.close_timeout(3 * SECOND), "/echo").await;
    let start = Instant::now();
    assert_eq!(memory.raw.frame().await, Some(ping()));
    assert_eq!(memory.raw.frame().await.map(Frame::into_close), Some(dead_frame()));
    memory.raw.eof().await;
    assert_elapsed(start, 17 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn any_byte_is_life() {
    let frame = Frame::text("slowly").bytes();
    let signs: [Vec<u8>; 5] = [
        Frame::new(op::PONG, "another").bytes(),
        Frame::new(op::PING, "").bytes(),
        Frame::text("instead of a pong").bytes(),
        Frame::new(op::BINARY, "a part").unfinished().bytes(),
        frame[..1].to_vec(),
    ];
    for sign in signs {
        let mut scene = scene();
        let mut memory = Memory::open(scene.app, "/waiting").await;
        let start = Instant::now();
        assert_eq!(memory.raw.frame().await, Some(ping()));
        // At the last moment.
        sleep(9 * SECOND).await;
        memory.raw.write(&sign).await;
        // The next ping is overdue by then.
        loop {
            let frame = memory.raw.frame().await.expect("a ping, not the end");
            if frame.opcode == op::PING {
                break;
            }
        }
        assert_elapsed(start, 14 * SECOND);
        assert!(scene.ear.rest().is_empty(), "it is alive: {sign:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_byte_before_the_ping_is_no_answer_to_it() {
    let mut memory = Memory::open(scene().app, "/echo").await;
    let start = Instant::now();
    sleep(3 * SECOND).await;
    memory.raw.send(Frame::text("early")).await;
    assert_eq!(memory.raw.text().await, "early");
    assert_eq!(memory.raw.frame().await, Some(ping()));
    assert_elapsed(start, 4 * SECOND);
    assert_eq!(memory.raw.closed().await, dead_frame());
    assert_elapsed(start, 14 * SECOND);
}

// A peer that is held back by our own backpressure is not dead.
#[tokio::test(start_paused = true)]
async fn a_peer_that_we_do_not_read_is_not_dead() {
    let mut scene = scene();
    let mut memory = Memory::open(scene.app, "/asleep").await;
    // More than is read ahead of the endpoint.
    for number in 0..100 {
        memory.raw.send(Frame::text(&number.to_string())).await;
    }
    let start = Instant::now();
    assert_eq!(memory.raw.frame().await, Some(ping()));
    // The answer waits behind bytes that are not read.
    memory.raw.send(Frame::new(op::PONG, "")).await;
    sleep(300 * SECOND).await;
    scene.wake.notify_one();
    let expected: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(scene.ear.take(100).await, expected);
    // Now that the connection is read, the peer's time passes again.
    loop {
        let frame = memory.raw.frame().await.expect("a Close frame, not the end");
        if frame.opcode == op::CLOSE {
            assert_eq!(frame.into_close(), dead_frame());
            break;
        }
    }
    assert!(start.elapsed() < 325 * SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_peer_is_not_dead_before_it_was_sent_the_ping() {
    let mut scene = scene();
    let mut memory = Memory::join(&scene.app.into_service(), 512).opened("/talking").await;
    // The ping waits behind the messages, which the peer does not read.
    sleep(50 * SECOND).await;
    assert!(scene.ear.rest().is_empty(), "it is not dead");
    let start = Instant::now();
    assert_eq!(memory.raw.frame().await, Some(Frame::new(op::BINARY, [0; 1000]).unmasked()));
    assert_eq!(memory.raw.frame().await, Some(Frame::new(op::BINARY, [1; 1000]).unmasked()));
    assert_eq!(memory.raw.frame().await, Some(ping()));
    assert_elapsed(start, Duration::ZERO);
    // From now on the peer has its time to answer.
    assert_eq!(memory.raw.closed().await, dead_frame());
    assert_elapsed(start, 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_byte_before_the_ping_is_on_its_way_is_no_answer_to_it() {
    let mut scene = scene();
    let mut memory = Memory::join(&scene.app.into_service(), 512).opened("/talking").await;
    // The ping waits behind the messages.
    sleep(SECOND * 13 / 2).await;
    memory.raw.send(Frame::new(op::BINARY, [])).await;
    assert_eq!(scene.ear.next().await, r#"Binary(b"")"#);
    let start = Instant::now();
    assert_eq!(memory.raw.frame().await.map(|frame| frame.opcode), Some(op::BINARY));
    assert_eq!(memory.raw.frame().await.map(|frame| frame.opcode), Some(op::BINARY));
    assert_eq!(memory.raw.frame().await, Some(ping()));
    assert_eq!(memory.raw.closed().await, dead_frame());
    assert_elapsed(start, 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_timeout_may_be_shorter_than_the_interval() {
    let mut memory = Memory::open(scene().app.pong_timeout(SECOND), "/echo").await;
    let start = Instant::now();
    for round in 1..=3 {
        assert_eq!(memory.raw.frame().await, Some(ping()));
        assert_elapsed(start, round * 4 * SECOND);
        memory.raw.send(Frame::new(op::PONG, "")).await;
    }
    assert_eq!(memory.raw.frame().await, Some(ping()));
    assert_eq!(memory.raw.closed().await, dead_frame());
    assert_elapsed(start, 17 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn without_an_interval_there_is_no_ping_and_no_death() {
    for app in [scene().app.ping_interval(None), scene().app.ping_interval(Duration::ZERO)] {
        let mut memory = Memory::open(app, "/echo").await;
        sleep(3600 * SECOND).await;
        memory.raw.send(Frame::text("still here")).await;
        assert_eq!(memory.raw.text().await, "still here");
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_a_peer_is_dead_after_40_seconds() {
    let app = App::new().routes(routes![waiting]).state(ear().0);
    let mut memory = Memory::open(app, "/waiting").await;
    let start = Instant::now();
    assert_eq!(memory.raw.frame().await, Some(ping()));
    assert_elapsed(start, 20 * SECOND);
    assert_eq!(memory.raw.closed().await, dead_frame());
    assert_elapsed(start, 40 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn no_ping_follows_a_close() {
    let mut memory = Memory::open(scene().app.close_timeout(20 * SECOND), "/echo").await;
    let start = Instant::now();
    memory.raw.send(Frame::text("unmasked").unmasked()).await;
    assert_eq!(memory.raw.frame().await.expect("a Close frame, not the end").into_close().0, Some(1002));
    memory.raw.eof().await;
    assert!(start.elapsed() <= 20 * SECOND + SECOND);
}
