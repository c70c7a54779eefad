//! What an operator sees of connections: spans, records and metrics, and what must never appear in them.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use serde::Deserialize;
use tracing::{
    Event, Id, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _, registry, registry::LookupSpan};
use ws_runtime::{
    App, Close, CloseCode, CloseError, ErrorContext, Handshake, InvalidMessage, Query, Rejection, Result,
    SocketError, ValidationError, WebSocket, routes, websocket,
};
use ws_tests::{Frame, Logs, Memory, Opening, Server, op, settle, within};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/closes/<code>")]
async fn closes(code: u16, _ws: WebSocket) -> Result<Close> {
    tracing::debug!("from within the endpoint");
    Ok(CloseCode::try_from(code)?.into())
}

async fn refuses(_handshake: &Handshake) -> Result<(), Close> {
    Err(Close::new(CloseCode::POLICY_VIOLATION, "no"))
}

#[websocket("/refused", before_accept = [refuses])]
async fn refused(_ws: WebSocket) {}

#[websocket("/hangs")]
async fn hangs(_ws: WebSocket) {
    std::future::pending::<()>().await;
}

fn app() -> App {
    App::new().routes(routes![echo, closes, refused]).ping_interval(None)
}

/// The message of an event, and the name of the span that it occurred in.
type Logged = (String, Option<String>);

type Fields = BTreeMap<&'static str, String>;

/// The spans of connections with their fields, once they are closed, and the span of each event.
#[derive(Clone, Default)]
struct Spans {
    closed: Arc<Mutex<Vec<Fields>>>,
    events: Arc<Mutex<Vec<Logged>>>,
}

impl Spans {
    fn capture() -> (Self, DefaultGuard) {
        // This keeps the log tests beside this one from turning callsites off.
        drop(Logs::capture());
        let spans = Self::default();
        let guard = tracing::subscriber::set_default(registry().with(spans.clone()));
        (spans, guard)
    }

    fn closed(&self) -> Vec<Fields> {
        self.closed.lock().expect("nobody panics with the lock").clone()
    }

    /// Waits until so many connections are over.
    async fn take(&self, count: usize) -> Vec<Fields> {
        let over = async {
            while self.closed().len() < count {
                tokio::task::yield_now().await;
            }
        };
        within("the spans to be closed", over).await;
        self.closed()
    }
}

struct Collect<'a>(&'a mut Fields);

impl Visit for Collect<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let mut fields = Fields::from([("span", attributes.metadata().name().to_owned())]);
        fields.insert("level", attributes.metadata().level().to_string());
        attributes.record(&mut Collect(&mut fields));
        cx.span(id).expect("it is new").extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let span = cx.span(id).expect("it exists");
        let mut extensions = span.extensions_mut();
        values.record(&mut Collect(extensions.get_mut().expect("inserted when it was new")));
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Collect(&mut fields));
        let message = fields.remove("message").unwrap_or_default();
        let span = cx.event_span(event).map(|span| span.name().to_owned());
        self.events.lock().expect("nobody panics with the lock").push((message, span));
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let span = cx.span(&id).expect("it exists");
        let fields = span.extensions().get::<Fields>().expect("inserted when it was new").clone();
        if fields["span"] == "websocket" {
            self.closed.lock().expect("nobody panics with the lock").push(fields);
        }
    }
}

fn get<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).map(String::as_str)
}

