//! How a server shuts down.

use std::{net::SocketAddr, process::Stdio, sync::Arc, time::Duration};

use http::Request;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
    sync::Notify,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tower::ServiceExt as _;
use ws_runtime::{
    App, Body, Close, CloseCode, ServeError, Service, ShutdownHandle, SocketError, State, Upgrade, WebSocket,
    close_code, routes, websocket,
};
use ws_tests::{Frame, Memory, Opening, Raw, Server, Tell, assert_elapsed, ear, op, settle, within};

const SECOND: Duration = Duration::from_secs(1);

fn going_away() -> (Option<u16>, String) {
    (Some(1001), "server shutting down".to_owned())
}

/// The server of `support/bin/signalled.rs`, as a separate process.
struct Process {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    addr: SocketAddr,
}

impl Process {
    async fn start(deadline: Duration) -> Self {
        Self::start_with(&deadline.as_millis().to_string()).await
    }

    async fn start_with(argument: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_signalled"))
            .arg(argument)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary is built with this test");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let line = within("the server to listen", stdout.next_line()).await.expect("it is text");
        let addr = line.expect("an address").parse().expect("an address");
        Self { child, stdout, addr }
    }

    async fn open(&self, target: &str) -> Raw {
        let mut raw = Raw::over(TcpStream::connect(self.addr).await.expect("the server listens"));
        raw.open(&Opening::new(target)).await;
        raw
    }

    async fn signal(&self, signal: &str) {
        let id = self.child.id().expect("it runs");
        // The shell has a built-in `kill`, so nothing else has to be installed.
        let command = format!("kill -{signal} {id}");
        let sent = Command::new("sh").args(["-c", &command]).status().await.expect("there is a shell");
        assert!(sent.success());
    }

