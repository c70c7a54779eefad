//! Messages: text and binary, the wrong type, and waiting for them together with other things.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _, TryStreamExt as _};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message as ClientMessage;
use ws_runtime::{App, Message, SocketError, State, WebSocket, routes, websocket};
use ws_tests::{Client, Frame, Logs, Memory, Server, Tell, ear, op};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/text")]
async fn text(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(text).await?;
    }
}

#[websocket("/binary")]
async fn binary(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let bytes = ws.recv_binary().await?;
        ws.send_binary(bytes).await?;
    }
}

#[websocket("/stream")]
async fn stream(ws: WebSocket) -> Result<(), SocketError> {
    // The handle has a `split` of its own.
    let (mut sink, stream) = futures_util::StreamExt::split(ws);
    let doubled = stream.try_filter_map(async |message| match message {
        Message::Text(text) => Ok(Some(Message::from(format!("{text}{text}")))),
        Message::Binary(_) => Ok(None),
    });
    sink.send_all(&mut std::pin::pin!(doubled)).await
}

// A timeout around `recv` loses no message.
#[websocket("/select")]
async fn select(tell: State<Tell>, tick: State<Arc<Notify>>, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        tokio::select! {
            biased;
            () = tick.notified() => tell.say("tick"),
            text = ws.recv_text() => ws.send_text(text?).await?,
        }
    }
}

/// Gives up on every receive that is not ready when it is first polled.
#[websocket("/impatient")]
async fn impatient(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        tokio::select! {
            biased;
            () = tokio::task::yield_now() => {}
            text = ws.recv_text() => ws.send_text(text?).await?,
        }
    }
}

#[websocket("/timeout")]
async fn timeout(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        match tokio::time::timeout(Duration::from_secs(1), ws.recv_text()).await {
            Ok(text) => ws.send_text(text?).await?,
            Err(_) => tell.say("timeout"),
        }
    }
}

fn app() -> App {
    App::new()
        .routes(routes![echo, text, binary, stream])
        .routes(routes![select, impatient, timeout])
        .state(Arc::new(Notify::new()))
        .state(ear().0)
}

async fn open(target: &str) -> (Server, Client) {
    let server = Server::start(app()).await;
    let client = server.at(target).open().await;
    (server, client)
}

#[tokio::test]
async fn text_and_binary_come_back_as_they_went() {
    let (_server, mut client) = open("/echo").await;
    for text in ["", "hi", "Grüße 🦀", &"x".repeat(125), &"x".repeat(126), &"x".repeat(70_000)] {
        assert_eq!(client.ask(text).await, text);
    }
    for len in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
        let bytes = vec![0xab; len];
        client.send(bytes.clone()).await;
        assert_eq!(client.next().await, ClientMessage::from(bytes));
    }
}

#[tokio::test]
async fn typed_receives_take_their_type() {
    let (_server, mut client) = open("/text").await;
    assert_eq!(client.ask("hi").await, "hi");
    let (_server, mut client) = open("/binary").await;
    client.send(vec![1, 2, 3]).await;
    assert_eq!(client.next().await, ClientMessage::from(vec![1, 2, 3]));
}

// Binary where text is expected, and the reverse.
#[tokio::test]
async fn the_other_type_of_message_is_1003() {
    let logs = Logs::capture();
    let (_server, mut client) = open("/text").await;
    client.send(vec![1]).await;
    assert_eq!(client.end().await.close(), (1003, "expected a text message"));
    let (_server, mut client) = open("/binary").await;
    client.send("text").await;
    assert_eq!(client.end().await.close(), (1003, "expected a binary message"));
    assert!(logs.at(tracing::Level::ERROR).is_empty(), "{:#?}", logs.loud());
}

#[tokio::test]
async fn a_connection_is_a_stream_and_a_sink() {
    let logs = Logs::capture();
    let (_server, mut client) = open("/stream").await;
    assert_eq!(client.ask("ab").await, "abab");
    client.send(vec![1]).await;
    assert_eq!(client.ask("c").await, "cc");
    assert_eq!(client.leave(Some((1000, ""))).await.code, Some(1000));
    logs.assert_quiet();
}

#[tokio::test]
async fn a_select_loses_no_message() {
    let (tell, mut ear) = ear();
    let tick = Arc::new(Notify::new());
    let app = App::new().routes(routes![select]).state(tell).state(Arc::clone(&tick));
    let server = Server::start(app).await;
    let mut raw = server.raw_open("/select").await;
    for round in 0..100 {
        let text = format!("message {round}");
        let frame = Frame::text(&text).bytes();
        let (head, tail) = frame.split_at(round % frame.len());
        raw.write(head).await;
        tick.notify_one();
        assert_eq!(ear.next().await, "tick");
        // The tick and the rest of the message come together, and the tick wins.
        tick.notify_one();
        raw.write(tail).await;
        assert_eq!(raw.text().await, text);
        assert_eq!(ear.next().await, "tick");
    }
}

#[tokio::test]
async fn a_receive_that_is_given_up_at_every_poll_loses_no_message() {
    let (server, _client) = open("/echo").await;
    let mut raw = server.raw_open("/impatient").await;
    for round in 0..200 {
        let text = format!("message {round}");
        let frame = Frame::text(&text).bytes();
        let (head, tail) = frame.split_at(round % frame.len());
        raw.write(head).await;
        tokio::task::yield_now().await;
        raw.write(tail).await;
        assert_eq!(raw.text().await, text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_loses_no_message() {
    let (tell, mut ear) = ear();
    // The paused clock runs ahead of every ping.
    let app = App::new().routes(routes![timeout]).state(tell).ping_interval(None);
    let mut memory = Memory::open(app, "/timeout").await;
    for round in 0..20 {
        let text = format!("message {round}");
        let frame = Frame::text(&text).bytes();
        let (head, tail) = frame.split_at(round % frame.len());
        memory.raw.write(head).await;
        assert_eq!(ear.next().await, "timeout");
        memory.raw.write(tail).await;
        assert_eq!(memory.raw.text().await, text);
    }
}

#[tokio::test]
async fn fragments_are_one_message_with_control_frames_between() {
    let (server, _client) = open("/echo").await;
    let mut raw = server.raw_open("/echo").await;
    raw.send(Frame::text("Gr").unfinished()).await;
    raw.send(Frame::new(op::CONTINUATION, [0xc3]).unfinished()).await;
    raw.send(Frame::new(op::PING, "alive?")).await;
    assert_eq!(raw.frame().await, Some(Frame::new(op::PONG, "alive?").unmasked()));
    raw.send(Frame::new(op::CONTINUATION, [0xbc, b'n']).unfinished()).await;
    raw.send(Frame::new(op::CONTINUATION, [])).await;
    assert_eq!(raw.text().await, "Grün");
}

#[tokio::test]
async fn many_messages_in_flight_keep_their_order() {
    let (_server, client) = open("/echo").await;
    let (mut sink, mut stream) = client.split();
    let sending = tokio::spawn(async move {
        for number in 0..10_000 {
            sink.send(ClientMessage::from(number.to_string())).await.expect("the server reads");
        }
        sink
    });
    for number in 0..10_000 {
        let message =
            ws_tests::within("an echo", stream.next()).await.expect("not the end").expect("no error");
        assert_eq!(message.to_text().expect("text"), number.to_string());
    }
    drop(sending.await.expect("sending works"));
}
