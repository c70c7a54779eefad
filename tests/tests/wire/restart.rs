//! How a server restarts under its clients: closes that are spread, 503 from the first moment, and the health path.

use std::{
    future::{Ready, pending, ready},
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::DuplexStream,
    net::TcpStream,
    sync::Notify,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, sleep_until},
};
use ws_runtime::{
    App, Close, CloseCode, Service, SocketError, State, WebSocket,
    client::Client,
    rooms::{History, Position, Recovery, Rooms, Tracked},
    routes, websocket,
};
use ws_tests::{Memory, Opening, Raw, Response, Server, Tell, assert_elapsed, ear, settle, within};

const SECOND: Duration = Duration::from_secs(1);

/// A burst is measured over this time.
const WINDOW: Duration = Duration::from_millis(100);

/// The times at which connections came and went, as the server sees them.
#[derive(Clone, Default)]
struct Seen {
    opened: Arc<Mutex<Vec<Instant>>>,
    closed: Arc<Mutex<Vec<Instant>>>,
    changed: Arc<Notify>,
}

impl Seen {
    fn note(&self, times: &Mutex<Vec<Instant>>) {
        times.lock().expect("nobody panics with the lock").push(Instant::now());
        self.changed.notify_waiters();
    }

    fn opened(&self) -> Vec<Instant> {
        self.opened.lock().expect("nobody panics with the lock").clone()
    }

    fn closed(&self) -> Vec<Instant> {
        self.closed.lock().expect("nobody panics with the lock").clone()
    }

    /// Waits until so many connections have come.
    async fn wait_opened(&self, count: usize) {
        loop {
            let changed = self.changed.notified();
            if self.opened().len() >= count {
                return;
            }
            changed.await;
        }
    }
}

#[websocket("/watched")]
async fn watched(seen: State<Seen>, ws: WebSocket) {
    seen.note(&seen.opened);
    ws.closed().await;
    seen.note(&seen.closed);
}

/// Returns the most events within any window, and how many there are in a window on average.
fn bursts(times: &[Instant]) -> (usize, f64) {
    let mut times = times.to_vec();
    times.sort();
    let most = (0..times.len()).map(|first| {
        let end = times[first] + WINDOW;
        times[first..].iter().take_while(|time| **time < end).count()
    });
    let span = *times.last().expect("there are events") - times[0];
    #[allow(clippy::cast_precision_loss, reason = "a test counts to few")]
    let average = times.len() as f64 * WINDOW.as_secs_f64() / span.as_secs_f64();
    (most.max().unwrap_or(0), average)
}

/// Asserts that no window has more than so many times the events of an average one.
#[track_caller]
fn assert_bursts(what: &str, times: &[Instant], bound: f64) {
    let (most, average) = bursts(times);
    #[allow(clippy::cast_precision_loss, reason = "a test counts to few")]
    let most = most as f64;
    assert!(most <= bound * average, "{what}: {most} in one window, {average} on average");
}

fn shut_down(service: &Service) -> JoinHandle<Duration> {
    let service = service.clone();
    tokio::spawn(async move {
        let start = Instant::now();
        service.shut_down().await;
        start.elapsed()
    })
}

/// A member of a room that remembers. Only the room speaks.
#[websocket("/rooms/<room>/<id>")]
async fn member(
    room: String,
    id: String,
    #[query] since: Option<Position>,
    rooms: State<Rooms<u64>>,
    seen: State<Seen>,
    ws: WebSocket<String, Tracked<u64>>,
) -> ws_runtime::Result {
    let _member = rooms.room(&room).join(&id, ws.sender()).since(since).replace().await?;
    seen.note(&seen.opened);
    ws.closed().await;
    seen.note(&seen.closed);
    Ok(())
}

/// Ends what a room says.
const END: u64 = 0;

