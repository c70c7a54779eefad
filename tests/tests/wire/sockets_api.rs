//! Views of a connection: loops over messages of one kind, a stream of bytes, JSON in binary messages, round-trip times,
//! and subprotocols that are required.

use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message as Theirs;
use ws_runtime::{
    App, BinaryJson, Close, CloseCode, Closed, Handshake, Rejection, Result, SocketError, State, WebSocket,
    close_code, routes, websocket,
};
use ws_tests::{Frame, Server, Tell, ear, op, within};

#[websocket("/texts")]
async fn texts(tell: State<Tell>, mut ws: WebSocket) -> Result {
    let sender = ws.sender();
    let mut texts = ws.iter_text();
    while let Some(text) = texts.next().await {
        match text {
            Ok(text) => sender.send_text(format!("echo {text}")).await?,
            Err(SocketError::ExpectedText) => sender.send_text("no text").await?,
            Err(error) => return Err(error.into()),
        }
    }
    assert!(texts.next().await.is_none(), "it stays at its end");
    tell.say(format!("{:?}", ws.closed().await.code()));
    Ok(())
}

#[websocket("/jsons")]
async fn jsons(ws: WebSocket) -> Result {
    let (sender, mut receiver) = ws.split();
    let mut numbers = receiver.iter_json::<u32>();
    while let Some(number) = numbers.next().await {
        sender.send_json(&(number? + 1)).await?;
    }
    Ok(())
}

#[websocket("/binaries")]
async fn binaries(mut ws: WebSocket) -> Result {
    use futures_util::StreamExt;

    let sender = ws.sender();
    let lengths = ws.iter_binary().map(|bytes| bytes.map(|bytes| bytes.len()));
    let mut lengths = std::pin::pin!(lengths);
    while let Some(length) = lengths.next().await {
        sender.send_text(length?.to_string()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_loop_over_messages_ends_when_the_peer_leaves() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![texts, jsons, binaries]).state(tell)).await;
    let mut client = server.at("/texts").open().await;
    assert_eq!(client.ask("hi").await, "echo hi");
    client.send(vec![1]).await;
    assert_eq!(client.text().await, "no text");
    assert_eq!(client.leave(Some((4007, "bye"))).await.code, Some(4007));
    assert_eq!(ear.next().await, "Some(4007)");
    server.raw_open("/texts").await.reset();
    assert_eq!(ear.next().await, "None", "a connection that is lost is an end, too");

    let mut client = server.at("/jsons").open().await;
    assert_eq!(client.ask("4").await, "5");
    client.send("x").await;
    assert_eq!(client.end().await.code, Some(1007));
    let mut client = server.at("/binaries").open().await;
    client.send(vec![0; 3]).await;
    assert_eq!(client.text().await, "3");
    client.leave(None).await;
}

/// Reads lines, however they are cut into messages, and tells how reading ended.
#[websocket("/lines")]
async fn lines(tell: State<Tell>, ws: WebSocket) {
    let mut io = ws.into_io();
    let mut read = Vec::new();
    let mut piece = [0; 5];
    let end = loop {
        match io.read(&mut piece).await {
            Ok(0) => break "eof".to_owned(),
            Ok(length) => {
                for byte in &piece[..length] {
                    read.push(*byte);
                    if *byte == b'\n' {
                        io.write_all(&read).await.unwrap();
                        read.clear();
                    }
                }
            }
            Err(error) => {
                assert!(error.get_ref().unwrap().is::<SocketError>());
                break format!("{:?}", error.kind());
            }
        }
    };
    tell.say(end);
    assert_eq!(io.write(b"x").await.map_err(|error| error.kind()), Err(ErrorKind::BrokenPipe));
    tell.say("refused".to_owned());
}