    /// Waits until nobody listens any more.
    async fn refuses(&self) {
        let refused = async {
            while TcpStream::connect(self.addr).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        within("the server to stop listening", refused).await;
    }

    /// Waits for the process to end, which it must do successfully.
    async fn ends(mut self) {
        let status = within("the process to end", self.child.wait()).await.expect("it can be waited for");
        assert_eq!(status.code(), Some(0));
        let line = self.stdout.next_line().await.expect("it is text");
        assert_eq!(line.as_deref(), Some("served"), "`serve` returned");
    }
}

#[tokio::test]
async fn a_signal_closes_every_connection_with_1001_and_the_process_ends_with_success() {
    for signal in ["TERM", "INT"] {
        let process = Process::start(30 * SECOND).await;
        let mut open = Vec::new();
        for number in 0..20 {
            let mut raw = process.open("/echo").await;
            raw.send(Frame::text(&number.to_string())).await;
            assert_eq!(raw.text().await, number.to_string());
            open.push(raw);
        }
        process.signal(signal).await;
        for mut raw in open {
            assert_eq!(raw.closed().await, going_away(), "{signal}");
        }
        process.ends().await;
    }
}

#[tokio::test]
async fn a_signal_before_the_first_connection_is_not_lost() {
    Process::start_with("early").await.ends().await;
}

#[tokio::test]
async fn nothing_is_accepted_while_the_server_ends_and_the_deadline_drops_what_hangs() {
    let process = Process::start(SECOND).await;
    let mut hangs = process.open("/hangs").await;
    assert_eq!(hangs.text().await, "ready");
    process.signal("TERM").await;
    assert_eq!(hangs.closed().await, going_away());
    process.refuses().await;
    process.ends().await;
}

#[tokio::test]
async fn a_second_signal_ends_the_process_at_once() {
    let process = Process::start(3600 * SECOND).await;
    let mut hangs = process.open("/hangs").await;
    assert_eq!(hangs.text().await, "ready");
    process.signal("TERM").await;
    assert_eq!(hangs.closed().await, going_away());
    process.signal("TERM").await;
    process.ends().await;
}

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

/// Says goodbye by itself at a shutdown, and takes its time.
#[websocket("/polite")]
async fn polite(tell: State<Tell>, mut ws: WebSocket) -> Result<Close, SocketError> {
    let sender = ws.sender();
    loop {
        tokio::select! {
            message = ws.recv() => sender.send(message?).await?,
            () = sender.shutdown_started() => break,
        }
    }
    tell.say("told");
    sleep(2 * SECOND).await;
    ws.send_text("goodbye").await?;
    Ok(Close::new(close_code!(4000), "see you"))
}

/// Intends to say goodbye, but never gets there.
#[websocket("/endless")]
async fn endless(tell: State<Tell>, ws: WebSocket) {
    let _dropped = tell.when_dropped("endless dropped");
    ws.shutdown_started().await;
    tell.say("told");
    std::future::pending::<()>().await;
}

/// Waits for the shutdown or a message, and then does something else for as long as the message says.
#[websocket("/once")]
async fn once(mut ws: WebSocket) -> Result<Close, SocketError> {
    let sender = ws.sender();
    tokio::select! {
        () = sender.shutdown_started() => {}
        message = ws.recv_text() => sleep(SECOND * message?.parse().expect("a number")).await,
    }
    sender.shutdown_started().await;
    Ok(Close::new(close_code!(4000), "see you"))
}

/// Ignores everything.
#[websocket("/hangs")]
async fn hangs(tell: State<Tell>, _ws: WebSocket) {
    let _dropped = tell.when_dropped("hanging dropped");
    std::future::pending::<()>().await;
}

#[websocket("/undecided")]
async fn undecided(tell: State<Tell>, wake: State<Arc<Notify>>, upgrade: Upgrade) -> Result<(), SocketError> {
    tell.say("deciding");
    wake.notified().await;
    let mut ws = upgrade.accept().await?;
    loop {
        ws.recv().await?;
    }
}

fn app() -> App {
    App::new()
        .routes(routes![echo, polite, endless, hangs, once, undecided])
        .state(ear().0)
        .state(Arc::new(Notify::new()))
        .handle_signals(false)
        .ping_interval(None)
}

/// A server that reports what `serve` returns.
async fn serve(app: App) -> (SocketAddr, ShutdownHandle, JoinHandle<Result<(), ServeError>>) {
    let shutdown = app.shutdown_handle();
    let listener = Server::listen().await;
    let addr = listener.local_addr().expect("a listener has an address");
    (addr, shutdown, tokio::spawn(app.serve(listener)))
}

#[tokio::test]
async fn the_handle_ends_serve_as_a_signal_would() {
    let (addr, shutdown, serving) = serve(app()).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut raw = Raw::over(TcpStream::connect(addr).await.expect("the server listens"));
        raw.open(&Opening::new("/echo")).await;
        open.push(raw);
    }
    shutdown.shutdown();
    shutdown.clone().shutdown();
    for mut raw in open {
        assert_eq!(raw.closed().await, going_away());
    }
    within("`serve` to return", serving).await.expect("no panic").expect("no error");
    assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_server_without_connections_ends_at_once() {
    let (_, shutdown, serving) = serve(app()).await;
    shutdown.shutdown();
    within("`serve` to return", serving).await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn a_shutdown_before_the_start_is_a_start_that_ends() {
    let app = app();
    app.shutdown_handle().shutdown();
    within("`run` to return", app.run("127.0.0.1:0")).await.expect("no error");
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_of_run() {
    let listener = Server::listen().await;
    let addr = listener.local_addr().expect("a listener has an address");
    let error = within("`run` to return", app().run(addr)).await.expect_err("it is taken");
    assert!(matches!(error, ServeError::Io(_)), "{error:?}");
}

/// Starts the shutdown of a service, and reports how long it took.
fn shut_down(service: &Service) -> JoinHandle<Duration> {
    let service = service.clone();
    tokio::spawn(async move {
        let start = Instant::now();
        service.shut_down().await;
        start.elapsed()
    })
}

#[tokio::test(start_paused = true)]
async fn the_code_can_be_another() {
    let close = Close::new(CloseCode::SERVICE_RESTART, "back in a minute");
    let service = app().shutdown_close(close).into_service();
    let mut memory = Memory::enter(&service, "/echo").await;
    let ending = shut_down(&service);
    assert_eq!(memory.raw.closed().await, (Some(1012), "back in a minute".to_owned()));
    drop(memory);
    assert_eq!(ending.await.expect("no panic"), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_goes_out_before_the_close() {
    #[websocket("/queued")]
    async fn queued(wake: State<Arc<Notify>>, mut ws: WebSocket) -> Result<(), SocketError> {
        for _ in 0..50 {
            ws.send_binary([7; 1000]).await?;
        }
        wake.notify_one();
        ws.recv().await.map(drop)
    }

    let wake = Arc::new(Notify::new());
    let app = App::new().routes(routes![queued]).state(Arc::clone(&wake)).ping_interval(None);
    let service = app.into_service();
    let mut memory = Memory::join(&service, 256).opened("/queued").await;
    within("the endpoint to send", wake.notified()).await;
    let _ending = shut_down(&service);
    settle().await;
    for _ in 0..50 {
        assert_eq!(
            memory.raw.frame().await.map(|frame| (frame.opcode, frame.payload.len())),
            Some((op::BINARY, 1000))
        );
    }
    assert_eq!(memory.raw.closed().await, going_away());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_waits_for_the_shutdown_may_end_by_itself() {
    let service = app().shutdown_grace(5 * SECOND).into_service();
    let mut polite = Memory::enter(&service, "/polite").await;
    let mut echo = Memory::enter(&service, "/echo").await;
    settle().await;
    let start = Instant::now();
    let ending = shut_down(&service);
    // The others are closed at once.
    assert_eq!(echo.raw.closed().await, going_away());
    drop(echo);
    assert_elapsed(start, Duration::ZERO);
    // It continues meanwhile.
    assert_eq!(polite.raw.text().await, "goodbye");
    assert_eq!(polite.raw.closed().await, (Some(4000), "see you".to_owned()));
    drop(polite);
    assert_elapsed(start, 2 * SECOND);
    ending.await.expect("no panic");
    assert_elapsed(start, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_second_call_leaves_the_grace_as_it_is() {
    let service = app().shutdown_grace(5 * SECOND).into_service();
    let mut polite = Memory::enter(&service, "/polite").await;
    settle().await;
    let first = shut_down(&service);
    sleep(SECOND).await;
    let second = shut_down(&service);
    assert_eq!(polite.raw.text().await, "goodbye");
    assert_eq!(polite.raw.closed().await, (Some(4000), "see you".to_owned()));
    drop(polite);
    for ending in [first, second] {
        ending.await.expect("no panic");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_does_something_else_for_a_moment_still_waits_for_the_shutdown() {
    let service = app().shutdown_grace(5 * SECOND).into_service();
    let mut once = Memory::enter(&service, "/once").await;
    once.raw.send(Frame::text("4")).await;
    sleep(2 * SECOND).await;
    let start = Instant::now();
    let ending = shut_down(&service);
    assert_eq!(once.raw.closed().await, (Some(4000), "see you".to_owned()));
    drop(once);
    assert_elapsed(start, 2 * SECOND);
    ending.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_has_waited_for_the_shutdown_long_ago_has_no_grace() {
    let service = app().shutdown_grace(5 * SECOND).into_service();
    let mut once = Memory::enter(&service, "/once").await;
    once.raw.send(Frame::text("60")).await;
    sleep(10 * SECOND).await;
    let start = Instant::now();
    let _ending = shut_down(&service);
    assert_eq!(once.raw.closed().await, going_away());
    assert_elapsed(start, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_grace_is_bounded() {
    let service = app().shutdown_grace(SECOND).into_service();
    let mut polite = Memory::enter(&service, "/polite").await;
    settle().await;
    let start = Instant::now();
    let ending = shut_down(&service);
    assert_eq!(polite.raw.closed().await, going_away());
    assert_elapsed(start, SECOND);
    drop(polite);
    // The endpoint itself is not dropped before the deadline.
    ending.await.expect("no panic");
    assert_elapsed(start, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_bounds_the_grace_too() {
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![endless, hangs]).state(tell).ping_interval(None);
    let service = app.shutdown_grace(3600 * SECOND).shutdown_deadline(3 * SECOND).into_service();
    let _endless = Memory::enter(&service, "/endless").await;
    let mut hangs = Memory::enter(&service, "/hangs").await;
    settle().await;
    let ending = shut_down(&service);
    let start = Instant::now();
    assert_eq!(ear.next().await, "told");
    assert_eq!(hangs.raw.closed().await, going_away());
    ending.await.expect("no panic");
    assert_elapsed(start, 3 * SECOND);
    let mut dropped = ear.take(2).await;
    dropped.sort();
    assert_eq!(dropped, ["endless dropped", "hanging dropped"]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_whose_connection_is_over_has_the_grace() {
    let (tell, mut ear) = ear();
    let service = App::new().routes(routes![hangs]).state(tell).ping_interval(None).into_service();
    let mut hangs = Memory::enter(&service, "/hangs").await;
    hangs.raw.leave().await;
    let took = shut_down(&service).await.expect("no panic");
    assert_eq!(took, 5 * SECOND);
    assert_eq!(ear.next().await, "hanging dropped");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_the_close_delays_the_end_by_close_timeout_at_most() {
    let service = app().close_timeout(2 * SECOND).into_service();
    let mut memory = Memory::enter(&service, "/echo").await;
    let ending = shut_down(&service);
    assert_eq!(memory.raw.frame().await.map(Frame::into_close), Some(going_away()));
    let took = ending.await.expect("no panic");
    assert!(took <= 2 * SECOND + SECOND / 20, "{took:?}");
    drop(memory);
}

#[tokio::test(start_paused = true)]
async fn handshakes_are_503_from_then_on() {
    let service = app().into_service();
    // A TCP connection that was open before.
    let mut before = Memory::join(&service, 1024);
    assert_eq!(before.raw.request(&Opening::new("/nowhere")).await.status, 404);
    shut_down(&service).await.expect("no panic");
    assert_eq!(before.raw.request(&Opening::new("/echo")).await.status, 503);
    let mut after = Memory::join(&service, 1024);
    assert_eq!(after.raw.request(&Opening::new("/echo")).await.status, 503);

    // Inside another server, through tower's trait.
    let request = Request::get("/nowhere").body(Body::empty()).expect("a valid request");
    let response = service.oneshot(request).await.expect("never an error");
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn behind_axum_the_service_ends_its_connections_and_answers_503() {
    let service = app().into_service();
    let router = axum::Router::new().fallback_service(service.clone());
    let listener = Server::listen().await;
    let addr = listener.local_addr().expect("a listener has an address");
    let server = Server::run(&addr, async move { axum::serve(listener, router).await.expect("it serves") });
    let mut raw = server.raw_open("/echo").await;
    let ending = shut_down(&service);
    assert_eq!(raw.closed().await, going_away());
    drop(raw);
    within("`shut_down` to return", ending).await.expect("no panic");
    assert_eq!(server.request(&Opening::new("/echo")).await.status, 503);
}

#[tokio::test]
async fn the_deadline_drops_endpoints_on_tcp() {
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![hangs]).state(tell).handle_signals(false);
    let (addr, shutdown, serving) = serve(app.shutdown_deadline(SECOND)).await;
    let mut raw = Raw::over(TcpStream::connect(addr).await.expect("the server listens"));
    raw.open(&Opening::new("/hangs")).await;
    shutdown.shutdown();
    assert_eq!(raw.closed().await, going_away());
    within("`serve` to return", serving).await.expect("no panic").expect("it served");
    assert_eq!(within("the endpoint to be dropped", ear.next()).await, "hanging dropped");
}

#[tokio::test]
async fn a_serve_that_is_dropped_frees_its_address_and_its_connections_go_on() {
    let listener = Server::listen().await;
    let addr = listener.local_addr().expect("a listener has an address");
    let open = async {
        let mut raw = Raw::over(TcpStream::connect(addr).await.expect("the server listens"));
        raw.open(&Opening::new("/echo")).await;
        raw
    };
    let mut raw = tokio::select! {
        _ = app().serve(listener) => panic!("nobody asked for the end"),
        raw = open => raw,
    };
    // The test awaited nothing in between.
    drop(std::net::TcpListener::bind(addr).expect("the address is free"));
    raw.send(Frame::text("still there")).await;
    assert_eq!(raw.text().await, "still there");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_decided_yet_is_closed_too() {
    let (tell, mut ear) = ear();
    let wake = Arc::new(Notify::new());
    let app = App::new().routes(routes![undecided]).state(tell).state(Arc::clone(&wake)).ping_interval(None);
    let service = app.into_service();
    let mut memory = Memory::join(&service, 1024);
    memory.raw.write(Opening::new("/undecided").bytes()).await;
    assert_eq!(ear.next().await, "deciding");
    let ending = shut_down(&service);
    settle().await;
    wake.notify_one();
    assert_eq!(memory.raw.response().await.status, 101);
    assert_eq!(memory.raw.closed().await, going_away());
    drop(memory);
    assert_eq!(ending.await.expect("no panic"), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_never_decided_does_not_outlast_the_deadline() {
    let service = app().shutdown_deadline(3 * SECOND).accept_timeout(3600 * SECOND).into_service();
    let mut memory = Memory::join(&service, 1024);
    memory.raw.write(Opening::new("/undecided").bytes()).await;
    settle().await;
    let took = shut_down(&service).await.expect("no panic");
    assert!(took <= 3 * SECOND + SECOND / 20, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_decided_behind_the_deadline_is_told_why_it_ends() {
    let (tell, mut ear) = ear();
    let wake = Arc::new(Notify::new());
    let app = App::new().routes(routes![undecided]).state(tell).state(Arc::clone(&wake)).ping_interval(None);
    let service = app.shutdown_deadline(3 * SECOND).accept_timeout(3600 * SECOND).into_service();
    let mut memory = Memory::join(&service, 1024);
    memory.raw.write(Opening::new("/undecided").bytes()).await;
    assert_eq!(ear.next().await, "deciding");
    shut_down(&service).await.expect("no panic");
    wake.notify_one();
    assert_eq!(memory.raw.response().await.status, 101);
    assert_eq!(memory.raw.closed().await, going_away());
}
