//! Peers that send no message. All tests use a pipe and a paused clock.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use ws_runtime::{
    App, CloseError as _, ErrorContext, IdleTimeout, SocketError, State, WebSocket, routes, websocket,
};
use ws_tests::{Frame, Logs, Memory, Tell, assert_elapsed, ear, op, settle};

const SECOND: Duration = Duration::from_secs(1);

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

/// Asks if anybody is there, and continues.
#[websocket("/patient")]
async fn patient(mut ws: WebSocket) -> Result<(), SocketError> {
    let mut patience = 3;
    loop {
        match ws.recv_text().await {
            Ok(text) => ws.send_text(text).await?,
            Err(SocketError::Idle(_)) if patience > 0 => {
                patience -= 1;
                ws.send_text("anybody there?").await?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Does something else before it receives.
#[websocket("/busy")]
async fn busy(wake: State<Arc<Notify>>, mut ws: WebSocket) -> Result<(), SocketError> {
    wake.notified().await;
    ws.send_text("now").await?;
    ws.recv().await?;
    Ok(())
}

/// Waits for a message or something else.
#[websocket("/select")]
async fn select(mut ws: WebSocket) -> Result<(), SocketError> {
    let mut ticks = tokio::time::interval(SECOND);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            message = ws.recv() => ws.send(message?).await?,
        }
    }
}

/// Receives in a separate task.
#[websocket("/split")]
async fn split(tell: State<Tell>, ws: WebSocket) -> Result<(), SocketError> {
    let (sender, mut receiver) = ws.split();
    let tell = tell.clone();
    let receiving = tokio::spawn(async move {
        let error = receiver.recv().await.expect_err("nobody sends");
        tell.show(&error);
        error
    });
    sender.send_text("ready").await?;
    Err(receiving.await.expect("it does not panic"))
}

/// Answers with more than fits, and receives.
#[websocket("/chatty")]
async fn chatty(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        ws.recv().await?;
        // One is being written, and one waits for it.
        ws.send_text("x".repeat(2000)).await?;
        ws.send_text("x".repeat(2000)).await?;
    }
}

/// Receives, then does something else for a while, and then requires an answer.
#[websocket("/works")]
async fn works(#[query] cancelled: bool, tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    if cancelled {
        let patience = tokio::time::timeout(SECOND, ws.recv()).await;
        tell.say(patience.is_err());
    } else {
        tell.say(ws.recv_text().await?);
    }
    sleep(10 * SECOND).await;
    tell.say("asks");
    let answer = ws.recv_text().await?;
    ws.send_text(answer).await
}

fn app() -> App {
    App::new()
        .routes(routes![echo, patient, busy, select, split, works])
        .state(Arc::new(Notify::new()))
        .state(ear().0)
        .idle_timeout(7 * SECOND)
        .ping_interval(None)
}

fn idle() -> (Option<u16>, String) {
    (Some(1000), "inactivity timeout".to_owned())
}