#[tokio::test]
async fn a_connection_has_a_span_with_its_endpoint_its_peer_and_its_close() {
    let (spans, _guard) = Spans::capture();
    let server = Server::start(app()).await;

    let mut raw = server.raw_open("/closes/4001").await;
    assert_eq!(raw.closed().await.0, Some(4001));
    server.raw_open("/echo").await.leave().await;
    server.raw_open("/echo").await.reset();
    let mut raw = server.raw_open("/echo").await;
    raw.send(Frame::new(op::CLOSE, [])).await;
    assert_eq!(raw.closed().await.0, None);
    let mut raw = server.raw_open("/echo").await;
    raw.send(Frame::text("unmasked").unmasked()).await;
    assert_eq!(raw.closed().await.0, Some(1002));

    let mut seen: Vec<_> = spans
        .take(5)
        .await
        .iter()
        .map(|span| {
            assert_eq!(get(span, "level"), Some("INFO"));
            assert!(get(span, "connection_id").is_some_and(|id| id.parse::<u64>().is_ok()), "{span:?}");
            assert!(get(span, "peer").is_some_and(|peer| peer.starts_with("127.0.0.1:")), "{span:?}");
            let field = |name| get(span, name).unwrap_or("-").to_owned();
            [field("endpoint"), field("path"), field("closed_by"), field("code")].join(" ")
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            "closes /closes/<code> local 4001",
            "echo /echo local 1002",
            "echo /echo lost -",
            "echo /echo peer -",
            "echo /echo peer 1000",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_the_shutdown_drops_has_its_end_in_the_span_too() {
    let (spans, _guard) = Spans::capture();
    let service = App::new().routes(routes![hangs]).ping_interval(None).into_service();
    let _memory = Memory::enter(&service, "/hangs").await;
    settle().await;
    service.shut_down().await;
    let span = &spans.take(1).await[0];
    assert_eq!((get(span, "closed_by"), get(span, "code")), (Some("local"), Some("1001")));
}

#[tokio::test]
async fn what_an_endpoint_logs_after_accept_is_within_the_span() {
    let (spans, _guard) = Spans::capture();
    let mut memory = Memory::open(app(), "/closes/4001").await;
    assert_eq!(memory.raw.closed().await.0, Some(4001));
    drop(memory);
    spans.take(1).await;
    let events = spans.events.lock().expect("nobody panics with the lock");
    let closed = events.iter().find(|(message, _)| message == "closed").expect("the end is logged");
    assert_eq!(closed.1.as_deref(), Some("websocket"));
    let own = events.iter().find(|(message, _)| message.contains("from within")).expect("it is logged");
    assert_eq!(own.1.as_deref(), Some("websocket"), "the endpoint's own records");
}

#[tokio::test]
async fn the_end_of_a_connection_is_a_debug_record_on_either_side() {
    let logs = Logs::capture();
    let server = Server::start(app()).await;
    server.raw_open("/echo").await.leave().await;
    server.raw_open("/echo").await.reset();
    let mut raw = server.raw_open("/closes/4001").await;
    raw.closed().await;
    drop(raw);
    let closed = async {
        while logs.at(Level::DEBUG).iter().filter(|record| record.text == "closed").count() < 3 {
            tokio::task::yield_now().await;
        }
    };
    within("the ends to be logged", closed).await;
    logs.assert_quiet();
}

#[derive(Debug, thiserror::Error, CloseError)]
#[error("a failure of ours")]
#[close(1011)]
struct Failure;

#[tokio::test]
async fn a_fault_of_ours_is_one_error() {
    #[websocket("/fails")]
    async fn fails(mut ws: WebSocket) -> Result {
        ws.recv().await?;
        Err(Failure)?
    }

    let logs = Logs::capture();
    let server = Server::start(App::new().routes(routes![fails])).await;
    let mut raw = server.raw_open("/fails").await;
    raw.send(Frame::text("go")).await;
    assert_eq!(raw.closed().await.0, Some(1011));
    let record = logs.only(Level::ERROR);
    assert!(record.text.contains("endpoint=\"fails\""), "{record:?}");
    assert!(record.text.contains("a failure of ours"), "{record:?}");
    assert_eq!(logs.loud().len(), 1, "{:#?}", logs.loud());
}

/// Texts that must not be in any record, no matter where they were sent.
const SECRET: &str = "5ecr3t";

#[derive(Debug, Deserialize)]
struct Page {
    #[allow(dead_code, reason = "it is never read: it does not parse")]
    page: u32,
}

#[derive(Debug, Deserialize)]
struct Strict {
    #[allow(dead_code, reason = "it is never read: it does not parse")]
    number: u32,
}

#[websocket("/scalar")]
async fn scalar(
    #[query] q: u32,
    #[query(pattern = "^[a-z]$")] letter: String,
    #[cookie] session: u32,
    #[header] x_token: u32,
    _ws: WebSocket,
) {
    let _ = (q, letter, session, x_token);
}

#[websocket("/page")]
async fn page(page: Query<Page>, _ws: WebSocket) {
    let _ = page;
}

#[websocket("/json")]
async fn json(mut ws: WebSocket) -> Result<(), SocketError> {
    let _: Strict = ws.recv_json().await?;
    Ok(())
}

#[websocket("/text")]
async fn text(mut ws: WebSocket) -> Result<(), SocketError> {
    ws.recv_binary().await.map(drop)
}

#[websocket("/seen/<number>")]
async fn seen(number: u32, _ws: WebSocket) {
    let _ = number;
}

#[tokio::test]
async fn nothing_secret_is_logged_of_a_handshake() {
    let logs = Logs::capture();
    for rejection in [Rejection::Close, Rejection::Http] {
        let app =
            app().routes(routes![scalar, page, seen]).rejection(rejection).hosts(["server.example.com"]);
        let server = Server::start(app).await;
        for target in ["/scalar", "/page", "/echo", "/refused", "/nowhere", "/closes/1006"] {
            for query in [
                format!("q={SECRET}&letter={SECRET}&page={SECRET}"),
                format!("q=%ff{SECRET}&page=%ff{SECRET}"),
            ] {
                let opening = Opening::new(&format!("{target}?{query}"))
                    .header("Cookie", format!("session={SECRET}; other={SECRET}"))
                    .header("X-Token", SECRET)
                    .header("Authorization", SECRET);
                let mut raw = server.raw().await;
                raw.write(opening.bytes()).await;
                raw.response().await;
                raw.finish().await;
                // A request that is refused over HTTP in other ways.
                server.request(&opening.clone().set("Host", "elsewhere")).await;
                server.request(&opening.clone().without("Upgrade")).await;
                server.request(&opening.header("Origin", "http://elsewhere")).await;
            }
        }
        for _ in 0..10 {
            settle().await;
        }
    }
    assert_no_secret(&logs);
}

// The text of an error that becomes 1011 is logged in full, but the client's data is not part of it.
#[tokio::test]
async fn nothing_secret_is_logged_when_a_handler_makes_a_fault_of_it() {
    let logs = Logs::capture();
    let app = app()
        .routes(routes![scalar, page, seen, json])
        .on_error(async |_: ValidationError, _: ErrorContext| Close::internal_error())
        .on_error(async |_: InvalidMessage, _: ErrorContext| Close::internal_error());
    let server = Server::start(app).await;
    for target in [format!("/scalar?q={SECRET}"), format!("/page?page={SECRET}"), format!("/seen/{SECRET}")] {
        let mut raw = server.raw_open(&target).await;
        assert_eq!(raw.closed().await.0, Some(1011));
    }
    let mut raw = server.raw_open("/json").await;
    raw.send(Frame::text(&format!(r#""{SECRET}""#))).await;
    assert_eq!(raw.closed().await.0, Some(1011));
    assert_eq!(logs.at(Level::ERROR).len(), 4);
    assert_no_secret(&logs);
}

#[tokio::test]
async fn nothing_of_a_message_is_logged() {
    let logs = Logs::capture();
    let server = Server::start(app().routes(routes![json, text])).await;
    for (target, frame) in [
        ("/json", Frame::text(&format!(r#"{{"number":"{SECRET}"}}"#))),
        ("/json", Frame::text(&format!(r#"{{"{SECRET}":1}}"#))),
        ("/json", Frame::text(&format!(r#""{SECRET}""#))),
        ("/json", Frame::text(SECRET)),
        ("/json", Frame::new(op::BINARY, SECRET)),
        ("/text", Frame::text(SECRET)),
        ("/echo", Frame::text(SECRET).unmasked()),
        ("/echo", Frame::new(op::TEXT, [SECRET.as_bytes(), &[0xff]].concat())),
    ] {
        let mut raw = server.raw_open(target).await;
        raw.send(frame).await;
        raw.closed().await;
    }
    let mut raw = server.raw_open("/echo").await;
    raw.send(Frame::text(SECRET)).await;
    assert_eq!(raw.text().await, SECRET);
    raw.leave().await;
    for _ in 0..10 {
        settle().await;
    }
    assert_no_secret(&logs);
}

fn assert_no_secret(logs: &Logs) {
    let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
    let records: Vec<_> = levels.into_iter().flat_map(|level| logs.at(level)).collect();
    assert!(!records.is_empty());
    let told: Vec<_> = records
        .iter()
        .filter(|record| record.target.starts_with("ws_runtime") && record.text.contains(SECRET))
        .collect();
    assert!(told.is_empty(), "{told:#?}");
}

/// The metrics of this thread.
struct Metrics {
    snapshotter: Snapshotter,
    totals: BTreeMap<String, f64>,
    histograms: BTreeMap<String, Vec<f64>>,
}

impl Metrics {
    fn of(recorder: &DebuggingRecorder) -> Self {
        Self { snapshotter: recorder.snapshotter(), totals: BTreeMap::new(), histograms: BTreeMap::new() }
    }

    /// Returns the sums so far, by name and labels.
    fn totals(&mut self) -> &BTreeMap<String, f64> {
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let (_, key) = key.into_parts();
            let labels: Vec<_> =
                key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            let name = format!("{}{{{}}}", key.name(), labels.join(","));
            #[allow(clippy::cast_precision_loss, reason = "a test counts to few")]
            match value {
                // A snapshot resets counters and gauges.
                DebugValue::Counter(count) => *self.totals.entry(name).or_default() += count as f64,
                DebugValue::Gauge(value) => *self.totals.entry(name).or_default() += value.into_inner(),
                DebugValue::Histogram(values) => {
                    self.histograms.entry(name).or_default().extend(values.iter().map(|value| **value));
                }
            }
        }
        &self.totals
    }

    #[track_caller]
    fn assert(&mut self, expected: &[(&str, f64)]) {
        let totals: Vec<_> = self.totals().iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let mut expected = expected.to_vec();
        expected.sort_by_key(|(name, _)| *name);
        assert_eq!(totals, expected);
    }
}

#[tokio::test]
async fn connections_messages_and_bytes_are_counted() {
    let recorder = DebuggingRecorder::new();
    let mut metrics = Metrics::of(&recorder);
    let _guard = metrics::set_default_local_recorder(&recorder);
    let service = app().into_service();

    let mut memory = Memory::enter(&service, "/echo").await;
    for frame in [Frame::text("12345"), Frame::new(op::BINARY, [0; 10]), Frame::new(op::PING, "not one")] {
        memory.raw.send(frame).await;
        memory.raw.frame().await;
    }
    metrics.assert(&[
        ("ws_connections_accepted_total{endpoint=/echo}", 1.0),
        ("ws_connections_open{endpoint=/echo}", 1.0),
        ("ws_queued_bytes{endpoint=/echo}", 0.0),
        ("ws_messages_received_total{endpoint=/echo}", 2.0),
        ("ws_messages_sent_total{endpoint=/echo}", 2.0),
        ("ws_received_bytes_total{endpoint=/echo}", 15.0),
        ("ws_sent_bytes_total{endpoint=/echo}", 15.0),
    ]);

    memory.raw.leave().await;
    drop(memory);
    let mut memory = Memory::enter(&service, "/closes/4001").await;
    memory.raw.closed().await;
    drop(memory);
    drop(Memory::enter(&service, "/echo").await);
    settle().await;
    metrics.assert(&[
        ("ws_connections_accepted_total{endpoint=/closes/<code>}", 1.0),
        ("ws_connections_accepted_total{endpoint=/echo}", 2.0),
        ("ws_connections_open{endpoint=/closes/<code>}", 0.0),
        ("ws_connections_open{endpoint=/echo}", 0.0),
        ("ws_connections_closed_total{code=1000,by=peer,endpoint=/echo}", 1.0),
        ("ws_connections_closed_total{code=4001,by=local,endpoint=/closes/<code>}", 1.0),
        ("ws_connections_closed_total{code=none,by=lost,endpoint=/echo}", 1.0),
        ("ws_queued_bytes{endpoint=/closes/<code>}", 0.0),
        ("ws_queued_bytes{endpoint=/echo}", 0.0),
        ("ws_messages_received_total{endpoint=/echo}", 2.0),
        ("ws_messages_sent_total{endpoint=/echo}", 2.0),
        ("ws_received_bytes_total{endpoint=/echo}", 15.0),
        ("ws_sent_bytes_total{endpoint=/echo}", 15.0),
    ]);
}

#[tokio::test]
async fn refused_handshakes_are_counted_by_cause() {
    let recorder = DebuggingRecorder::new();
    let mut metrics = Metrics::of(&recorder);
    let _guard = metrics::set_default_local_recorder(&recorder);

    let service = app().rejection(Rejection::Http).max_connections(1).into_service();
    let _open = Memory::enter(&service, "/echo").await;
    for (target, status) in [("/echo", 503), ("/nowhere", 404)] {
        let mut memory = Memory::join(&service, 1024);
        assert_eq!(memory.raw.request(&Opening::new(target)).await.status, status);
    }
    let mut memory = Memory::join(&service, 1024);
    let opening = Opening::new("/echo").set("Sec-WebSocket-Version", "12");
    assert_eq!(memory.raw.request(&opening).await.status, 426);

    let other = app().rejection(Rejection::Http).into_service();
    let mut memory = Memory::join(&other, 1024);
    assert_eq!(memory.raw.request(&Opening::new("/refused")).await.status, 403);
    metrics.assert(&[
        ("ws_connections_accepted_total{endpoint=/echo}", 1.0),
        ("ws_connections_open{endpoint=/echo}", 1.0),
        ("ws_connections_rejected_total{cause=503,endpoint=/echo}", 1.0),
        ("ws_connections_rejected_total{cause=404,endpoint=none}", 1.0),
        ("ws_connections_rejected_total{cause=426,endpoint=/echo}", 1.0),
        ("ws_connections_rejected_total{cause=close_1008,endpoint=/refused}", 1.0),
    ]);
}

// A peer may send any of 65,536 codes, so these must not become labels.
#[tokio::test]
async fn a_code_of_the_peers_is_counted_by_what_kind_it_is() {
    let recorder = DebuggingRecorder::new();
    let mut metrics = Metrics::of(&recorder);
    let _guard = metrics::set_default_local_recorder(&recorder);
    let service = app().into_service();
    for code in (1000..5000).step_by(7).chain([1000, 1001, 1014, 3000, 3003, 3008]) {
        let mut memory = Memory::enter(&service, "/echo").await;
        memory.raw.send(Frame::close(code, "")).await;
        memory.raw.frame().await;
        drop(memory);
        settle().await;
    }
    let closed: Vec<_> = metrics
        .totals()
        .keys()
        .filter_map(|name| name.strip_prefix("ws_connections_closed_total{code="))
        .map(str::to_owned)
        .collect();
    let known = ["1000", "1001", "1014", "3000", "3003", "3008", "3xxx", "4xxx"]
        .map(|code| format!("{code},by=peer,endpoint=/echo}}"));
    for known in &known {
        assert!(closed.contains(known), "{known} in {closed:?}");
    }
    assert!(closed.len() < 30, "{closed:?}");
    let mut memory = Memory::enter(&service, "/closes/4567").await;
    memory.raw.closed().await;
    drop(memory);
    settle().await;
    assert!(
        metrics
            .totals()
            .contains_key("ws_connections_closed_total{code=4567,by=local,endpoint=/closes/<code>}")
    );
}

#[tokio::test]
async fn every_refused_request_is_one_event_at_debug_with_its_cause() {
    let logs = Logs::capture();
    let server = Server::start(app().max_head_size(8 * 1024)).await;
    let echo = || Opening::new("/echo");
    for (opening, status, cause) in [
        (Opening::new("/nowhere/5"), 404, "not found"),
        (echo().method("POST"), 405, "only GET"),
        (echo().without("upgrade"), 426, "upgrade to `websocket`"),
        (echo().set("sec-websocket-version", "12"), 426, "version must be 13"),
        (echo().set("sec-websocket-key", "x"), 400, "Sec-WebSocket-Key"),
        (echo().without("connection"), 400, "`Connection`"),
        (echo().set("host", "a:b"), 400, "host must be"),
        (echo().without("host"), 400, "`Host`"),
        (echo().header("origin", "http://b.example"), 403, "origin"),
        (echo().header("x", "y".repeat(20_000)), 431, "too large"),
        (echo().header("a b", "c"), 400, "invalid"),
    ] {
        let before = logs.at(Level::DEBUG).len();
        let mut raw = server.raw().await;
        assert_eq!(raw.request(&opening).await.status, status, "{cause}");
        raw.finish().await;
        raw.rest().await;
        settle().await;
        let events = logs.at(Level::DEBUG).split_off(before);
        let ours: Vec<_> = events.iter().filter(|event| event.target.starts_with("ws_runtime")).collect();
        assert_eq!(ours.len(), 1, "{cause}: {ours:#?}");
        assert!(ours[0].text.contains(cause), "{cause}: {ours:#?}");
    }
}

#[tokio::test]
async fn a_connection_without_a_subprotocol_though_some_were_offered_says_so() {
    #[websocket("/chat", subprotocols = ["chat"])]
    async fn chat(_ws: WebSocket) {}

    let logs = Logs::capture();
    let service = app().routes(routes![chat]).into_service();
    let open = async |target: &str, offer: Option<&str>| {
        let before = logs.at(Level::DEBUG).len();
        let mut opening = Opening::new(target);
        if let Some(offer) = offer {
            opening = opening.header("sec-websocket-protocol", offer);
        }
        Memory::join(&service, 1024).raw.open(&opening).await;
        settle().await;
        let events = logs.at(Level::DEBUG).split_off(before).into_iter();
        events.map(|event| event.text).filter(|text| text.contains("none agreed")).collect::<Vec<_>>()
    };
    let expected = r#"subprotocols offered, none agreed offered="a, b" spoken=["chat"]"#;
    assert_eq!(open("/chat", Some("a, b")).await, [expected]);
    assert_eq!(open("/echo", Some("a")).await.len(), 1);
    assert_eq!(open("/chat", Some("a, chat")).await, [""; 0]);
    assert_eq!(open("/chat", None).await, [""; 0]);
}

#[tokio::test]
async fn a_refusal_by_a_close_frame_is_no_accepted_connection() {
    let recorder = DebuggingRecorder::new();
    let mut metrics = Metrics::of(&recorder);
    let _guard = metrics::set_default_local_recorder(&recorder);
    let mut memory = Memory::open(app(), "/refused").await;
    assert_eq!(memory.raw.closed().await.0, Some(1008));
    drop(memory);
    settle().await;
    let totals = metrics.totals();
    assert_eq!(totals.get("ws_connections_rejected_total{cause=close_1008,endpoint=/refused}"), Some(&1.0));
    assert_eq!(totals.get("ws_connections_accepted_total{endpoint=/refused}"), None);
    assert_eq!(totals.get("ws_connections_open{endpoint=/refused}"), None);
}
