//! Limits together with control frames, sizes beyond all memory, times without an end, and transports that hang.

use std::{
    io,
    num::NonZeroU32,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncWrite, DuplexStream, WriteHalf, join, split},
    time::Instant,
};
use ws_runtime::{App, Closed, PeerClose, RateLimit, State, WebSocket, routes, websocket};
use ws_tests::{Frame, Memory, Opening, Raw, Tell, assert_elapsed, ear, op};

const SECOND: Duration = Duration::from_secs(1);

/// Echoes, and reports how it was closed.
#[websocket("/echo")]
async fn echo(tell: State<Tell>, mut ws: WebSocket) {
    while let Ok(message) = ws.recv().await {
        if ws.send(message).await.is_err() {
            break;
        }
    }
    match ws.closed().await {
        Closed::Peer(Some(PeerClose { code, .. })) => tell.say(code),
        closed => tell.say(closed),
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_message_limit_is_none_for_control_frames() {
    for code in [4001, 1014] {
        let (tell, mut ear) = ear();
        let app = App::new().routes(routes![echo]).state(tell).max_message_size(10).ping_interval(None);
        let mut memory = Memory::open(app, "/echo").await;
        let ping = Frame::new(op::PING, vec![b'x'; 125]);
        memory.raw.send(ping).await;
        assert_eq!(memory.raw.frame().await, Some(Frame::new(op::PONG, vec![b'x'; 125]).unmasked()));
        // In two pieces, so that at first only its size is known.
        let bytes = Frame::close(code, &"y".repeat(100)).bytes();
        memory.raw.write(&bytes[..50]).await;
        ws_tests::settle().await;
        memory.raw.write(&bytes[50..]).await;
        assert_eq!(ear.next().await, code.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_beyond_all_memory_is_refused_at_its_header() {
    let (tell, _ear) = ear();
    let app = App::new().routes(routes![echo]).state(tell).max_frame_size(usize::MAX);
    let service = app.into_service();
    for len in [1 << 30, 1 << 62, u64::MAX >> 1] {
        let mut memory = Memory::enter(&service, "/echo").await;
        memory.raw.write(Frame::new(op::BINARY, "").header(len)).await;
        assert_eq!(memory.raw.closed().await.0, Some(1009), "{len}");
    }
}

/// The header alone breaks the rules (RFC 6455, section 5.5), no matter how much it announces.
#[tokio::test(start_paused = true)]
async fn a_large_control_frame_is_refused_at_its_header() {
    let (tell, _ear) = ear();
    let service = App::new().routes(routes![echo]).state(tell).into_service();
    for opcode in [op::PING, op::PONG, op::CLOSE] {
        for len in [126, 2000, 40_000, 2 << 20] {
            let mut memory = Memory::enter(&service, "/echo").await;
            memory.raw.write(Frame::new(opcode, "").header(len)).await;
            assert_eq!(memory.raw.closed().await.0, Some(1002), "{opcode}: {len}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_without_end_is_never() {
    let one = NonZeroU32::MIN;
    for (per, burst) in [(Duration::MAX, one), (Duration::MAX, NonZeroU32::MAX), (SECOND, NonZeroU32::MAX)] {
        let (tell, _ear) = ear();
        let limit = RateLimit::new(one, per).burst(burst);
        let app = App::new().routes(routes![echo]).state(tell).rate_limit(limit);
        let mut memory = Memory::open(app, "/echo").await;
        memory.raw.send(Frame::text("one")).await;
        assert_eq!(memory.raw.text().await, "one");
        memory.raw.send(Frame::text("two")).await;
        if burst > one {
            assert_eq!(memory.raw.text().await, "two");
        }
        memory.raw.send(Frame::close(1000, "")).await;
        assert_eq!(memory.raw.closed().await.0, Some(1000), "{per:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_without_end_is_never() {
    let (tell, mut ear) = ear();
    let app = App::new()
        .routes(routes![echo])
        .state(tell)
        .accept_timeout(Duration::MAX)
        .handshake_timeout(Duration::MAX)
        .ping_interval(Duration::MAX)
        .pong_timeout(Duration::MAX)
        .idle_timeout(Duration::MAX)
        .close_timeout(Duration::MAX)
        .shutdown_grace(Duration::MAX)
        .max_lifetime(Duration::MAX)
        .shutdown_deadline(Duration::MAX);
    let service = app.into_service();
    let mut memory = Memory::enter(&service, "/echo").await;
    tokio::time::sleep(Duration::from_hours(24)).await;
    memory.raw.send(Frame::text("hi")).await;
    assert_eq!(memory.raw.text().await, "hi");
    let ending = tokio::spawn(async move { service.shut_down().await });
    assert_eq!(memory.raw.closed().await.0, Some(1001));
    assert!(ear.next().await.contains("1001"));
    drop(memory);
    ending.await.expect("no panic");
}

/// The writing half of a transport that never reports that writing has ended.
struct Endless(WriteHalf<DuplexStream>);

impl AsyncWrite for Endless {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_does_not_end_is_given_up() {
    let (tell, _ear) = ear();
    let service = App::new().routes(routes![echo]).state(tell).max_connections(1).into_service();
    let (client, server) = tokio::io::duplex(1024);
    let serving = service.clone();
    let (reader, writer) = split(server);
    tokio::spawn(async move { serving.serve_connection(join(reader, Endless(writer)), None).await });
    let mut raw = Raw::over(client);
    raw.open(&Opening::new("/echo")).await;
    raw.send(Frame::close(1000, "")).await;
    assert_eq!(raw.frame().await.map(|frame| frame.into_close().0), Some(Some(1000)));
    let start = Instant::now();
    raw.eof().await;
    assert_elapsed(start, SECOND);
    // There is capacity for the next.
    ws_tests::settle().await;
    Memory::enter(&service, "/echo").await;
}