#[tokio::test(start_paused = true)]
async fn an_idle_peer_is_closed_1000() {
    let logs = Logs::capture();
    for target in ["/echo", "/select"] {
        let mut memory = Memory::open(app(), target).await;
        let start = Instant::now();
        assert_eq!(memory.raw.closed().await, idle(), "{target}");
        assert_elapsed(start, 7 * SECOND);
    }
    logs.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_send_first() {
    let app = app().on_error(async |error: IdleTimeout, cx: ErrorContext| {
        let _ = cx.send_text("Connection timed out due to inactivity").await;
        error.close()
    });
    let mut memory = Memory::open(app, "/echo").await;
    let start = Instant::now();
    assert_eq!(memory.raw.text().await, "Connection timed out due to inactivity");
    assert_elapsed(start, 7 * SECOND);
    assert_eq!(memory.raw.closed().await, idle());
}

#[tokio::test(start_paused = true)]
async fn each_message_restarts_the_time() {
    let mut memory = Memory::open(app(), "/echo").await;
    let start = Instant::now();
    for message in [Frame::text("text"), Frame::new(op::BINARY, "binary"), Frame::text("")] {
        sleep(6 * SECOND).await;
        memory.raw.send(message.clone()).await;
        assert_eq!(memory.raw.frame().await, Some(message.unmasked()));
    }
    assert_eq!(memory.raw.closed().await, idle());
    assert_elapsed(start, (3 * 6 + 7) * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_control_frame_is_no_message() {
    let mut memory = Memory::open(app(), "/echo").await;
    let start = Instant::now();
    for _ in 0..6 {
        sleep(SECOND).await;
        memory.raw.send(Frame::new(op::PING, "")).await;
        assert_eq!(memory.raw.frame().await, Some(Frame::new(op::PONG, "").unmasked()));
        memory.raw.send(Frame::new(op::PONG, "")).await;
    }
    assert_eq!(memory.raw.closed().await, idle());
    assert_elapsed(start, 7 * SECOND);
}

/// Messages in the pieces in which they arrive.
fn arriving() -> [Vec<Vec<u8>>; 3] {
    let frame = Frame::text(&"x".repeat(300)).bytes();
    let fragments = [
        Frame::text("x").unfinished(),
        Frame::new(op::CONTINUATION, "x").unfinished(),
        Frame::new(op::CONTINUATION, "x").unfinished(),
        Frame::new(op::CONTINUATION, "x"),
    ];
    let first = Frame::text(&"x".repeat(50)).unfinished().bytes();
    let second = Frame::new(op::CONTINUATION, "x".repeat(50)).bytes();
    [
        frame.chunks(100).map(<[u8]>::to_vec).collect(),
        fragments.map(|fragment| fragment.bytes()).to_vec(),
        [first, second].concat().chunks(25).map(<[u8]>::to_vec).collect(),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_still_arriving_is_no_inactivity() {
    for pieces in arriving() {
        let mut memory = Memory::open(app(), "/echo").await;
        for piece in &pieces {
            sleep(6 * SECOND).await;
            memory.raw.write(piece).await;
        }
        assert!(memory.raw.text().await.starts_with('x'), "{pieces:?}");
        let start = Instant::now();
        assert_eq!(memory.raw.closed().await, idle());
        assert_elapsed(start, 7 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_stops_to_arrive_is_inactivity() {
    for pieces in arriving() {
        let mut memory = Memory::open(app(), "/echo").await;
        memory.raw.write(&pieces[0]).await;
        sleep(5 * SECOND).await;
        memory.raw.write(&pieces[1]).await;
        let start = Instant::now();
        let fragmented = pieces == arriving()[1];
        // Control frames between fragments are not part of the message.
        for _ in 0..3 {
            sleep(2 * SECOND).await;
            if fragmented {
                memory.raw.send(Frame::new(op::PONG, "")).await;
            }
        }
        assert_eq!(memory.raw.closed().await, idle(), "{pieces:?}");
        assert_elapsed(start, 7 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_may_not_arrive_for_ever() {
    let mut memory = Memory::open(app(), "/echo").await;
    sleep(5 * SECOND).await;
    let start = Instant::now();
    let frame = Frame::text(&"x".repeat(1000)).bytes();
    memory.raw.write(&frame[..10]).await;
    for byte in 10..33 {
        sleep(3 * SECOND).await;
        memory.raw.write(&frame[byte..=byte]).await;
    }
    assert_elapsed(start, 69 * SECOND);
    assert_eq!(memory.raw.closed().await, idle());
    assert_elapsed(start, 70 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_may_handle_it_and_go_on() {
    let mut memory = Memory::open(app(), "/patient").await;
    let start = Instant::now();
    for round in 1..=3 {
        assert_eq!(memory.raw.text().await, "anybody there?");
        assert_elapsed(start, round * 7 * SECOND);
    }
    sleep(SECOND).await;
    memory.raw.send(Frame::text("yes")).await;
    assert_eq!(memory.raw.text().await, "yes");
    assert_eq!(memory.raw.closed().await, idle());
    assert_elapsed(start, (3 * 7 + 1 + 7) * SECOND);
}

/// Opens a connection whose endpoint does something else until it is woken.
async fn busy_for_long() -> (Memory, Arc<Notify>) {
    let wake = Arc::new(Notify::new());
    let app = App::new()
        .routes(routes![busy])
        .state(Arc::clone(&wake))
        .idle_timeout(7 * SECOND)
        .ping_interval(None);
    (Memory::open(app, "/busy").await, wake)
}

#[tokio::test(start_paused = true)]
async fn the_time_in_which_the_endpoint_does_something_else_does_not_end_the_connection() {
    let (mut memory, wake) = busy_for_long().await;
    sleep(300 * SECOND).await;
    wake.notify_one();
    let start = Instant::now();
    assert_eq!(memory.raw.text().await, "now");
    assert_eq!(memory.raw.closed().await, idle());
    // The time may have started before it received.
    assert!(start.elapsed() <= 7 * SECOND + SECOND / 10, "{:?}", start.elapsed());
    assert!(start.elapsed() > SECOND / 10, "a peer has some time: {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_received_before_and_works_now_does_not_wait() {
    for cancelled in [false, true] {
        let (tell, mut ear) = ear();
        let app = App::new().routes(routes![works]).state(tell).idle_timeout(7 * SECOND).ping_interval(None);
        let mut memory = Memory::open(app, &format!("/works?cancelled={cancelled}")).await;
        if cancelled {
            assert_eq!(ear.next().await, "true");
        } else {
            memory.raw.send(Frame::text("begin")).await;
            assert_eq!(ear.next().await, "begin");
        }
        assert_eq!(ear.next().await, "asks");
        memory.raw.send(Frame::text("answer")).await;
        assert_eq!(memory.raw.text().await, "answer", "cancelled: {cancelled}");
    }
}

/// The peer's messages wait in the socket, because it does not read what it is sent.
#[tokio::test(start_paused = true)]
async fn a_peer_that_is_held_back_is_not_idle() {
    let app = App::new().routes(routes![chatty]).idle_timeout(7 * SECOND).ping_interval(None);
    let service = app.send_buffer(1000).into_service();
    let mut memory = Memory::join(&service, 1000).opened("/chatty").await;
    memory.raw.send(Frame::text("more")).await;
    settle().await;
    memory.raw.send(Frame::text("and more")).await;
    sleep(60 * SECOND).await;
    for _ in 0..4 {
        assert_eq!(memory.raw.text().await.len(), 2000);
    }
    assert_eq!(memory.raw.closed().await, idle());
}

#[tokio::test(start_paused = true)]
async fn a_receiver_in_another_task_learns_it_too() {
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![split]).state(tell).idle_timeout(7 * SECOND).ping_interval(None);
    let mut memory = Memory::open(app, "/split").await;
    let start = Instant::now();
    assert_eq!(memory.raw.text().await, "ready");
    assert_eq!(ear.next().await, "Idle(IdleTimeout)");
    assert_elapsed(start, 7 * SECOND);
    assert_eq!(memory.raw.closed().await, idle());
}

#[tokio::test(start_paused = true)]
async fn messages_that_came_in_time_are_received_first() {
    let (mut memory, wake) = busy_for_long().await;
    memory.raw.send(Frame::text("in time")).await;
    sleep(300 * SECOND).await;
    wake.notify_one();
    assert_eq!(memory.raw.text().await, "now");
    // The endpoint had a message, and returned.
    assert_eq!(memory.raw.closed().await, (Some(1000), String::new()));
}

#[tokio::test(start_paused = true)]
async fn by_default_a_peer_may_be_idle_for_ever() {
    for app in [
        App::new().routes(routes![echo]).ping_interval(None),
        App::new().routes(routes![echo]).ping_interval(None).idle_timeout(None),
    ] {
        let mut memory = Memory::open(app, "/echo").await;
        sleep(24 * 3600 * SECOND).await;
        memory.raw.send(Frame::text("still here")).await;
        assert_eq!(memory.raw.text().await, "still here");
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_peer_that_answers_pings_is_idle_all_the_same() {
    let mut memory = Memory::open(app().ping_interval(2 * SECOND).pong_timeout(SECOND), "/echo").await;
    let start = Instant::now();
    for _ in 0..3 {
        assert_eq!(memory.raw.frame().await, Some(Frame::new(op::PING, "").unmasked()));
        memory.raw.send(Frame::new(op::PONG, "")).await;
    }
    assert_eq!(memory.raw.closed().await, idle());
    assert_elapsed(start, 7 * SECOND);
}
