//! Every limit at, below and above its bound, and in every scope that may set it.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use ws_runtime::{
    App, Close, Endpoint as _, Handshake, Message, RateLimit, Rejection, Router, SendBuffer, Service,
    SocketError, State, Upgrade, WebSocket, close_code, routes, websocket,
};
use ws_tests::{Ear, Frame, Logs, Memory, Opening, Server, Tell, assert_elapsed, ear, op, settle};

const SECOND: Duration = Duration::from_secs(1);

/// Where every scope mounts the endpoint.
const TARGET: &str = "/api/echo";

/// Echoes until it receives a goodbye.
#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        match ws.recv().await? {
            Message::Text(text) if text == "bye" => return Ok(()),
            message => ws.send(message).await?,
        }
    }
}

/// Sets the same option on the app, on a router, on a route and in the attribute. The inner ones are inside of scopes with
/// another setting.
macro_rules! scopes {
    ($option:ident($value:expr), not $other:expr) => {{
        #[websocket("/echo", $option = $value)]
        async fn attributed(ws: WebSocket) -> Result<(), SocketError> {
            echo(ws).await
        }

        let others = |router: Router| App::new().$option($other).nest("/api", router.$option($other));
        [
            ("app", App::new().$option($value).nest("/api", Router::new().routes(routes![echo]))),
            (
                "router",
                App::new().$option($other).nest("/api", Router::new().$option($value).routes(routes![echo])),
            ),
            ("route", others(Router::new().route(echo::route().$option($value)))),
            ("attribute", others(Router::new().routes(routes![attributed]))),
        ]
        .map(|(scope, app)| (scope, app.into_service()))
    }};
}

/// Returns a frame with so many bytes.
fn binary(len: usize) -> Frame {
    Frame::new(op::BINARY, vec![7; len])
}