#[tokio::test]
async fn bytes_do_not_care_about_messages() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![lines]).state(tell)).await;
    for (close, expected) in [
        (Some(1000), "eof"),
        (Some(1001), "eof"),
        (None, "eof"),
        (Some(1011), "ConnectionAborted"),
        (Some(4000), "ConnectionAborted"),
    ] {
        let mut raw = server.raw_open("/lines").await;
        for piece in ["on", "", "e two thr", "ee\nfo", "u", "r\n"] {
            raw.send(Frame::new(op::BINARY, piece)).await;
        }
        assert_eq!(raw.frame().await.unwrap().payload, b"one two three\n");
        assert_eq!(raw.frame().await.unwrap().payload, b"four\n");
        match close {
            Some(code) => raw.send(Frame::close(code, "")).await,
            None => raw.send(Frame::new(op::CLOSE, [])).await,
        }
        assert_eq!(ear.next().await, expected, "after {close:?}");
        assert_eq!(ear.next().await, "refused");
    }
    server.raw_open("/lines").await.reset();
    assert_eq!(ear.next().await, "ConnectionReset");
    assert_eq!(ear.next().await, "refused");
    let mut raw = server.raw_open("/lines").await;
    raw.send(Frame::text("text")).await;
    assert_eq!(ear.next().await, "InvalidData");
    drop(raw);
}

/// Sends 4 MiB, counts what was taken, and ends the stream.
#[websocket("/flood")]
async fn flood(taken: State<Arc<AtomicUsize>>, tell: State<Tell>, ws: WebSocket) {
    let mut io = ws.into_io();
    let chunk: Vec<u8> = (0..=255).cycle().take(4096).collect();
    for _ in 0..1024 {
        io.write_all(&chunk).await.unwrap();
        taken.fetch_add(chunk.len(), Ordering::Relaxed);
    }
    io.flush().await.unwrap();
    io.shutdown().await.unwrap();
    io.shutdown().await.unwrap();
    assert_eq!(io.read(&mut [0; 8]).await.unwrap(), 0, "our own close is the end");
    assert!(matches!(io.closed(), Some(Closed::Local(close)) if close.code() == CloseCode::NORMAL_CLOSURE));
    tell.say("done".to_owned());
}

