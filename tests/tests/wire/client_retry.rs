//! After which ends the client reconnects, and when.

use std::{io, sync::Arc, time::Duration};

use http::StatusCode;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{Instant, sleep},
};
use ws_runtime::{
    App, Close, CloseCode, Handshake, InvalidCloseCode, Rejection, Result, State, WebSocket,
    client::{Backoff, Client, ClientBuilder, ClientError, ClientState, ConnectError, Ended},
    routes, websocket,
};
use ws_tests::{Frame, Peer, Server, assert_elapsed, dialed, settle, within};

const SECOND: Duration = Duration::from_secs(1);

fn client() -> ClientBuilder {
    Client::builder("ws://localhost/chat")
}

/// Returns the end that `recv` reports.
async fn end(client: &mut Client) -> Ended {
    match within("the end", client.recv()).await {
        Err(ClientError::Closed(ended)) => ended,
        other => panic!("not closed: {other:?}"),
    }
}

/// Collects states, as text.
struct States(tokio::sync::mpsc::UnboundedReceiver<String>);

impl States {
    fn of(client: &Client) -> Self {
        let (tell, states) = tokio::sync::mpsc::unbounded_channel();
        let mut changes: watch::Receiver<ClientState> = client.states();
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let text = match &*changes.borrow_and_update() {
                    ClientState::Waiting { attempt, delay, last } => {
                        assert!(*delay <= SECOND / 2 * *attempt);
                        format!("waiting {attempt}: {last}")
                    }
                    ClientState::Closed(ended) => format!("closed: {ended}"),
                    state => format!("{state:?}"),
                };
                let _ = tell.send(text);
            }
        });
        Self(states)
    }

    async fn next(&mut self) -> String {
        self.0.recv().await.expect("another state")
    }
}

#[websocket("/close/<code>")]
async fn closes(code: u16, visits: State<Arc<watch::Sender<u32>>>, mut ws: WebSocket) -> Result {
    visits.send_modify(|visits| *visits += 1);
    if *visits.borrow() > 1 {
        ws.send("again").await?;
        ws.recv().await?;
    }
    let code = CloseCode::try_from(code).or(Err(InvalidCloseCode(code)))?;
    Err(Close::new(code, "as told"))?
}

#[tokio::test]
async fn a_real_server_says_with_its_code_whether_to_come_again() {
    for (code, again) in [
        (1000, false),
        (1001, true),
        (1002, false),
        (1003, false),
        (1007, false),
        (1008, false),
        (1009, false),
        (1010, false),
        (1011, true),
        (1012, true),
        (1013, true),
        (1014, true),
        (3000, false),
        (3999, false),
        (4000, false),
        (4001, false),
        (4999, false),
    ] {
        let visits = Arc::new(watch::Sender::new(0_u32));
        let server = Server::start(App::new().routes(routes![closes]).state(Arc::clone(&visits))).await;
        let quickly = Backoff::new().min_delay(Duration::from_millis(1));
        let url = format!("ws://{}/close/{code}", server.addr());
        let mut client: Client = Client::builder(url).backoff(quickly).connect().await.unwrap();
        if again {
            let message = within("the second connection", client.recv()).await.unwrap();
            assert_eq!(message, "again".into(), "after {code}");
            client.close(CloseCode::NORMAL_CLOSURE).await;
        } else {
            let ended = end(&mut client).await;
            assert_eq!((ended.code(), ended.reason()), (Some(code), "as told"));
            assert!(ended.to_string().contains(&format!("{code}: as told")), "{ended}");
        }
        assert_eq!(*visits.borrow(), if again { 2 } else { 1 }, "after {code}");
    }
}

/// What a server can do to a connection.
async fn act(mut peer: Peer, code: Option<u16>) {
    match code {
        Some(1005) => peer.send(Frame::new(ws_tests::op::CLOSE, "")).await,
        Some(code) => peer.send(Frame::close(code, "so it is")).await,
        None => {}
    }
    if code.is_some() {
        let _ = peer.frame().await;
    }
}

