//! The WebSocket protocol itself: what a peer must not send, how large it may be, and control frames.

use std::sync::Arc;

use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::Notify};
use tracing::Level;
use ws_runtime::{App, SocketError, State, WebSocket, routes, websocket};
use ws_tests::{Frame, Logs, Opening, Raw, Server, Tell, ear, op, within};

const MIB: usize = 1024 * 1024;

#[websocket("/echo")]
async fn echo(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    let error = loop {
        match ws.recv().await {
            Ok(message) => ws.send(message).await?,
            Err(error) => break error,
        }
    };
    tell.say("ended");
    Err(error)
}

#[websocket("/asleep")]
async fn asleep(tell: State<Tell>, wake: State<Arc<Notify>>, mut ws: WebSocket) -> Result<(), SocketError> {
    tell.say("asleep");
    wake.notified().await;
    let text = ws.recv_text().await?;
    ws.send_text(text).await
}

fn app() -> App {
    App::new().routes(routes![echo, asleep]).state(ear().0).state(Arc::new(Notify::new()))
}

/// Sends bytes that break the protocol, and checks that the server closes with this code.
async fn violates(code: u16, cases: impl IntoIterator<Item = (&'static str, Vec<u8>)>) {
    for (what, bytes) in cases {
        let logs = Logs::capture();
        let (tell, mut ear) = ear();
        let app = App::new().routes(routes![echo]).state(tell);
        let server = Server::start(app).await;
        let mut raw = server.raw_open("/echo").await;
        raw.send(Frame::text("fine")).await;
        assert_eq!(raw.text().await, "fine");
        raw.write(&bytes).await;
        assert_eq!(raw.closed().await.0, Some(code), "{what}");
        assert_eq!(ear.next().await, "ended", "{what}");
        assert!(logs.at(Level::ERROR).is_empty(), "{what}: {:#?}", logs.loud());
    }
}

#[tokio::test]
async fn a_violation_of_the_protocol_is_1002() {
    violates(
        1002,
        [
            ("a frame without a mask", Frame::text("hi").unmasked().bytes()),
            ("a ping without a mask", Frame::new(op::PING, "hi").unmasked().bytes()),
            ("RSV1", Frame::text("hi").with_rsv(0b100).bytes()),
            ("RSV2", Frame::text("hi").with_rsv(0b010).bytes()),
            ("RSV3", Frame::text("hi").with_rsv(0b001).bytes()),
            ("a reserved data opcode", Frame::new(0x3, "hi").bytes()),
            ("another reserved data opcode", Frame::new(0x7, "").bytes()),
            ("a reserved control opcode", Frame::new(0xb, "hi").bytes()),
            ("another reserved control opcode", Frame::new(0xf, "").bytes()),
            ("a fragmented ping", Frame::new(op::PING, "hi").unfinished().bytes()),
            ("a fragmented close", Frame::close(1000, "").unfinished().bytes()),
            ("a ping of 126 bytes", Frame::new(op::PING, [0; 126]).bytes()),
            ("a close of 126 bytes", Frame::close(1000, &"x".repeat(124)).bytes()),
            ("a continuation of nothing", Frame::new(op::CONTINUATION, "hi").bytes()),
            (
                "a message within another",
                [Frame::text("a").unfinished().bytes(), Frame::text("b").bytes()].concat(),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_close_frame_that_makes_no_sense_is_1002() {
    let codes = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535];
    let codes = codes.map(|code| ("a code that must not be sent", Frame::close(code, "").bytes()));
    violates(1002, codes).await;
    violates(1002, [("half a code", Frame::new(op::CLOSE, [3]).bytes())]).await;
}

#[tokio::test]
async fn text_that_is_not_utf8_is_1007() {
    let split = [
        Frame::new(op::TEXT, [b'a', 0xc3]).unfinished().bytes(),
        Frame::new(op::CONTINUATION, *b"b").bytes(),
    ];
    violates(
        1007,
        [
            ("a stray byte", Frame::new(op::TEXT, [b'a', 0xff]).bytes()),
            ("a surrogate", Frame::new(op::TEXT, [0xed, 0xa0, 0x80]).bytes()),
            ("a character cut short", Frame::new(op::TEXT, [0xe2, 0x82]).bytes()),
            ("a character cut by another", split.concat()),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_large_text_that_is_not_utf8_is_1007_before_its_end() {
    let text = ["€".repeat(30_000).as_bytes(), &[0xff], "€".repeat(30_000).as_bytes()].concat();
    let mut frame = Frame::new(op::TEXT, text).bytes();
    frame.truncate(100_000);
    let cut_short = [&b"x".repeat(100_000)[..], &[0xe2, 0x82]].concat();
    violates(
        1007,
        [("a stray byte", frame), ("a character cut short", Frame::new(op::TEXT, cut_short).bytes())],
    )
    .await;
}

#[tokio::test]
async fn a_close_reason_that_is_not_utf8_is_1007_or_1002() {
    let server = Server::start(app()).await;
    let mut raw = server.raw_open("/echo").await;
    raw.send(Frame::new(op::CLOSE, [0x03, 0xe8, 0xff])).await;
    let (code, _) = raw.closed().await;
    assert!(matches!(code, Some(1007 | 1002)), "{code:?}");
}

#[tokio::test]
async fn a_message_of_one_mebibyte_passes() {
    let server = Server::start(app()).await;
    let mut client = server.at("/echo").open().await;
    let text = "x".repeat(MIB);
    assert!(client.ask(&text).await == text);
}

#[tokio::test]
async fn a_message_over_one_mebibyte_is_1009_as_soon_as_its_length_is_known() {
    let over = u64::try_from(MIB).expect("it fits") + 1;
    let huge = Frame::new(op::BINARY, []);
    violates(
        1009,
        [
            ("one byte too many", huge.header(over)),
            ("gigabytes", huge.header(1 << 32)),
            ("the most that can be written", huge.header(u64::MAX >> 1)),
            (
                "too many in fragments",
                [
                    Frame::new(op::BINARY, vec![0; MIB]).unfinished().bytes(),
                    Frame::new(op::CONTINUATION, [0]).bytes(),
                ]
                .concat(),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_code_reaches_a_client_that_is_still_sending() {
    let server = Server::start(app()).await;
    for size in [MIB + 1, 4 * MIB] {
        let mut stream = TcpStream::connect(server.addr()).await.expect("the server listens");
        stream.write_all(&Opening::new("/echo").bytes()).await.expect("the server reads");
        let (reader, mut writer) = stream.into_split();
        let mut raw = Raw::over(tokio::io::join(reader, tokio::io::sink()));
        let sending = tokio::spawn(async move {
            // It may fail, because the server has stopped reading. The client continues to read all the same.
            let _ = writer.write_all(&Frame::new(op::BINARY, vec![0; size]).bytes()).await;
            let _ = writer.write_all(&Frame::close(1009, "").bytes()).await;
            writer
        });
        assert_eq!(raw.response().await.status, 101);
        let frame = raw.frame().await.expect("a Close frame, not the end");
        assert_eq!(frame.into_close().0, Some(1009), "{size}");
        drop(within("the client to give up", sending).await);
    }
}

#[tokio::test]
async fn a_ping_is_answered_while_the_endpoint_sleeps() {
    let (tell, mut ear) = ear();
    let wake = Arc::new(Notify::new());
    let app = App::new().routes(routes![asleep]).state(tell).state(Arc::clone(&wake));
    let server = Server::start(app).await;
    let mut raw = server.raw_open("/asleep").await;
    assert_eq!(ear.next().await, "asleep");
    for payload in [vec![], b"hello".to_vec(), vec![0xff; 125]] {
        raw.send(Frame::new(op::PING, payload.clone())).await;
        assert_eq!(raw.frame().await, Some(Frame::new(op::PONG, payload).unmasked()));
    }
    // This also holds after a message that nobody has received yet.
    raw.send(Frame::text("kept")).await;
    raw.send(Frame::new(op::PING, "still?")).await;
    assert_eq!(raw.frame().await, Some(Frame::new(op::PONG, "still?").unmasked()));
    wake.notify_one();
    assert_eq!(raw.text().await, "kept");
    assert_eq!(raw.closed().await.0, Some(1000));
}

#[tokio::test]
async fn a_pong_that_nobody_asked_for_is_ignored() {
    let server = Server::start(app()).await;
    let mut raw = server.raw_open("/echo").await;
    raw.send(Frame::new(op::PONG, "here I am")).await;
    raw.send(Frame::text("next")).await;
    assert_eq!(raw.text().await, "next");
}

#[tokio::test]
async fn what_follows_the_clients_close_is_ignored() {
    let server = Server::start(app()).await;
    let mut raw = server.raw_open("/echo").await;
    let frames =
        [Frame::close(1000, "").bytes(), Frame::text("ghost").bytes(), Frame::close(4000, "").bytes()];
    raw.write(frames.concat()).await;
    assert_eq!(raw.frame().await.map(Frame::into_close), Some((Some(1000), String::new())));
    raw.eof().await;
}

#[tokio::test]
async fn a_violation_of_one_client_is_nothing_to_another() {
    let server = Server::start(app()).await;
    let mut good = server.at("/echo").open().await;
    let mut bad = server.raw_open("/echo").await;
    bad.send(Frame::text("hi").unmasked()).await;
    assert_eq!(bad.closed().await.0, Some(1002));
    assert_eq!(good.ask("still here").await, "still here");
}