#[tokio::test]
async fn writing_waits_for_the_peer_and_shutting_down_comes_last() {
    let (tell, mut ear) = ear();
    let taken = Arc::new(AtomicUsize::new(0));
    let app = App::new().routes(routes![flood]).state(tell).state(Arc::clone(&taken)).send_buffer(16 * 1024);
    // A pipe holds little, and the peer does not read at first.
    let service = app.build().unwrap();
    let (client, served) = tokio::io::duplex(16 * 1024);
    tokio::spawn(async move { service.serve_connection(served, None).await });
    let mut raw = ws_tests::Raw::over(client);
    raw.open(&ws_tests::Opening::new("/flood")).await;
    let mut last = usize::MAX;
    while last != taken.load(Ordering::Relaxed) {
        last = taken.load(Ordering::Relaxed);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert!((1..256 * 1024).contains(&last), "{last} bytes wait for nobody");
    let mut received = Vec::new();
    loop {
        let frame = raw.frame().await.unwrap();
        match frame.opcode {
            op::BINARY => received.extend(frame.payload),
            op::CLOSE => {
                assert_eq!(frame.clone().into_close().0, Some(1000));
                raw.send(Frame { masked: true, ..frame }).await;
                break;
            }
            other => panic!("opcode {other}"),
        }
    }
    assert_eq!(received.len(), 4 * 1024 * 1024);
    assert!(received.iter().zip((0..=255_u8).cycle()).all(|(byte, expected)| *byte == expected));
    assert_eq!(ear.next().await, "done");
}

#[websocket("/sum")]
async fn sum(mut ws: WebSocket<Vec<u32>, u32, BinaryJson>) -> Result {
    loop {
        let numbers = ws.recv().await?;
        ws.send(numbers.iter().sum::<u32>()).await?;
    }
}

#[tokio::test]
async fn json_goes_in_binary_messages() {
    let server = Server::start(App::new().routes(routes![sum])).await;
    let mut client = server.at("/sum").open().await;
    client.send(b"[1,2]".to_vec()).await;
    assert_eq!(client.next().await, Theirs::binary(b"3".to_vec()));
    for (sent, code, reason) in [
        (Theirs::text("[1]"), 1003, "expected a binary message"),
        (Theirs::binary(b"[1".to_vec()), 1007, r#"[{"type":"json_invalid","loc":["message"]}]"#),
        (Theirs::binary(b"[\"\xff\"]".to_vec()), 1007, r#"[{"type":"json_invalid","loc":["message"]}]"#),
        (Theirs::binary(b"[-1]".to_vec()), 1007, r#"[{"type":"greater_than_equal","loc":["message",0]}]"#),
    ] {
        let mut client = server.at("/sum").open().await;
        client.send(sent).await;
        assert_eq!(client.end().await.close(), (code, reason));
    }
}

#[websocket("/rtt")]
async fn rtt(mut ws: WebSocket) -> Result {
    loop {
        ws.recv().await?;
        assert_eq!(ws.rtt(), ws.sender().rtt());
        ws.send_text(ws.rtt().map_or("none".to_owned(), |time| time.as_millis().to_string())).await?;
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_ping_is_known() {
    let app = App::new().routes(routes![rtt]).ping_interval(Duration::from_secs(10));
    let service = app.build().unwrap();
    let (client, served) = tokio::io::duplex(16 * 1024);
    tokio::spawn(async move { service.serve_connection(served, None).await });
    let mut raw = ws_tests::Raw::over(client);
    raw.open(&ws_tests::Opening::new("/rtt")).await;
    let mut expected = "none".to_owned();
    for millis in [40, 1500, 0] {
        // A pong that nobody asked for says nothing.
        raw.send(Frame::new(op::PONG, [])).await;
        raw.send(Frame::text("?")).await;
        assert_eq!(raw.text().await, expected);
        let ping = raw.frame().await.unwrap();
        assert_eq!(ping.opcode, op::PING);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        raw.send(Frame::new(op::PONG, ping.payload)).await;
        raw.send(Frame::new(op::PONG, [])).await;
        // An endpoint that receives may be ahead of the driver, which sees the pong: it asks once more.
        raw.send(Frame::text("?")).await;
        raw.text().await;
        raw.send(Frame::text("?")).await;
        expected = millis.to_string();
        assert_eq!(raw.text().await, expected);
    }
}

#[websocket("/v", subprotocols = ["v2", "v1"], require_subprotocol = close_code!(4406))]
async fn versioned(mut ws: WebSocket) -> Result {
    ws.send_text(ws.subprotocol().unwrap_or("-").to_owned()).await?;
    Ok(())
}

async fn never(_: &Handshake) -> Result<(), Close> {
    panic!("a guard runs for a client that is refused")
}

#[websocket("/guarded", before_accept = [never])]
async fn guarded(_ws: WebSocket) {}

#[tokio::test]
async fn a_client_that_offers_no_subprotocol_of_ours_is_refused() {
    let close = Close::new(close_code!(4406), "speak v1").with_status(406);
    let app = || {
        App::new().routes(routes![versioned, guarded]).subprotocols(["v1"]).require_subprotocol(close.clone())
    };
    let server = Server::start(app()).await;
    assert_eq!(server.at("/v").subprotocols("v1, v2").open().await.text().await, "v1");
    assert_eq!(server.at("/v").subprotocols("x, v2").open().await.text().await, "v2");
    assert_eq!(server.at("/v").end().await.close(), (4406, ""), "the endpoint's own close");
    let refused = server.at("/v").subprotocols("x, y").open().await;
    assert_eq!(refused.subprotocol(), Some("x"), "or the client would not see the close");
    assert_eq!(refused.end().await.close(), (4406, ""));
    assert_eq!(server.at("/guarded").end().await.close(), (4406, "speak v1"));
    let server = Server::start(app().rejection(Rejection::Http)).await;
    let refused = server.at("/guarded").subprotocols("x").refused().await;
    assert_eq!((refused.status.as_u16(), refused.json()["reason"].as_str()), (406, Some("speak v1")));
}

#[test]
fn an_endpoint_that_requires_a_subprotocol_has_one() {
    let error = App::new().routes(routes![rtt]).require_subprotocol(close_code!(4406)).build().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("requires a subprotocol and has none"), "{text}");
}

#[tokio::test]
async fn iteration_waits_without_spinning() {
    let (tell, _ear) = ear();
    let server = Server::start(App::new().routes(routes![texts, jsons, binaries]).state(tell)).await;
    let mut client = server.at("/texts").open().await;
    for number in 0..100 {
        let expected = format!("echo {number}");
        assert_eq!(within("an echo", client.ask(&number.to_string())).await, expected);
    }
}