/// Returns a message in fragments of so many bytes each.
fn fragments(sizes: &[usize]) -> Vec<u8> {
    let last = sizes.len() - 1;
    let frames = sizes.iter().enumerate().map(|(index, size)| Frame {
        fin: index == last,
        opcode: if index == 0 { op::BINARY } else { op::CONTINUATION },
        ..binary(*size)
    });
    frames.flat_map(|frame| frame.bytes()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_message_may_have_max_message_size_and_no_more() {
    for (scope, service) in scopes!(max_message_size(1000), not 10) {
        for (sizes, echoed) in [
            (&[0][..], true),
            (&[999], true),
            (&[1000], true),
            (&[1001], false),
            (&[500, 500], true),
            (&[500, 501], false),
            (&[1000, 0], true),
            (&[1000, 1], false),
            (&[0, 0, 1000, 0], true),
        ] {
            sends_fragments(&service, sizes, echoed, scope).await;
        }
    }
}

/// Sends a message in fragments of these sizes, in bytes. It comes back, or closes with 1009.
async fn sends_fragments(service: &Service, sizes: &[usize], echoed: bool, scope: &str) {
    let mut memory = Memory::enter(service, TARGET).await;
    memory.raw.write(fragments(sizes)).await;
    if echoed {
        let whole = binary(sizes.iter().sum()).unmasked();
        assert_eq!(memory.raw.frame().await, Some(whole), "{scope}: {sizes:?}");
    } else {
        assert_eq!(memory.raw.closed().await.0, Some(1009), "{scope}: {sizes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_may_have_max_frame_size_and_no_more() {
    for (scope, service) in scopes!(max_frame_size(1000), not 10) {
        for (sizes, echoed) in [
            (&[999][..], true),
            (&[1000], true),
            (&[1001], false),
            (&[1000, 1000, 1000], true),
            (&[1000, 1001], false),
        ] {
            sends_fragments(&service, sizes, echoed, scope).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_too_large_is_refused_before_it_is_there() {
    let service = App::new().routes(routes![echo]).max_message_size(1000).into_service();
    let mut memory = Memory::enter(&service, "/echo").await;
    memory.raw.write(binary(0).header(1001)).await;
    assert_eq!(memory.raw.closed().await.0, Some(1009));
}

#[tokio::test(start_paused = true)]
async fn the_size_of_messages_that_are_sent_has_no_limit() {
    #[websocket("/large")]
    async fn large(mut ws: WebSocket) -> Result<(), SocketError> {
        ws.send_binary(vec![7; 3_000_000]).await
    }

    let mut memory = Memory::open(App::new().routes(routes![large]).max_message_size(1000), "/large").await;
    assert!(memory.raw.frame().await == Some(binary(3_000_000).unmasked()));
    assert_eq!(memory.raw.closed().await.0, Some(1000));
}

#[tokio::test(start_paused = true)]
async fn pings_and_their_timeout_are_set_in_every_scope() {
    for (scope, service) in scopes!(ping_interval(3 * SECOND), not SECOND) {
        let mut memory = Memory::enter(&service, TARGET).await;
        let start = Instant::now();
        assert_eq!(memory.raw.frame().await, Some(Frame::new(op::PING, "").unmasked()), "{scope}");
        assert_elapsed(start, 3 * SECOND);
    }
    for (scope, service) in scopes!(ping_interval(None), not SECOND) {
        let mut memory = Memory::enter(&service, TARGET).await;
        sleep(300 * SECOND).await;
        memory.raw.send(binary(3)).await;
        assert_eq!(memory.raw.frame().await, Some(binary(3).unmasked()), "{scope}");
    }
    for (scope, service) in scopes!(pong_timeout(3 * SECOND), not SECOND) {
        let mut memory = Memory::enter(&service, TARGET).await;
        assert_eq!(memory.raw.frame().await, Some(Frame::new(op::PING, "").unmasked()), "{scope}");
        let start = Instant::now();
        assert_eq!(memory.raw.closed().await.0, Some(1011), "{scope}");
        assert_elapsed(start, 3 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn the_idle_timeout_is_set_in_every_scope() {
    for (scope, service) in scopes!(idle_timeout(3 * SECOND), not SECOND) {
        let mut memory = Memory::enter(&service, TARGET).await;
        let start = Instant::now();
        assert_eq!(memory.raw.closed().await, (Some(1000), "inactivity timeout".to_owned()), "{scope}");
        assert_elapsed(start, 3 * SECOND);
    }
    for (scope, service) in scopes!(idle_timeout(None), not SECOND) {
        let mut memory = Memory::enter(&service, TARGET).await;
        sleep(10 * SECOND).await;
        memory.raw.send(binary(3)).await;
        assert_eq!(memory.raw.frame().await, Some(binary(3).unmasked()), "{scope}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_answers_our_close_has_close_timeout() {
    for (scope, service) in scopes!(close_timeout(3 * SECOND), not SECOND) {
        let mut memory = Memory::enter(&service, TARGET).await;
        let start = Instant::now();
        memory.raw.send(Frame::text("bye")).await;
        let close = memory.raw.frame().await.expect("a Close frame, not the end").into_close();
        assert_eq!(close.0, Some(1000), "{scope}");
        // What is not an answer does not count as one.
        memory.raw.send(binary(3)).await;
        memory.raw.eof().await;
        assert_elapsed(start, 3 * SECOND);
    }
}

/// Sends so many messages of 1000 bytes, reports which were accepted for sending, and closes.
#[websocket("/flood/<count>")]
async fn flood(count: usize, tell: State<Tell>, mut ws: WebSocket) -> Result<Close, SocketError> {
    for number in 0..count {
        ws.send_binary([7; 1000]).await?;
        tell.say(number);
    }
    Ok(Close::new(close_code!(4000), "flooded"))
}

/// A pipe that holds almost nothing, so that waiting bytes are in the send buffer.
const NARROW: usize = 256;

async fn flooded(app: App, count: usize) -> (Memory, Ear) {
    let (tell, ear) = ear();
    let service = app.routes(routes![flood]).state(tell).ping_interval(None).into_service();
    let memory = Memory::join(&service, NARROW).opened(&format!("/flood/{count}")).await;
    settle().await;
    (memory, ear)
}

#[tokio::test(start_paused = true)]
async fn sending_waits_while_the_send_buffer_is_full_and_loses_nothing() {
    for bytes in [1, 1000, 5000, 50_000] {
        let (mut memory, mut ear) = flooded(App::new().send_buffer(bytes), 200).await;
        let sent = ear.rest().len();
        // The driver may hold as much again.
        assert!((1..=2 * (bytes / 1000 + 2)).contains(&sent), "{sent} messages in {bytes} bytes");
        for _ in 0..200 {
            assert!(memory.raw.frame().await == Some(binary(1000).unmasked()));
        }
        assert_eq!(memory.raw.closed().await, (Some(4000), "flooded".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_64_kib_may_wait_to_be_written() {
    let (_memory, mut ear) = flooded(App::new(), 10_000).await;
    let sent = ear.rest().len();
    assert!((65..=2 * 68).contains(&sent), "{sent}");
}

#[tokio::test(start_paused = true)]
async fn a_send_buffer_of_nothing_still_takes_one_message_at_a_time() {
    let app = App::new().routes(routes![echo]).send_buffer(0);
    let mut memory = Memory::open(app, "/echo").await;
    for _ in 0..3 {
        memory.raw.send(binary(3)).await;
        assert_eq!(memory.raw.frame().await, Some(binary(3).unmasked()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_what_was_queued_has_close_timeout() {
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![flood]).state(tell).close_timeout(3 * SECOND).max_connections(1);
    let service = app.into_service();
    let _reads_nothing = Memory::join(&service, NARROW).opened("/flood/50").await;
    ear.take(50).await;
    let start = Instant::now();
    loop {
        let mut next = Memory::join(&service, 1024);
        if next.raw.request(&Opening::new("/flood/0")).await.status == 101 {
            break;
        }
        sleep(SECOND / 100).await;
    }
    assert_elapsed(start, 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_peers_answer_ends_the_wait_however_much_was_queued_before_the_close() {
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![flood]).state(tell).ping_interval(None).send_buffer(2000);
    let mut memory = Memory::open(app, "/flood/68").await;
    // The pipe is full, and so is the send buffer, with the Close frame at its end.
    ear.take(68).await;
    settle().await;
    // What arrives now is left unread.
    memory.raw.send(binary(100)).await;
    settle().await;
    let start = Instant::now();
    for _ in 0..68 {
        assert!(memory.raw.frame().await == Some(binary(1000).unmasked()));
    }
    assert_eq!(memory.raw.closed().await, (Some(4000), "flooded".to_owned()));
    assert_elapsed(start, Duration::ZERO);
}

/// Sends numbered messages through a clone.
#[websocket("/clone/<count>")]
async fn clone(
    count: u32,
    tell: State<Tell>,
    wake: State<Arc<Notify>>,
    ws: WebSocket,
) -> Result<(), SocketError> {
    let sender = ws.sender();
    for number in 0..count {
        match sender.send_text(format!("{number:01000}")).await {
            Ok(()) => tell.say(number),
            Err(error) => tell.show(&error),
        }
    }
    wake.notified().await;
    sender.send_text("the last").await
}

async fn cloned(app: App, count: u32) -> (Memory, Ear, Arc<Notify>) {
    let (tell, ear) = ear();
    let wake = Arc::new(Notify::new());
    let app = app.routes(routes![clone]).state(tell).state(Arc::clone(&wake)).ping_interval(None);
    let memory = Memory::join(&app.into_service(), NARROW).opened(&format!("/clone/{count}")).await;
    settle().await;
    (memory, ear, wake)
}

#[tokio::test(start_paused = true)]
async fn a_clone_waits_for_room_by_default() {
    let (mut memory, mut ear, wake) = cloned(App::new().send_buffer(SendBuffer::bytes(5000)), 100).await;
    assert!(ear.rest().len() < 20);
    wake.notify_one();
    for number in 0..100 {
        assert_eq!(memory.raw.text().await, format!("{number:01000}"));
    }
    assert_eq!(memory.raw.text().await, "the last");
}

#[tokio::test(start_paused = true)]
async fn a_clone_drops_what_finds_no_room_if_told_so() {
    let buffer = SendBuffer::bytes(5000).drop_when_full();
    let (mut memory, mut ear, wake) = cloned(App::new().send_buffer(buffer), 100).await;
    assert_eq!(ear.rest().len(), 100, "nothing waits");
    let mut received = 0;
    for number in 0..5 {
        // Those that had space arrive complete and in order.
        assert_eq!(memory.raw.text().await, format!("{number:01000}"));
        received += 1;
    }
    wake.notify_one();
    loop {
        match memory.raw.text().await.as_str() {
            "the last" => break,
            text => assert_eq!(text, format!("{received:01000}")),
        }
        received += 1;
    }
    assert!(received < 20, "{received}");
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_finds_no_room_closes_if_told_so() {
    let logs = Logs::capture();
    let close = Close::new(close_code!(4008), "too slow");
    let buffer = SendBuffer::bytes(5000).close_when_full(close);
    let (mut memory, mut ear, wake) = cloned(App::new().send_buffer(buffer), 100).await;
    let told = ear.rest();
    assert_eq!(told.len(), 100);
    let sent = told.iter().filter(|line| !line.contains("Closed")).count();
    assert!((5..20).contains(&sent), "{sent}");
    assert!(told[sent..].iter().all(|line| line.contains("Local") && line.contains("too slow")), "{told:?}");
    wake.notify_one();
    for number in 0..sent {
        assert_eq!(memory.raw.text().await, format!("{number:01000}"));
    }
    assert_eq!(memory.raw.closed().await, (Some(4008), "too slow".to_owned()));
    logs.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_itself_waits_whatever_its_clones_do() {
    for buffer in
        [SendBuffer::bytes(5000).drop_when_full(), SendBuffer::bytes(5000).close_when_full(close_code!(4008))]
    {
        let (mut memory, mut ear) = flooded(App::new().send_buffer(buffer), 100).await;
        assert!(ear.rest().len() < 20);
        for _ in 0..100 {
            assert!(memory.raw.frame().await == Some(binary(1000).unmasked()));
        }
        assert_eq!(memory.raw.closed().await, (Some(4000), "flooded".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_send_buffer_is_set_in_every_scope() {
    /// Tries to send until there is no space, but not for ever.
    #[websocket("/echo")]
    async fn try_send(tell: State<Tell>, ws: WebSocket) -> Result<(), SocketError> {
        let sender = ws.sender();
        for sent in 0..1000 {
            if let Err(error) = sender.try_send(vec![7; 98]) {
                tell.say(format!("{sent} {error}"));
                return Ok(());
            }
        }
        tell.say("there is always room");
        Ok(())
    }

    #[websocket("/echo", send_buffer = 1000)]
    async fn attributed(tell: State<Tell>, ws: WebSocket) -> Result<(), SocketError> {
        try_send(tell, ws).await
    }

    let other = || SendBuffer::bytes(100);
    for app in [
        App::new().send_buffer(1000).nest("/api", Router::new().routes(routes![try_send])),
        App::new()
            .send_buffer(other())
            .nest("/api", Router::new().send_buffer(1000).routes(routes![try_send])),
        App::new()
            .send_buffer(other())
            .nest("/api", Router::new().send_buffer(other()).route(try_send::route().send_buffer(1000))),
        App::new()
            .send_buffer(other())
            .nest("/api", Router::new().send_buffer(other()).routes(routes![attributed])),
    ] {
        let (tell, mut ear) = ear();
        let mut memory = Memory::open(app.state(tell), TARGET).await;
        // Full at its bound, not above it: each frame has 100 bytes.
        assert_eq!(ear.next().await, "10 the send buffer is full");
        for _ in 0..10 {
            assert_eq!(memory.raw.frame().await, Some(binary(98).unmasked()));
        }
        assert_eq!(memory.raw.closed().await.0, Some(1000));
    }
}

fn rate(messages: u32, per: Duration, burst: u32) -> RateLimit {
    let number = |number| NonZeroU32::new(number).expect("more than none");
    RateLimit::new(number(messages), per).burst(number(burst))
}

async fn send_many(memory: &mut Memory, count: u8) {
    for number in 0..count {
        memory.raw.send(Frame::new(op::BINARY, [number])).await;
    }
}

async fn echoes(memory: &mut Memory, count: u8) {
    for number in 0..count {
        assert_eq!(memory.raw.frame().await, Some(Frame::new(op::BINARY, [number]).unmasked()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_may_come_at_once_and_one_more_is_1008() {
    let logs = Logs::capture();
    // One message every 2 seconds, 3 at once.
    for (scope, service) in scopes!(rate_limit(rate(1, 2 * SECOND, 3)), not rate(100, SECOND, 1)) {
        let mut memory = Memory::enter(&service, TARGET).await;
        send_many(&mut memory, 3).await;
        echoes(&mut memory, 3).await;
        send_many(&mut memory, 1).await;
        assert_eq!(memory.raw.closed().await, (Some(1008), "rate limit exceeded".to_owned()), "{scope}");
    }
    // The limit is told once, and nothing else is.
    let loud = logs.loud();
    assert!(loud.iter().all(|record| record.text.contains("`rate_limit`")), "{loud:#?}");
}

#[tokio::test(start_paused = true)]
async fn time_gives_back_what_was_used() {
    let app = App::new().routes(routes![echo]).rate_limit(rate(1, 2 * SECOND, 3)).ping_interval(None);
    let mut memory = Memory::open(app, "/echo").await;
    send_many(&mut memory, 3).await;
    echoes(&mut memory, 3).await;
    for _ in 0..5 {
        sleep(2 * SECOND + SECOND / 100).await;
        send_many(&mut memory, 1).await;
        echoes(&mut memory, 1).await;
    }
    // A long pause restores the burst, and no more.
    sleep(600 * SECOND).await;
    send_many(&mut memory, 4).await;
    echoes(&mut memory, 3).await;
    assert_eq!(memory.raw.closed().await.0, Some(1008));
}

#[tokio::test(start_paused = true)]
async fn a_message_just_before_its_time_is_too_many() {
    let app = App::new().routes(routes![echo]).rate_limit(rate(1, 2 * SECOND, 1)).ping_interval(None);
    let mut memory = Memory::open(app, "/echo").await;
    send_many(&mut memory, 1).await;
    echoes(&mut memory, 1).await;
    sleep(SECOND * 199 / 100).await;
    send_many(&mut memory, 1).await;
    assert_eq!(memory.raw.closed().await.0, Some(1008));
}

#[tokio::test(start_paused = true)]
async fn pings_are_no_messages_to_the_rate_limit() {
    let app = App::new().routes(routes![echo]).rate_limit(rate(1, 60 * SECOND, 1)).ping_interval(None);
    let mut memory = Memory::open(app, "/echo").await;
    for _ in 0..50 {
        memory.raw.send(Frame::new(op::PING, "")).await;
        assert_eq!(memory.raw.frame().await, Some(Frame::new(op::PONG, "").unmasked()));
    }
    send_many(&mut memory, 1).await;
    echoes(&mut memory, 1).await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_may_warn_a_peer_that_is_too_fast() {
    #[websocket("/warns")]
    async fn warns(mut ws: WebSocket) -> Result<(), SocketError> {
        loop {
            match ws.recv_text().await {
                Ok(text) => ws.send_text(text).await?,
                Err(SocketError::RateLimited(limited)) => ws.send_text(limited.to_string()).await?,
                Err(error) => return Err(error),
            }
        }
    }

    let app = App::new().routes(routes![warns]).rate_limit(rate(1, SECOND, 2)).ping_interval(None);
    let mut memory = Memory::open(app, "/warns").await;
    for text in ["one", "two", "three", "four"] {
        memory.raw.send(Frame::text(text)).await;
    }
    for expected in ["one", "two", "rate limit exceeded", "rate limit exceeded"] {
        assert_eq!(memory.raw.text().await, expected);
    }
    sleep(SECOND + SECOND / 100).await;
    memory.raw.send(Frame::text("five")).await;
    assert_eq!(memory.raw.text().await, "five");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_one_connections_own() {
    let app = App::new().routes(routes![echo]).rate_limit(rate(1, 60 * SECOND, 1)).ping_interval(None);
    let service = app.into_service();
    for _ in 0..3 {
        let mut memory = Memory::enter(&service, "/echo").await;
        send_many(&mut memory, 1).await;
        echoes(&mut memory, 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_inner_scope_may_lift_the_rate_limit() {
    for (scope, service) in scopes!(rate_limit(None), not rate(1, 60 * SECOND, 1)) {
        let mut memory = Memory::enter(&service, TARGET).await;
        send_many(&mut memory, 20).await;
        for number in 0..20 {
            let echo = Frame::new(op::BINARY, [number]).unmasked();
            assert_eq!(memory.raw.frame().await, Some(echo), "{scope}");
        }
    }
}

#[tokio::test]
async fn a_connection_over_max_connections_is_503_until_one_leaves() {
    let server = Server::start(App::new().routes(routes![echo]).max_connections(3)).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(server.raw_open("/echo").await);
    }
    for _ in 0..3 {
        assert_eq!(server.request(&Opening::new("/echo")).await.status, 503);
    }
    // A request that is not a handshake takes no capacity.
    assert_eq!(server.request(&Opening::new("/nowhere")).await.status, 404);

    // There is capacity again, no matter how a client leaves.
    open.pop().expect("three").leave().await;
    open.push(server.raw_open("/echo").await);
    assert_eq!(server.request(&Opening::new("/echo")).await.status, 503);
    open.pop().expect("three").reset();
    // The server may notice the reset later.
    let mut raw = loop {
        let mut raw = server.raw().await;
        if raw.request(&Opening::new("/echo")).await.status == 101 {
            break raw;
        }
        tokio::task::yield_now().await;
    };
    raw.leave().await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_decided_yet_takes_room() {
    #[websocket("/undecided")]
    async fn undecided(wake: State<Arc<Notify>>, upgrade: Upgrade) -> Result<(), SocketError> {
        wake.notified().await;
        upgrade.accept().await.map(drop)
    }

    let wake = Arc::new(Notify::new());
    let app = App::new()
        .routes(routes![undecided, echo])
        .state(Arc::clone(&wake))
        .max_connections(1)
        .into_service();
    let mut first = Memory::join(&app, 1024);
    first.raw.write(Opening::new("/undecided").bytes()).await;
    settle().await;
    let mut second = Memory::join(&app, 1024);
    assert_eq!(second.raw.request(&Opening::new("/echo")).await.status, 503);
    wake.notify_one();
    assert_eq!(first.raw.response().await.status, 101);
    assert_eq!(first.raw.closed().await.0, Some(1000));
    drop(first);
    settle().await;
    Memory::enter(&app, "/echo").await;
}

#[tokio::test(start_paused = true)]
async fn a_request_head_has_handshake_timeout_from_its_first_byte() {
    let service = App::new().routes(routes![echo]).handshake_timeout(3 * SECOND).into_service();
    let head = Opening::new("/echo").bytes();

    // Bytes that trickle in do not extend the time.
    let mut slow = Memory::join(&service, 1024);
    let start = Instant::now();
    for byte in &head[..5] {
        slow.raw.write([*byte]).await;
        sleep(SECOND / 2).await;
    }
    slow.raw.eof().await;
    assert_elapsed(start, 3 * SECOND);

    // The last moment is still in time.
    let mut timely = Memory::join(&service, 1024);
    timely.raw.write(&head[..20]).await;
    sleep(SECOND * 29 / 10).await;
    timely.raw.write(&head[20..]).await;
    assert_eq!(timely.raw.response().await.status, 101);
    // The connection itself may last longer.
    sleep(4 * SECOND).await;
    timely.raw.send(binary(3)).await;
    assert_eq!(timely.raw.frame().await, Some(binary(3).unmasked()));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_nothing_at_all_is_dropped_too() {
    let service = App::new().routes(routes![echo]).handshake_timeout(3 * SECOND).into_service();
    let mut silent = Memory::join(&service, 1024);
    let start = Instant::now();
    silent.raw.eof().await;
    assert_elapsed(start, 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_next_request_on_a_connection_has_the_same_time() {
    let service = App::new().routes(routes![echo]).handshake_timeout(3 * SECOND).into_service();
    let mut memory = Memory::join(&service, 1024);
    assert_eq!(memory.raw.request(&Opening::new("/nowhere")).await.status, 404);
    let start = Instant::now();
    memory.raw.eof().await;
    assert_elapsed(start, 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_begins_late_has_no_less_time_for_its_heads() {
    let service = App::new().routes(routes![echo]).handshake_timeout(3 * SECOND).into_service();
    let mut memory = Memory::join(&service, 1024);
    sleep(2 * SECOND).await;
    let head = Opening::new("/nowhere").bytes();
    memory.raw.write(&head[..20]).await;
    sleep(2 * SECOND).await;
    memory.raw.write(&head[20..]).await;
    assert_eq!(memory.raw.response().await.status, 404);
    sleep(2 * SECOND).await;
    assert_eq!(memory.raw.request(&Opening::new("/echo")).await.status, 101);
}

/// Returns a handshake with a head of so many bytes.
fn head_of(len: usize) -> Opening {
    let opening = Opening::new("/echo").header("X-Filler", "");
    let missing = len - opening.bytes().len();
    opening.set("X-Filler", "x".repeat(missing))
}

#[tokio::test(start_paused = true)]
async fn a_request_head_over_max_head_size_is_431() {
    for (app, limit) in [
        (App::new(), 64 * 1024),
        (App::new().max_head_size(20_000), 20_000),
        (App::new().max_head_size(8 * 1024), 8 * 1024),
        // Less is not possible.
        (App::new().max_head_size(10), 8 * 1024),
    ] {
        let service = app.routes(routes![echo]).into_service();
        // A head is accepted if it ends within the read that exceeds the limit. One read takes at most the limit.
        for (len, status) in [(limit - 1, 101), (limit, 101), (2 * limit, 431), (10 * limit, 431)] {
            let mut memory = Memory::join(&service, 1024);
            assert_eq!(memory.raw.request(&head_of(len)).await.status, status, "{len} of {limit}");
        }
    }
}

async fn never(_handshake: &Handshake) -> Result<(), Close> {
    std::future::pending().await
}

async fn takes_a_while(_handshake: &Handshake) -> Result<u8, Close> {
    sleep(2 * SECOND).await;
    Ok(1)
}

// A dependency is made once for a handshake, so it takes two of them to take twice as long.
async fn takes_as_long(handshake: &Handshake) -> Result<u8, Close> {
    takes_a_while(handshake).await
}

#[websocket("/guarded", before_accept = [never])]
async fn guarded(_ws: WebSocket) {}

#[websocket("/depends")]
async fn depends(
    #[depends(takes_a_while)] _first: u8,
    #[depends(takes_as_long)] _second: u8,
    _ws: WebSocket,
) {
}

#[websocket("/hesitates")]
async fn hesitates(upgrade: Upgrade) -> Result<(), SocketError> {
    sleep(4 * SECOND).await;
    upgrade.accept().await.map(drop)
}

/// An app with this `accept_timeout`, in whose endpoints something before accept takes 4 seconds or for ever.
fn slow(timeout: Duration) -> App {
    App::new().routes(routes![guarded, depends, hesitates]).accept_timeout(timeout)
}

#[tokio::test(start_paused = true)]
async fn what_is_not_accepted_in_time_is_1013_or_503() {
    for target in ["/guarded", "/depends", "/hesitates"] {
        let start = Instant::now();
        let mut memory = Memory::open(slow(3 * SECOND), target).await;
        assert_elapsed(start, 3 * SECOND);
        assert_eq!(memory.raw.closed().await, (Some(1013), "timed out before accept".to_owned()), "{target}");

        let start = Instant::now();
        let mut memory = Memory::connect(slow(3 * SECOND).rejection(Rejection::Http));
        assert_eq!(memory.raw.request(&Opening::new(target)).await.status, 503, "{target}");
        assert_elapsed(start, 3 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_accepted_in_time_may_then_take_its_own() {
    for target in ["/depends", "/hesitates"] {
        let mut memory = Memory::open(slow(5 * SECOND), target).await;
        assert_eq!(memory.raw.closed().await, (Some(1000), String::new()), "{target}");
    }
    let mut memory = Memory::open(App::new().routes(routes![echo]).accept_timeout(SECOND), "/echo").await;
    sleep(10 * SECOND).await;
    memory.raw.send(binary(3)).await;
    assert_eq!(memory.raw.frame().await, Some(binary(3).unmasked()));
}

#[tokio::test(start_paused = true)]
async fn the_accept_timeout_is_set_in_every_scope() {
    #[websocket("/guarded", before_accept = [never], accept_timeout = 3 * SECOND)]
    async fn attributed(_ws: WebSocket) {}

    let routers = [
        App::new().accept_timeout(3 * SECOND).nest("/api", Router::new().routes(routes![guarded])),
        App::new()
            .accept_timeout(SECOND)
            .nest("/api", Router::new().accept_timeout(3 * SECOND).routes(routes![guarded])),
        App::new().accept_timeout(SECOND).nest(
            "/api",
            Router::new().accept_timeout(SECOND).route(guarded::route().accept_timeout(3 * SECOND)),
        ),
        App::new()
            .accept_timeout(SECOND)
            .nest("/api", Router::new().accept_timeout(SECOND).routes(routes![attributed])),
    ];
    for app in routers {
        let start = Instant::now();
        let mut memory = Memory::open(app, "/api/guarded").await;
        assert_elapsed(start, 3 * SECOND);
        assert_eq!(memory.raw.closed().await.0, Some(1013));
    }
}