/// Receives until the end. Returns how much the room said, and how often the client came back to it.
async fn hear_all(mut client: Client<Tracked<u64>, String>) -> (u64, usize) {
    let (mut heard, mut returns) = (0, 0);
    loop {
        match within("a message", client.recv()).await.expect("the client comes back by itself") {
            Tracked::Message { message: END, .. } => return (heard, returns),
            Tracked::Message { message, .. } => {
                assert_eq!(message, heard + 1);
                heard = message;
            }
            Tracked::Joined { recovery: Recovery::New, .. } => {}
            Tracked::Joined { recovery, .. } => {
                assert!(recovery.is_recovered(), "{recovery}");
                returns += 1;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Where clients get when they connect: to a service, or to nobody.
#[derive(Clone)]
struct Front(Arc<Mutex<Option<Service>>>);

impl Front {
    fn leads_to(&self, service: Option<&Service>) {
        *self.0.lock().expect("nobody panics with the lock") = service.cloned();
    }

    /// Returns what a client connects with. The transports are pipes, so that no test needs many file descriptors.
    fn dial(&self) -> impl FnMut() -> Ready<io::Result<DuplexStream>> + Send + use<> {
        let front = self.clone();
        move || {
            let service = front.0.lock().expect("nobody panics with the lock").clone();
            let Some(service) = service else { return ready(Err(io::ErrorKind::ConnectionRefused.into())) };
            let (client, server) = tokio::io::duplex(1024);
            tokio::spawn(async move { service.serve_connection(server, None).await });
            ready(Ok(client))
        }
    }
}

/// Restarts a server under so many clients in 20 rooms, which speak all the time. `swap` moves the front from the first
/// service to the second while the first one ends. The clock is paused, so a slow machine changes nothing.
async fn restart(
    clients: usize,
    swap: impl AsyncFnOnce(&Front, &[Service; 2], JoinHandle<Duration>),
) -> [Seen; 2] {
    const ROOMS: usize = 20;

    let rooms = Rooms::<u64>::new().history(History::last(1000).within(60 * SECOND));
    let seen = [Seen::default(), Seen::default()];
    let services = [&seen[0], &seen[1]].map(|seen| {
        let app = App::new().routes(routes![member]).state(seen.clone()).state(rooms.clone());
        app.ping_interval(None).shutdown_spread(4 * SECOND).into_service()
    });
    let front = Front(Arc::default());
    front.leads_to(Some(&services[0]));
    let mut hearing = JoinSet::new();
    for number in 0..clients {
        let url = format!("ws://localhost/rooms/{}/{number}", number % ROOMS);
        let client = Client::builder(url).ping_interval(None).connect_with(front.dial());
        hearing.spawn(hear_all(client.await.expect("the server accepts")));
    }
    within("the clients to come", seen[0].wait_opened(clients)).await;
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let speaking = tokio::spawn(async move {
        let rooms: Vec<_> = (0..ROOMS).map(|room| rooms.room(&room.to_string())).collect();
        let say = |message| rooms.iter().for_each(|room| room.broadcast(&message).expect("a number"));
        for number in 1.. {
            say(number);
            tokio::select! {
                () = sleep(2 * WINDOW) => {}
                () = stopped.notified() => {
                    say(END);
                    return number;
                }
            }
        }
        unreachable!("it speaks until it is stopped")
    });
    sleep(SECOND).await;

    swap(&front, &services, shut_down(&services[0])).await;
    within("the clients to come back", seen[1].wait_opened(clients)).await;
    sleep(SECOND).await;
    stop.notify_one();
    let said = speaking.await.expect("no panic");
    assert!(said > 30, "{said}");
    while let Some(heard) = hearing.join_next().await {
        assert_eq!(heard.expect("no panic"), (said, 1), "everything, after one return");
    }
    // Nobody came twice, and nobody was accepted by the server that ends.
    assert_eq!((seen[0].opened().len(), seen[0].closed().len()), (clients, clients));
    assert_eq!(seen[1].opened().len(), clients);
    seen
}

#[tokio::test(start_paused = true)]
async fn two_thousand_clients_come_back_without_a_burst_and_nothing_is_lost() {
    let [before, after] = restart(2000, async |front, [_, second], ending| {
        // The balancer in front of both takes a while to notice that the first one is not healthy any more.
        sleep(SECOND).await;
        front.leads_to(Some(second));
        let took = ending.await.expect("no panic");
        assert!(took + WINDOW >= 4 * SECOND && took < 5 * SECOND, "{took:?}");
    })
    .await;
    assert_bursts("closes", &before.closed(), 2.0);
    assert_bursts("reconnects", &after.opened(), 2.0);
}

/// The clients that are told first wait for longest, as nobody else takes them meanwhile. All of them come back over their
/// own delays then, and not evenly.
#[tokio::test(start_paused = true)]
async fn nothing_is_lost_by_a_process_that_ends_before_the_next_one_listens() {
    let [before, after] = restart(500, async |front, [_, second], ending| {
        ending.await.expect("no panic");
        front.leads_to(None);
        sleep(SECOND).await;
        front.leads_to(Some(second));
    })
    .await;
    assert_bursts("closes", &before.closed(), 2.0);
    assert_bursts("reconnects", &after.opened(), 4.0);
}

#[tokio::test(start_paused = true)]
async fn without_a_window_all_are_closed_at_once_and_the_measure_says_so() {
    let seen = Seen::default();
    let app = App::new().routes(routes![watched]).state(seen.clone()).ping_interval(None);
    let service = app.into_service();
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(Memory::enter(&service, "/watched").await);
    }
    settle().await;
    let start = Instant::now();
    let ending = shut_down(&service);
    for memory in &mut open {
        assert_eq!(memory.raw.closed().await.0, Some(1001));
    }
    drop(open);
    ending.await.expect("no panic");
    assert_elapsed(start, Duration::ZERO);
    assert!(bursts(&seen.closed()).0 == 10);
}

#[tokio::test(start_paused = true)]
async fn the_grace_begins_when_the_endpoint_is_told() {
    #[websocket("/slow")]
    async fn slow(tell: State<Tell>, ws: WebSocket) {
        let _ended = tell.when_dropped("ended");
        ws.shutdown_started().await;
        tell.say("told");
        pending::<()>().await;
    }

    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![slow]).state(tell).ping_interval(None);
    let app = app.shutdown_spread(20 * SECOND).shutdown_grace(2 * SECOND).shutdown_deadline(8 * SECOND);
    let service = app.into_service();
    let mut memory = Memory::enter(&service, "/slow").await;
    settle().await;
    let ending = shut_down(&service);
    // There is one connection, so its time is anywhere within the window, and the lines come as they happen.
    let heard = async {
        assert_eq!(ear.next().await, "told");
        let told = Instant::now();
        assert_eq!(ear.next().await, "ended");
        told.elapsed()
    };
    let closed = async {
        let closed = memory.raw.closed().await;
        drop(memory);
        closed
    };
    let (lasted, closed) = tokio::join!(heard, closed);
    assert_eq!(closed.0, Some(1001));
    // It has the grace to end by itself, and as long again once its connection is over.
    assert!(lasted >= 4 * SECOND && lasted < 4 * SECOND + WINDOW, "{lasted:?}");
    let took = ending.await.expect("no panic");
    assert!(took <= 24 * SECOND + WINDOW, "{took:?}");
}

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/hangs")]
async fn hangs(tell: State<Tell>, _ws: WebSocket) {
    let _dropped = tell.when_dropped("dropped");
    pending::<()>().await;
}

fn app() -> App {
    App::new().routes(routes![echo, hangs]).state(ear().0).ping_interval(None).handle_signals(false)
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_told_yet_works_as_before() {
    let service = app().shutdown_spread(60 * SECOND).into_service();
    let mut open = Vec::new();
    for _ in 0..50 {
        open.push(Memory::enter(&service, "/echo").await);
    }
    let ending = shut_down(&service);
    settle().await;
    let mut echoed = 0;
    for memory in &mut open {
        memory.raw.send(ws_tests::Frame::text("still there")).await;
        let frame = memory.raw.frame().await.expect("a message or a close");
        echoed += usize::from(frame.opcode == ws_tests::op::TEXT);
    }
    assert!(echoed > 40, "{echoed}");
    drop(open);
    // A server whose last client has left does not wait for the end of the window.
    let took = ending.await.expect("no panic");
    assert!(took < 60 * SECOND, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_whose_connection_is_over_is_dropped_after_the_grace() {
    for grace in [SECOND, 3 * SECOND] {
        let (tell, mut ear) = ear();
        let app = App::new().routes(routes![hangs]).state(tell).ping_interval(None);
        let service = app.shutdown_grace(grace).into_service();
        // One connection is over before, and one by the shutdown.
        let mut left = Memory::enter(&service, "/hangs").await;
        left.raw.leave().await;
        drop(left);
        let mut closed = Memory::enter(&service, "/hangs").await;
        settle().await;
        let ending = shut_down(&service);
        assert_eq!(closed.raw.closed().await.0, Some(1001));
        drop(closed);
        assert_eq!(ear.take(2).await, ["dropped", "dropped"]);
        assert_eq!(ending.await.expect("no panic"), grace);
    }
}

/// `docker stop` kills after 10 seconds, so the process needs a moment to end before that.
#[tokio::test(start_paused = true)]
async fn no_default_waits_as_long_as_docker_stop() {
    #[websocket("/stubborn")]
    async fn stubborn(ws: WebSocket) {
        ws.shutdown_started().await;
        pending::<()>().await;
    }

    let service = App::new().routes(routes![stubborn]).into_service();
    // This client answers nothing, not even the Close frame.
    let _memory = Memory::enter(&service, "/stubborn").await;
    settle().await;
    let took = shut_down(&service).await.expect("no panic");
    assert!(took < 10 * SECOND, "{took:?}");
}

#[track_caller]
fn assert_retry_after(response: &Response) {
    assert_eq!(response.status, 503);
    let seconds: u64 = response.header("retry-after").expect("a time").parse().expect("a number of seconds");
    assert!((1..=3).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn handshakes_on_new_connections_are_503_with_retry_after_while_the_server_drains() {
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![echo, hangs]).state(tell).handle_signals(false).health("/healthz");
    let app = app.shutdown_grace(3600 * SECOND).shutdown_deadline(3600 * SECOND);
    let shutdown = app.shutdown_handle();
    let listener = Server::listen().await;
    let addr = listener.local_addr().expect("a listener has an address");
    let serving = tokio::spawn(app.serve(listener));
    let connect = async || Raw::over(TcpStream::connect(addr).await.expect("the server listens"));
    let probe = async |method: &str| {
        let mut raw = connect().await;
        raw.write(format!("{method} /healthz HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n")).await;
        let head = String::from_utf8(raw.rest().await).expect("it is text");
        head.lines().next().unwrap_or_default().to_owned()
    };

    assert_eq!(probe("GET").await, "HTTP/1.1 200 OK");
    let mut hanging = connect().await;
    hanging.open(&Opening::new("/hangs")).await;
    shutdown.shutdown();
    // From the first moment on.
    assert_retry_after(&connect().await.request(&Opening::new("/echo")).await);
    assert_eq!(probe("GET").await, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(probe("HEAD").await, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(hanging.closed().await.0, Some(1001));
    assert_retry_after(&connect().await.request(&Opening::new("/echo")).await);
    assert!(!serving.is_finished());
    serving.abort();
    assert!(within("it to stop", serving).await.is_err());
    drop(hanging);
    drop(ear.rest());
}

#[tokio::test]
async fn a_full_server_says_when_to_come_back_too() {
    let service = app().max_connections(1).into_service();
    let _first = Memory::enter(&service, "/echo").await;
    assert_retry_after(&Memory::join(&service, 1024).raw.request(&Opening::new("/echo")).await);
}

#[tokio::test]
async fn the_health_path_answers_without_a_fallback_and_beside_one() {
    let pages = axum::Router::new().fallback(async || "a page");
    for app in [app().health("/healthz"), app().health("/healthz").fallback(pages)] {
        let service = app.max_connections(0).hosts(["example.com"]).into_service();
        let ask = async |head: &str| {
            let mut raw = Memory::join(&service, 4096).raw;
            raw.write(format!("{head}\r\nconnection: close\r\n\r\n")).await;
            String::from_utf8(raw.rest().await).expect("it is text")
        };
        let answer = ask("GET /healthz HTTP/1.1\r\nhost: 10.0.0.7:8000").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
        assert!(answer.contains("cache-control: no-store\r\n"), "{answer}");
        let answer = ask("HEAD /healthz HTTP/1.1\r\nhost: a").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
        // The probe of a balancer may add a query, and may be as old as HTTP/1.0.
        assert!(ask("GET /healthz?from=lb HTTP/1.1\r\nhost: a").await.starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(ask("OPTIONS /healthz HTTP/1.0").await.contains("allow: GET, HEAD\r\n"));
        assert!(ask("GET /healthz HTTP/1.0").await.starts_with("HTTP/1.0 200 OK\r\n"));
        let answer = ask("POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 0").await;
        assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
        assert!(!ask("GET /healthz/ HTTP/1.1\r\nhost: a").await.contains("ok\n"));
        service.shut_down().await;
        let answer = ask("GET /healthz HTTP/1.1\r\nhost: a").await;
        assert!(
            answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("\r\n\r\nshutting down\n"),
            "{answer}"
        );
        assert!(answer.contains("retry-after: "), "{answer}");
        let answer = ask("HEAD /healthz HTTP/1.1\r\nhost: a").await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

#[websocket("/<name>")]
async fn named(name: String, _ws: WebSocket) -> Close {
    Close::new(CloseCode::NORMAL_CLOSURE, name)
}

#[websocket("/files/<rest..>")]
async fn files(rest: String, _ws: WebSocket) {
    drop(rest);
}

#[test]
fn a_health_path_that_cannot_be_is_a_mistake() {
    let mistake = |path: &str| {
        let app = app().routes(routes![files]).health(path);
        let error = app.build().expect_err("it cannot be");
        let mistakes: Vec<_> = error.mistakes().collect();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].contains("restart.rs:"), "{mistakes:?}");
        mistakes[0].clone()
    };
    assert!(mistake("/echo").contains("is that of `echo` (/echo)"));
    assert!(mistake("/files/").contains("is that of `files`"));
    for path in ["healthz", "", "/<id>", "/{id}", "/a b", "/healthz?full", "/healthz#a"] {
        assert!(mistake(path).starts_with(&format!("the health path `{path}` at ")), "{path}");
    }
}

#[tokio::test]
async fn a_health_path_goes_before_a_pattern_as_a_static_path_does() {
    let service = App::new().routes(routes![named]).health("/healthz").into_service();
    let mut memory = Memory::enter(&service, "/lobby").await;
    assert_eq!(memory.raw.closed().await, (Some(1000), "lobby".to_owned()));
    let mut raw = Memory::join(&service, 1024).raw;
    raw.write("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(raw.response().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_client_of_ours_comes_back_after_1012() {
    let seen = Seen::default();
    let app = || App::new().routes(routes![watched]).state(seen.clone()).ping_interval(None);
    let close = Close::new(CloseCode::SERVICE_RESTART, "Server restarting");
    let services = [app().shutdown_close(close).into_service(), app().into_service()];
    let first = services[0].clone();
    let mut dialed = services.into_iter();
    let dial = move || {
        let service = dialed.next().expect("it dials twice");
        let (client, server) = tokio::io::duplex(1024);
        tokio::spawn(async move { service.serve_connection(server, None).await });
        async move { io::Result::Ok(client) }
    };
    let builder = Client::builder("ws://localhost/watched").ping_interval(None);
    let _client: Client = builder.connect_with(dial).await.expect("the server accepts");
    sleep(SECOND).await;
    first.shut_down().await;
    within("the client to come back", seen.wait_opened(2)).await;
    sleep_until(Instant::now() + SECOND).await;
    assert_eq!((seen.opened().len(), seen.closed().len()), (2, 1));
}