#[tokio::test(start_paused = true)]
async fn ends_that_no_server_of_ours_can_send_are_understood_too() {
    for (code, expected, again) in [
        (None, 1006, true),
        (Some(1005), 1005, false),
        // Reserved codes that occur on the wire all the same.
        (Some(1006), 1006, true),
        (Some(1014), 1014, true),
        (Some(1004), 1004, false),
        (Some(1015), 1015, false),
        (Some(2999), 2999, false),
        (Some(5000), 5000, false),
        (Some(0), 0, false),
    ] {
        let (dial, mut dialed) = dialed(1024);
        let (client, peer) = tokio::join!(client().connect_with(dial), dialed.accept());
        let mut client: Client = client.unwrap();
        let mut states = client.states();
        act(peer, code).await;
        if again {
            let waiting = states.wait_for(|state| matches!(state, ClientState::Waiting { .. })).await;
            let ClientState::Waiting { last, .. } = &*waiting.unwrap() else { unreachable!() };
            assert_eq!(last.code(), Some(expected));
        } else {
            assert_eq!(end(&mut client).await.code(), Some(expected));
        }
        if again {
            dialed.accept().await;
        } else {
            sleep(60 * SECOND).await;
            assert!(!dialed.arrived());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_may_retry_after_any_code_or_never() {
    for code in [1000, 1008, 4001] {
        let (dial, mut dialed) = dialed(1024);
        let asked = client().retry_on(|ended| ended.code() != Some(1001));
        let (client, peer) = tokio::join!(asked.connect_with(dial), dialed.accept());
        let mut client: Client = client.unwrap();
        peer.leave(code, "").await;
        let peer = dialed.accept().await;
        peer.leave(1001, "").await;
        assert_eq!(end(&mut client).await.code(), Some(1001));
    }
}

#[tokio::test(start_paused = true)]
async fn every_change_of_state_is_told() {
    let (dial, mut dialed) = dialed(1024);
    let (client, peer) = tokio::join!(client().connect_with(dial), dialed.accept());
    let client: Client = client.unwrap();
    assert!(client.state().is_open());
    let mut states = States::of(&client);
    settle().await;
    peer.leave(1012, "restart").await;
    assert_eq!(states.next().await, "waiting 1: the server closed the connection: 1012: restart");
    assert_eq!(states.next().await, "Connecting { attempt: 1 }");
    dialed.next().await.write("HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n").await;
    let refused = "waiting 2: the server refused the handshake: HTTP status 503 Service Unavailable from ws://localhost/chat";
    // The second delay may be up to a second.
    let mut changes = client.states();
    let waiting = changes.wait_for(|state| matches!(state, ClientState::Waiting { attempt: 2, .. })).await;
    drop(waiting);
    assert_eq!(states.next().await, refused);
    assert_eq!(states.next().await, "Connecting { attempt: 2 }");
    let peer = dialed.accept().await;
    assert_eq!(states.next().await, "Open");
    peer.leave(4000, "enough").await;
    assert_eq!(states.next().await, "closed: the server closed the connection: 4000: enough");
    assert_eq!(client.closed().await.code(), Some(4000));
    assert!(states.0.recv().await.is_none(), "the task is gone");
}

/// Returns how long the client waited before each of so many connections, which the server ends as `act` says.
async fn gaps(builder: ClientBuilder, count: usize, code: Option<u16>) -> Vec<Duration> {
    let (dial, mut dialed) = dialed(1024);
    let (client, peer) = tokio::join!(builder.connect_with(dial), dialed.accept());
    let client: Client = client.unwrap();
    act(peer, code).await;
    let mut last = Instant::now();
    let mut gaps = Vec::new();
    for _ in 0..count {
        let peer = dialed.accept().await;
        gaps.push(last.elapsed());
        act(peer, code).await;
        last = Instant::now();
    }
    drop(client);
    gaps
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_closes_at_once_is_asked_less_and_less_often() {
    for code in [Some(1013), Some(1011), None] {
        let plain = gaps(client().backoff(Backoff::new().jitter(false)), 9, code).await;
        for (gap, millis) in plain.iter().zip([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]) {
            let delay = Duration::from_millis(millis);
            assert!(*gap >= delay && *gap < delay + SECOND / 20, "{code:?}: {gap:?}, not {delay:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn delays_are_random() {
    let plain = [500, 1000, 2000, 4000, 8000, 16000].map(Duration::from_millis);
    let mut seen = Vec::new();
    for _ in 0..5 {
        let random = gaps(client(), plain.len(), Some(1013)).await;
        for (random, plain) in random.iter().zip(plain) {
            assert!(*random >= plain / 2 && *random < plain + SECOND / 20, "{random:?} of {plain:?}");
        }
        seen.push(random);
    }
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_open_for_a_while_starts_anew() {
    let (dial, mut dialed) = dialed(1024);
    let builder = client().backoff(Backoff::new().jitter(false));
    let (client, mut peer) = tokio::join!(builder.connect_with(dial), dialed.accept());
    let _client: Client = client.unwrap();
    for (open, delay) in [(0, 500), (9, 1000), (10, 500), (0, 1000), (11, 500)] {
        sleep(open * SECOND).await;
        let start = Instant::now();
        peer.leave(1012, "").await;
        peer = dialed.accept().await;
        assert_elapsed(start, Duration::from_millis(delay));
    }
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_after_so_many_attempts() {
    let (dial, mut dialed) = dialed(1024);
    let builder = client().backoff(Backoff::new().jitter(false).max_attempts(3));
    let (client, peer) = tokio::join!(builder.connect_with(dial), dialed.accept());
    let mut client: Client = client.unwrap();
    let start = Instant::now();
    drop((peer, dialed));
    let ended = end(&mut client).await;
    assert!(
        matches!(&ended, Ended::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused),
        "{ended}"
    );
    assert_eq!(ended.code(), None);
    assert_elapsed(start, Duration::from_millis(500 + 1000 + 2000));
    assert!(matches!(client.send("x").await, Err(ClientError::Closed(Ended::Io(_)))));
    assert!(matches!(client.state(), ClientState::Closed(Ended::Io(_))));
}

#[tokio::test(start_paused = true)]
async fn refusals_while_reconnecting_are_heeded_by_status() {
    for (status, again) in [
        (503, true),
        (429, true),
        (502, true),
        (504, true),
        (500, true),
        (408, true),
        (501, false),
        (505, false),
        (401, false),
        (403, false),
        (404, false),
        (426, false),
        (302, false),
        (200, false),
    ] {
        let (dial, mut dialed) = dialed(1024);
        let (client, peer) = tokio::join!(client().connect_with(dial), dialed.accept());
        let mut client: Client = client.unwrap();
        peer.leave(1012, "").await;
        let mut peer = dialed.next().await;
        peer.write(format!("HTTP/1.1 {status} As Told\r\ncontent-length: 3\r\nx-why: z\r\n\r\nno!")).await;
        if again {
            dialed.accept().await;
            assert!(within("a connection", client.send("x")).await.is_ok());
        } else {
            let Ended::Refused(refused) = end(&mut client).await else { panic!("{status} is a refusal") };
            assert_eq!((refused.status().as_u16(), &refused.body()[..]), (status, &b"no!"[..]));
            assert_eq!(refused.headers()["x-why"], "z");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for() {
    for (value, expected) in [("7", 7_500), ("99999999", 3_600_500), ("soon", 500), ("-1", 500)] {
        let (dial, mut dialed) = dialed(1024);
        let builder = client().backoff(Backoff::new().jitter(false)).retry_first();
        let task = tokio::spawn(builder.connect_with::<(), (), ws_runtime::Json, _, _, _>(dial));
        let mut peer = dialed.next().await;
        let answer = format!("HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: {value}\r\n\r\n");
        peer.write(answer).await;
        let start = Instant::now();
        dialed.accept().await;
        assert_elapsed(start, Duration::from_millis(expected));
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_back_after_503_gets_its_client_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let visits = Arc::new(watch::Sender::new(0_u32));
    // The server refuses with 503 until it has capacity.
    let app = || App::new().routes(routes![closes]).state(Arc::clone(&visits));
    let full = Server::run(&addr, async move {
        App::new()
            .routes(routes![closes])
            .state(Arc::new(watch::Sender::new(0_u32)))
            .max_connections(0)
            .serve(listener)
            .await
            .unwrap();
    });
    let quickly = Backoff::new().min_delay(Duration::from_millis(5)).max_delay(Duration::from_millis(20));
    let client = Client::builder(format!("ws://{addr}/close/1000")).backoff(quickly).retry_first();
    let task =
        tokio::spawn(client.clone().connect::<ws_runtime::Message, ws_runtime::Message, ws_runtime::Json>());
    match client.clone().retry_on(|_| false).connect::<(), (), ws_runtime::Json>().await {
        Err(ConnectError::Failed(Ended::Refused(refused))) => {
            assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        }
        other => panic!("not refused: {other:?}"),
    }
    drop(full);
    let listener = loop {
        if let Ok(listener) = TcpListener::bind(addr).await {
            break listener;
        }
        tokio::task::yield_now().await;
    };
    let app = app();
    let _server = Server::run(&addr, async move { app.serve(listener).await.unwrap() });
    let mut client: Client = within("the client to connect", task).await.unwrap().unwrap();
    assert_eq!(end(&mut client).await.code(), Some(1000));
}

#[tokio::test]
async fn the_first_connection_fails_at_once_with_what_the_server_said() {
    let guarded = |rejection| {
        let visits = Arc::new(watch::Sender::new(0_u32));
        let app = App::new().routes(routes![closes]).state(visits).rejection(rejection);
        Server::start(app.before_accept(async |_: &Handshake| {
            Err::<(), _>(Close::new(CloseCode::POLICY_VIOLATION, "Session cookie missing"))
        }))
    };
    let server = guarded(Rejection::Http).await;
    let client = Client::builder(format!("ws://{}/close/1000", server.addr()));
    match client.connect::<(), (), ws_runtime::Json>().await {
        Err(ConnectError::Failed(Ended::Refused(refused))) => {
            assert_eq!(refused.status(), 403);
            assert_eq!(refused.headers()["content-type"], "application/json");
            assert_eq!(&refused.body()[..], br#"{"code":1008,"reason":"Session cookie missing"}"#);
        }
        other => panic!("not refused: {other:?}"),
    }
    // By a Close frame the handshake succeeds, and the client does not come again.
    let server = guarded(Rejection::Close).await;
    let client = Client::builder(format!("ws://{}/close/1000", server.addr()));
    let mut client: Client = client.connect().await.unwrap();
    let ended = end(&mut client).await;
    assert_eq!((ended.code(), ended.reason()), (Some(1008), "Session cookie missing"));
    // No server listens.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    match Client::builder(format!("ws://{free}/")).connect::<(), (), ws_runtime::Json>().await {
        Err(ConnectError::Failed(Ended::Io(error))) => {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
            assert!(error.to_string().starts_with(&format!("ws://{free}/: ")), "{error}");
        }
        other => panic!("somebody listens: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_handshake_is_an_error_of_its_own() {
    let upgrade = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
    let right = |rest: &str| format!("{upgrade}KEY\r\n{rest}\r\n");
    let cases = [
        ("it is not HTTP", "SSH-2.0-OpenSSH\r\n\r\n".to_owned()),
        ("its `Sec-WebSocket-Accept` does not answer the key", format!("{upgrade}AAAA\r\n\r\n")),
        ("it does not upgrade to `websocket`", right("").replace("websocket\r\nC", "h2c\r\nC")),
        ("its `Connection` does not name `upgrade`", right("").replace(": Upgrade", ": X")),
        ("it selects an extension, and none was offered", right("Sec-WebSocket-Extensions: x\r\n")),
        ("it selects a subprotocol that was not offered", right("Sec-WebSocket-Protocol: chat\r\n")),
    ];
    for (expected, answer) in cases {
        let (dial, mut dialed) = dialed(1024);
        let server = async {
            let mut peer = dialed.next().await;
            peer.write(answer.replace("KEY", &peer.accept_key())).await;
            peer
        };
        let (client, _peer) =
            tokio::join!(client().connect_with::<(), (), ws_runtime::Json, _, _, _>(dial), server);
        match client {
            Err(ConnectError::Failed(Ended::Violation(problem))) => assert_eq!(problem, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    // Several tokens in any case, as proxies write them.
    let (dial, mut dialed) = dialed(1024);
    let server = async {
        let mut peer = dialed.next().await;
        let key = peer.accept_key();
        let head = "HTTP/1.1 101 X\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, UPGRADE\r\nsec-websocket-accept: ";
        peer.write(
            [format!("{head}{key}\r\n\r\n").into_bytes(), Frame::text("early").unmasked().bytes()].concat(),
        )
        .await;
        peer
    };
    let (client, _peer) = tokio::join!(client().connect_with(dial), server);
    let mut client: Client = client.unwrap();
    assert_eq!(client.recv().await.unwrap(), "early".into());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up() {
    let (dial, mut dialed) = dialed(1024);
    let start = Instant::now();
    let (client, _peer) =
        tokio::join!(client().connect_with::<(), (), ws_runtime::Json, _, _, _>(dial), dialed.next());
    assert!(matches!(client, Err(ConnectError::Failed(Ended::TimedOut))), "{client:?}");
    assert_elapsed(start, 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_even_if_its_body_never_ends() {
    let (dial, mut dialed) = dialed(1024);
    let server = async {
        let mut peer = dialed.next().await;
        peer.write("HTTP/1.1 401 No\r\ncontent-length: 100\r\n\r\npart").await;
        peer
    };
    let (client, _peer) =
        tokio::join!(client().connect_with::<(), (), ws_runtime::Json, _, _, _>(dial), server);
    match client {
        Err(ConnectError::Failed(Ended::Refused(refused))) => {
            assert_eq!((refused.status().as_u16(), &refused.body()[..]), (401, &b"part"[..]));
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// `fn main() -> Result<(), ConnectError>` prints its error as `Debug`.
#[tokio::test]
async fn an_error_is_printed_as_it_is_read() {
    let error =
        Client::builder("http://127.0.0.1:8000/").connect::<(), (), ws_runtime::Json>().await.unwrap_err();
    let text = "the URL `http://127.0.0.1:8000/` cannot be used: its scheme is not `ws` or `wss`; write one such as `ws://127.0.0.1:8000/chat`";
    assert_eq!((error.to_string(), format!("{error:?}")), (text.to_owned(), text.to_owned()));
    let error = ws_runtime::rooms::Redis::open("127.0.0.1:6379").unwrap_err();
    assert_eq!(error.to_string(), format!("{error:?}"));
    assert!(error.to_string().ends_with("; write one such as `redis://127.0.0.1:6379`"), "{error}");
}
