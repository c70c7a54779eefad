//! The client on one connection: what it sends and receives, how it stops, and what it notices.

use std::{
    future::{pending, ready},
    io,
    time::Duration,
};

use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::{
    io::DuplexStream,
    time::{Instant, sleep},
};
use ws_runtime::{
    App, Close, CloseCode, Closed, HeaderMap, Message, Result, SocketError, State, WebSocket,
    client::{Client, ClientBuilder, ClientError, ClientState, ConnectError, Ended},
    routes, websocket,
};
use ws_tests::{
    Dialed, Frame, Logs, Peer, Server, Tell, assert_elapsed, dialed, ear, op, piped, settle, within,
};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Question {
    text: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Answer {
    length: usize,
}

/// Answers questions, and sends every other message back unchanged.
#[websocket("/ask")]
async fn ask(mut ws: WebSocket<Message, Message>) -> Result {
    loop {
        let message = ws.recv().await?;
        let text = message.clone().into_text()?;
        match serde_json::from_str::<Question>(&text) {
            Ok(question) => ws.send(format!(r#"{{"length":{}}}"#, question.text.len())).await?,
            Err(_) => ws.send(message).await?,
        }
    }
}

/// Reports the handshake, and how the connection ended.
#[websocket("/told/<name>", subprotocols = ["chat"])]
async fn told(
    name: String,
    #[query] q: Vec<String>,
    #[cookie] session: String,
    headers: HeaderMap,
    tell: State<Tell>,
    ws: WebSocket,
) -> Result {
    tell.say(format!("{name} {q:?} {session} {:?}", headers["x-trace"]));
    tell.show(&ws.closed().await);
    Ok(())
}

/// Reports what arrives, and how the connection ends.
#[websocket("/listen")]
async fn listen(tell: State<Tell>, mut ws: WebSocket) -> Result {
    loop {
        match ws.recv_text().await {
            Ok(text) => tell.say(text),
            Err(error) => {
                tell.show(&error);
                return Ok(());
            }
        }
    }
}

fn client() -> ClientBuilder {
    Client::builder("ws://localhost/chat")
}

/// A client, and its server's end.
async fn pair(builder: ClientBuilder) -> (Client, Peer, Dialed) {
    let (dial, mut dialed) = dialed(1024);
    let (client, peer) = tokio::join!(builder.connect_with(dial), dialed.accept());
    (client.expect("a client"), peer, dialed)
}

async fn end(client: &mut Client) -> Ended {
    match within("the end", client.recv()).await {
        Err(ClientError::Closed(ended)) => ended,
        other => panic!("not closed: {other:?}"),
    }
}

#[tokio::test]
async fn messages_are_typed_and_one_that_is_not_does_no_harm() {
    let server = Server::start(App::new().routes(routes![ask])).await;
    let mut client: Client<Answer, Question> =
        Client::builder(format!("ws://{}/ask", server.addr())).connect().await.unwrap();
    client.send(Question { text: "four".to_owned() }).await.unwrap();
    assert_eq!(client.recv().await.unwrap(), Answer { length: 4 });
    // Another type of message for the same server, whose answer to it is not an `Answer`.
    let mut other: Client<Answer, Answer> =
        Client::builder(format!("ws://{}/ask", server.addr())).connect().await.unwrap();
    other.send(Answer { length: 7 }).await.unwrap();
    assert_eq!(other.recv().await.unwrap(), Answer { length: 7 });
    let mut wrong: Client<Question, Answer> =
        Client::builder(format!("ws://{}/ask", server.addr())).connect().await.unwrap();
    wrong.send(Answer { length: 7 }).await.unwrap();
    match wrong.recv().await {
        Err(ClientError::Message(SocketError::Invalid(invalid))) => {
            assert_eq!(invalid.errors()[0].loc, ["message".into(), "text".into()]);
        }
        other => panic!("not invalid: {other:?}"),
    }
    assert!(wrong.state().is_open());
    wrong.send(Answer { length: 8 }).await.unwrap();
    assert!(matches!(wrong.recv().await, Err(ClientError::Message(_))));
    assert!(matches!(wrong.close(CloseCode::NORMAL_CLOSURE).await, Ended::Local(_)));
}

#[tokio::test]
async fn the_handshake_says_what_the_builder_was_told() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![told]).state(tell)).await;
    let mut client: Client = Client::builder(format!("ws://{}/told/a%20b?q=1", server.addr()))
        .query("q", "a b&c=ü")
        .header("X-Trace", "t1")
        .cookie("theme", "dark")
        .cookie("session", "abc")
        .subprotocols(["news", "chat"])
        .connect()
        .await
        .unwrap();
    assert_eq!(client.subprotocol().as_deref(), Some("chat"));
    assert_eq!(ear.next().await, r#"a b ["1", "a b&c=ü"] abc "t1""#);
    let ended = client.close(Close::new(CloseCode::try_from(4321).unwrap(), "bye")).await;
    assert_eq!((ended.code(), ended.reason()), (Some(4321), "bye"));
    let peer = ws_runtime::PeerClose::new(4321, "bye");
    assert_eq!(ear.next().await, format!("{:?}", Closed::Peer(Some(peer))));
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_without_asking() {
    let connect = |builder: ClientBuilder| builder.connect::<(), (), ws_runtime::Json>();
    for url in ["http://localhost/", "localhost:8000", "ws:///x", "ws://a b/", "ws://localhost/#x"] {
        let error = connect(Client::builder(url)).await.unwrap_err();
        assert!(matches!(error, ConnectError::Url(_)), "{url}: {error}");
    }
    let error = connect(client().header("Sec-WebSocket-Key", "mine")).await.unwrap_err();
    assert_eq!(error.to_string(), "the header `Sec-WebSocket-Key` cannot be sent");
    let error = connect(client().cookie("a", "b;c")).await.unwrap_err();
    assert_eq!(error.to_string(), "the header `cookie` cannot be sent");
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_while_nobody_receives() {
    let (_client, mut peer, _dialed) = pair(client()).await;
    for payload in ["a", "b"] {
        peer.send(Frame::new(op::PING, payload)).await;
        let pong = peer.frame().await.unwrap();
        assert_eq!((pong.opcode, pong.payload), (op::PONG, payload.into()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_pinged_and_then_taken_for_dead() {
    let (client, mut peer, mut dialed) = pair(client()).await;
    let start = Instant::now();
    // The server answers, in its own ways.
    for sign in [Frame::new(op::PONG, ""), Frame::text("instead"), Frame::new(op::PING, "")] {
        let start = Instant::now();
        assert_eq!(peer.frame().await.map(|frame| frame.opcode), Some(op::PING));
        assert_elapsed(start, 20 * SECOND);
        let is_ping = sign.opcode == op::PING;
        peer.send(sign).await;
        if is_ping {
            assert_eq!(peer.frame().await.map(|frame| frame.opcode), Some(op::PONG));
        }
    }
    assert_elapsed(start, 60 * SECOND);
    // Now it does not answer.
    assert_eq!(peer.frame().await.map(|frame| frame.opcode), Some(op::PING));
    let mut states = client.states();
    let waiting = states.wait_for(|state| matches!(state, ClientState::Waiting { .. })).await.unwrap();
    let ClientState::Waiting { last, .. } = &*waiting else { unreachable!() };
    assert!(matches!(last, Ended::Unresponsive), "{last}");
    assert_eq!(last.code(), Some(1006));
    assert_elapsed(start, 100 * SECOND);
    drop(waiting);
    peer.eof().await;
    dialed.accept().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_is_taken_for_dead_too() {
    let (client, peer, mut dialed) = pair(client()).await;
    let start = Instant::now();
    // More than the pipe holds, so that the ping has to wait.
    client.send(vec![1; 5000]).await.unwrap();
    dialed.next().await;
    let elapsed = start.elapsed();
    assert!(elapsed >= 40 * SECOND && elapsed < 41 * SECOND, "{elapsed:?}");
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_dead_is_noticed_however_much_is_to_be_sent() {
    let (client, peer, mut dialed) = pair(client()).await;
    let start = Instant::now();
    // More than is encoded in advance.
    client.send(vec![1; 200_000]).await.unwrap();
    dialed.next().await;
    let elapsed = start.elapsed();
    assert!(elapsed >= 40 * SECOND && elapsed < 41 * SECOND, "{elapsed:?}");
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_slow_to_read_is_not_dead() {
    let (client, mut peer, _dialed) = pair(client()).await;
    assert_eq!(peer.frame().await.map(|frame| frame.opcode), Some(op::PING));
    // The pong is not read before all of this has been taken.
    client.send(vec![1; 200_000]).await.unwrap();
    settle().await;
    peer.send(Frame::new(op::PONG, "")).await;
    for _ in 0..100 {
        sleep(5 * SECOND).await;
        peer.bytes(1000).await;
    }
    assert!(client.state().is_open());
}

#[tokio::test(start_paused = true)]
async fn without_pings_silence_is_borne() {
    let (client, peer, _dialed) = pair(client().ping_interval(None)).await;
    sleep(Duration::from_hours(5)).await;
    assert!(client.state().is_open());
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn what_came_before_the_end_is_received_first() {
    let (mut client, mut peer, _dialed) = pair(client()).await;
    for text in ["one", "two"] {
        peer.send(Frame::text(text)).await;
    }
    peer.leave(1008, "out").await;
    assert!(matches!(client.closed().await, Ended::Peer(Some(close)) if close.code == 1008));
    assert_eq!(client.next().await.unwrap().unwrap(), "one".into());
    assert_eq!(client.recv().await.unwrap(), "two".into());
    for _ in 0..2 {
        let error = client.recv().await.unwrap_err();
        assert_eq!(error.to_string(), "the server closed the connection: 1008: out");
    }
    assert!(client.next().await.is_none());
    let error = client.send("late").await.unwrap_err();
    assert_eq!(error.ended().and_then(Ended::code), Some(1008));
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_a_close_frame_has_its_code_and_the_server_ends_first() {
    let (mut client, mut peer, _dialed) = pair(client()).await;
    let start = Instant::now();
    peer.send(Frame::close(4000, "off")).await;
    assert_eq!(peer.close().await, (Some(4000), "off".to_owned()));
    // It never ends.
    assert_eq!(end(&mut client).await.code(), Some(4000));
    assert_elapsed(start, SECOND);
    peer.eof().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_breaks_a_rule_is_told_and_left() {
    for (frame, code) in [
        (Frame::new(op::BINARY, vec![0; 101]).unmasked().bytes(), 1009),
        (Frame::new(op::TEXT, [0xff]).unmasked().bytes(), 1007),
        (Frame::text("masked").bytes(), 1002),
        (Frame::text("x").unmasked().with_rsv(4).bytes(), 1002),
        (Frame::new(0xb, "").unmasked().bytes(), 1002),
    ] {
        let (mut client, mut peer, mut dialed) = pair(client().max_message_size(100)).await;
        // The bytes that follow are ignored.
        peer.write([frame, vec![0xff; 500]].concat()).await;
        assert_eq!(peer.close().await.0, Some(code));
        drop(peer);
        let ended = end(&mut client).await;
        assert!(matches!(ended, Ended::Local(_)), "{ended}");
        assert_eq!(ended.code(), Some(code));
        assert!(!dialed.arrived());
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_message_limit_is_none_for_control_frames() {
    let (mut client, mut peer, _dialed) = pair(client().max_message_size(10)).await;
    peer.send(Frame::new(op::PING, vec![b'x'; 125])).await;
    let pong = peer.frame().await.expect("a pong");
    assert_eq!((pong.opcode, pong.payload.len()), (op::PONG, 125));
    peer.send(Frame::close(4000, &"y".repeat(123))).await;
    let ended = end(&mut client).await;
    assert_eq!((ended.code(), ended.reason().len()), (Some(4000), 123));
}

#[tokio::test(start_paused = true)]
async fn closing_sends_what_is_queued_and_waits_for_the_answer() {
    let (tell, mut ear) = ear();
    let service = App::new().routes(routes![listen]).state(tell).into_service();
    let mut client: Client =
        Client::builder("ws://localhost/listen").connect_with(piped(&service)).await.unwrap();
    let sender = client.sender();
    for number in 0..500 {
        client.send(number.to_string()).await.unwrap();
    }
    let ended = client.close(Close::new(CloseCode::NORMAL_CLOSURE, "done")).await;
    assert!(matches!(ended, Ended::Local(_)), "{ended}");
    for number in 0..500 {
        assert_eq!(ear.next().await, number.to_string());
    }
    let peer = ws_runtime::PeerClose::new(1000, "done");
    assert_eq!(ear.next().await, format!("{:?}", SocketError::Closed(Closed::Peer(Some(peer)))));
    assert!(matches!(sender.send("late").await, Err(ClientError::Closed(Ended::Local(_)))));
    assert!(matches!(client.recv().await, Err(ClientError::Closed(Ended::Local(_)))));
    // Closing again changes nothing.
    assert_eq!(client.close(CloseCode::GOING_AWAY).await.code(), Some(1000));
}

#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_ever() {
    let (mut client, mut peer, _dialed) = pair(client()).await;
    let start = Instant::now();
    let ended = client.close(CloseCode::NORMAL_CLOSURE).await;
    assert!(matches!(ended, Ended::Lost), "{ended}");
    assert_elapsed(start, 5 * SECOND);
    assert_eq!(peer.close().await.0, Some(1000));
    peer.eof().await;
}

#[tokio::test(start_paused = true)]
async fn closing_gets_through_to_a_server_that_floods() {
    let (mut client, peer, _dialed) = pair(client()).await;
    let mut flood = tokio::spawn(async move {
        let mut peer = peer;
        for _ in 0..200 {
            peer.send(Frame::new(op::BINARY, vec![0; 1000])).await;
        }
        let close = peer.close().await;
        peer.send(Frame::close(1000, "")).await;
        close
    });
    // Run until nothing moves any more.
    assert!(tokio::time::timeout(SECOND, &mut flood).await.is_err());
    let ended = client.close(CloseCode::NORMAL_CLOSURE).await;
    assert!(matches!(ended, Ended::Local(_)), "{ended}");
    assert_eq!(flood.await.unwrap().0, Some(1000));
    // The messages received before the close are there, and then the end.
    let mut received = 0;
    while let Ok(message) = client.recv().await {
        assert_eq!(message.len(), 1000);
        received += 1;
    }
    assert!((32..200).contains(&received), "{received}");
}

/// A connector that reports when the task that holds it is gone.
fn guarded(
    tell: &Tell,
    mut dial: impl FnMut() -> std::future::Ready<io::Result<DuplexStream>> + Send + 'static,
) -> impl FnMut() -> std::future::Ready<io::Result<DuplexStream>> + Send + 'static {
    let guard = tell.when_dropped("the task is gone");
    move || {
        let _ = &guard;
        dial()
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_client_closes_with_1001_and_ends_its_task() {
    let (tell, mut ear) = ear();
    let service = App::new().routes(routes![listen]).state(tell.clone()).into_service();
    let client: Client =
        Client::builder("ws://localhost/listen").connect_with(guarded(&tell, piped(&service))).await.unwrap();
    let sender = client.sender();
    client.send("last words").await.unwrap();
    let start = Instant::now();
    drop(client);
    assert_eq!(ear.next().await, "last words");
    let peer = ws_runtime::PeerClose::new(1001, "");
    assert_eq!(ear.next().await, format!("{:?}", SocketError::Closed(Closed::Peer(Some(peer)))));
    assert_eq!(ear.next().await, "the task is gone");
    assert_elapsed(start, Duration::ZERO);
    assert!(matches!(sender.send("x").await, Err(ClientError::Closed(Ended::Local(_)))));
    assert!(matches!(sender.try_send("x"), Err(ClientError::Closed(_))));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_client_ends_its_task_even_if_the_server_is_deaf() {
    let (tell, mut ear) = ear();
    let (dial, mut dialed) = dialed(1024);
    let (client, mut peer) = tokio::join!(client().connect_with(guarded(&tell, dial)), dialed.accept());
    let client: Client = client.unwrap();
    client.send(vec![1; 5000]).await.unwrap();
    let start = Instant::now();
    drop(client);
    assert_eq!(ear.next().await, "the task is gone");
    assert_elapsed(start, SECOND);
    // The stream was cut off within the message, so no Close frame may follow.
    assert_eq!(peer.bytes(1024).await.len(), 1024);
    peer.eof().await;
}

#[tokio::test(start_paused = true)]
async fn dropping_the_client_ends_its_task_while_it_waits_or_connects() {
    // While it waits.
    let (tell, mut ear) = ear();
    let (dial, mut dialed) = dialed(1024);
    let (client, peer) = tokio::join!(client().connect_with(guarded(&tell, dial)), dialed.accept());
    let client: Client = client.unwrap();
    let mut states = client.states();
    drop(peer);
    states.wait_for(|state| matches!(state, ClientState::Waiting { .. })).await.unwrap();
    let start = Instant::now();
    drop(client);
    assert_eq!(ear.next().await, "the task is gone");
    assert_elapsed(start, Duration::ZERO);
    assert!(matches!(&*states.borrow(), ClientState::Closed(Ended::Local(_))));

    // While it connects.
    let guard = tell.when_dropped("the task is gone");
    let (io, server) = tokio::io::duplex(1024);
    let mut io = Some(io);
    let transport = move || {
        let (_, io) = (&guard, io.take());
        async move {
            match io {
                Some(io) => Ok(io),
                None => pending().await,
            }
        }
    };
    let server = async {
        Peer::of(server).await.accept("").await;
    };
    let (client, ()) = tokio::join!(Client::builder("ws://localhost/").connect_with(transport), server);
    let client: Client = client.unwrap();
    let mut states = client.states();
    states.wait_for(|state| matches!(state, ClientState::Connecting { attempt: 1 })).await.unwrap();
    let start = Instant::now();
    drop(client);
    assert_eq!(ear.next().await, "the task is gone");
    assert_elapsed(start, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn closing_while_there_is_no_connection_is_done_at_once() {
    let (mut client, peer, mut dialed) = pair(client()).await;
    let mut states = client.states();
    drop(peer);
    states.wait_for(|state| matches!(state, ClientState::Waiting { .. })).await.unwrap();
    let start = Instant::now();
    assert_eq!(client.close(CloseCode::NORMAL_CLOSURE).await.code(), Some(1000));
    assert_elapsed(start, Duration::ZERO);
    sleep(60 * SECOND).await;
    assert!(!dialed.arrived());
}

#[tokio::test]
async fn a_client_whose_runtime_is_gone_says_so() {
    let (mut client, sender) = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let service = App::new().routes(routes![ask]).into_service();
            let client: Client =
                Client::builder("ws://localhost/ask").connect_with(piped(&service)).await.unwrap();
            let sender = client.sender();
            (client, sender)
        })
    })
    .join()
    .unwrap();
    assert!(matches!(end(&mut client).await, Ended::Lost));
    assert!(matches!(client.state(), ClientState::Closed(Ended::Lost)));
    let sent: Result<(), ClientError> = sender.send("x").await;
    assert!(matches!(sent, Err(ClientError::Closed(Ended::Lost))), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_logged_above_debug_and_nothing_that_is_secret() {
    let logs = Logs::capture();
    let (dial, mut dialed) = dialed(1024);
    let builder = client().query("token", "hidden1").cookie("session", "hidden2").header("x", "hidden3");
    assert!(!format!("{builder:?}").contains("hidden"));
    let (client, mut peer) = tokio::join!(builder.connect_with(dial), dialed.accept());
    let mut client: Client = client.unwrap();
    client.send("hidden4").await.unwrap();
    assert_eq!(peer.text().await, "hidden4");
    peer.leave(1012, "restart").await;
    dialed.accept().await;
    client.close(CloseCode::NORMAL_CLOSURE).await;
    assert!(!format!("{client:?}").contains("hidden"));
    logs.assert_quiet();
    let told: Vec<_> = logs
        .at(tracing::Level::DEBUG)
        .into_iter()
        .filter(|log| log.target.starts_with("ws_runtime"))
        .collect();
    assert!(told.iter().any(|log| log.text.contains("1012: restart")), "{told:?}");
    assert!(!told.iter().any(|log| log.text.contains("hidden")), "{told:?}");
}

#[tokio::test]
async fn a_transport_that_fails_is_an_error_of_connecting() {
    let fails = || ready(Err::<DuplexStream, _>(io::ErrorKind::PermissionDenied.into()));
    let error =
        client().retry_first().connect_with::<(), (), ws_runtime::Json, _, _, _>(fails).await.unwrap_err();
    assert!(
        matches!(&error, ConnectError::Failed(Ended::Io(error)) if error.kind() == io::ErrorKind::PermissionDenied)
    );
    assert_eq!(error.to_string(), "cannot connect: ws://localhost/chat: permission denied");
}
