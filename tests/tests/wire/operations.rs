//! What dashboards and the access log are made of: durations, queued bytes, throttled events, and descriptions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use serde_json::Value;
use tokio::time::{advance, sleep};
use tracing::Level;
use ws_runtime::{
    App, Close, CloseCode, Member, RateLimit, Result, Rooms, SocketError, State, WebSocket,
    rooms::SlowMember, routes, websocket,
};
use ws_tests::{Frame, Logs, Memory, Opening, Record, Server, settle, within};

const SECOND: Duration = Duration::from_secs(1);

#[websocket("/echo/<name>")]
async fn echo(name: String, mut ws: WebSocket) -> Result<(), SocketError> {
    drop(name);
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/limited", rate_limit = RateLimit::new(NonZeroU32::MIN, Duration::from_hours(1)))]
async fn limited(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        match ws.recv().await {
            Err(SocketError::RateLimited(_)) => {}
            received => drop(received?),
        }
    }
}

#[websocket("/member")]
async fn member(rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let _member: Member = rooms.room("lobby").join("bob", ws.sender()).await?;
    loop {
        ws.recv().await?;
    }
}

async fn refuses(_: &ws_runtime::Handshake) -> Result<(), Close> {
    Err(Close::new(CloseCode::POLICY_VIOLATION, "no"))
}

#[websocket("/refused", before_accept = [refuses])]
async fn refused(_ws: WebSocket) {}

fn app() -> App {
    App::new().routes(routes![echo, limited, refused]).ping_interval(None)
}

fn access(logs: &Logs) -> Vec<Record> {
    logs.at(Level::INFO).into_iter().filter(|record| record.target == "ws_runtime::access").collect()
}

#[tokio::test]
async fn every_connection_is_one_line_in_the_access_log_with_all_that_is_to_be_known() {
    let logs = Logs::capture();
    let server = Server::start(app()).await;
    server.raw_open("/echo/5ecr3t?q=5ecr3t").await.leave().await;
    server.raw_open("/echo/5ecr3t").await.reset();
    let mut raw = server.raw_open("/refused").await;
    raw.closed().await;
    drop(raw);
    let logged = async {
        while access(&logs).len() < 3 {
            tokio::task::yield_now().await;
        }
    };
    within("the lines", logged).await;
    let lines: Vec<String> = access(&logs).into_iter().map(|record| record.text).collect();
    assert_eq!(lines.len(), 3);
    for parts in [
        ["endpoint=\"echo\"", "path=\"/echo/<name>\"", "code=1000", "closed_by=\"peer\""],
        ["endpoint=\"echo\"", "path=\"/echo/<name>\"", "peer=127.0.0.1:", "closed_by=\"lost\""],
        ["endpoint=\"refused\"", "path=\"/refused\"", "code=1008", "closed_by=\"local\""],
    ] {
        let common = ["connection closed", "duration=", "peer=127.0.0.1:"];
        let is_meant = |line: &&String| parts.into_iter().chain(common).all(|part| line.contains(part));
        assert_eq!(lines.iter().filter(is_meant).count(), 1, "{parts:?} in {lines:#?}");
    }
    assert!(!lines.iter().any(|line| line.contains("5ecr3t")), "{lines:#?}");
}

/// The metrics of this thread, by name and labels: sums, and the values of histograms.
struct Metrics {
    snapshotter: Snapshotter,
    sums: BTreeMap<String, f64>,
    values: BTreeMap<String, Vec<f64>>,
}

impl Metrics {
    fn of(recorder: &DebuggingRecorder) -> Self {
        Self { snapshotter: recorder.snapshotter(), sums: BTreeMap::new(), values: BTreeMap::new() }
    }

    fn read(&mut self) {
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let (_, key) = key.into_parts();
            let labels: Vec<_> =
                key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            let name = format!("{}{{{}}}", key.name(), labels.join(","));
            #[allow(clippy::cast_precision_loss, reason = "a test counts to few")]
            match value {
                DebugValue::Counter(count) => *self.sums.entry(name).or_default() += count as f64,
                DebugValue::Gauge(value) => *self.sums.entry(name).or_default() += value.into_inner(),
                DebugValue::Histogram(values) => {
                    self.values.entry(name).or_default().extend(values.iter().map(|value| **value));
                }
            }
        }
    }

    fn sum(&mut self, name: &str) -> f64 {
        self.read();
        self.sums.get(name).copied().unwrap_or_default()
    }

    fn values(&mut self, name: &str) -> Vec<f64> {
        self.read();
        self.values.get(name).cloned().unwrap_or_default()
    }
}

#[tokio::test(start_paused = true)]
async fn durations_are_histograms_by_endpoint_and_close() {
    let recorder = DebuggingRecorder::new();
    let mut metrics = Metrics::of(&recorder);
    let _guard = metrics::set_default_local_recorder(&recorder);
    let service = app().into_service();
    let mut memory = Memory::enter(&service, "/echo/a").await;
    sleep(90 * SECOND).await;
    memory.raw.leave().await;
    drop(memory);
    let mut memory = Memory::enter(&service, "/refused").await;
    memory.raw.closed().await;
    drop(memory);
    settle().await;
    let lasted = metrics.values("ws_connection_duration_seconds{code=1000,by=peer,endpoint=/echo/<name>}");
    assert!(lasted.len() == 1 && (90.0..91.0).contains(&lasted[0]), "{lasted:?}");
    let refused = metrics.values("ws_connection_duration_seconds{code=1008,by=local,endpoint=/refused}");
    assert_eq!(refused.len(), 1);
    for (labels, count) in
        [("outcome=accepted,endpoint=/echo/<name>", 1), ("outcome=rejected,endpoint=/refused", 1)]
    {
        let took = metrics.values(&format!("ws_handshake_duration_seconds{{{labels}}}"));
        assert!(
            took.len() == count && took.iter().all(|took| (0.0..10.0).contains(took)),
            "{labels} {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn queued_bytes_are_what_the_client_has_not_taken() {
    #[websocket("/flood")]
    async fn flood(mut ws: WebSocket) -> Result<(), SocketError> {
        for _ in 0..10 {
            ws.send_binary([0; 1000]).await?;
        }
        ws.recv().await.map(drop)
    }

    let recorder = DebuggingRecorder::new();
    let mut metrics = Metrics::of(&recorder);
    let _guard = metrics::set_default_local_recorder(&recorder);
    let service = App::new().routes(routes![flood]).ping_interval(None).into_service();
    let queued = "ws_queued_bytes{endpoint=/flood}";
    let mut reads = Memory::join(&service, 512).opened("/flood").await;
    let gone = Memory::join(&service, 512).opened("/flood").await;
    settle().await;
    let waiting = metrics.sum(queued);
    assert!(waiting > 2.0 * 9000.0 && waiting <= 2.0 * 10_040.0, "{waiting}");
    for _ in 0..10 {
        reads.raw.frame().await;
    }
    settle().await;
    let waiting = metrics.sum(queued);
    assert!(waiting > 9000.0 && waiting <= 10_040.0, "{waiting}");
    drop((reads, gone));
    service.shut_down().await;
    assert!(metrics.sum(queued).abs() < 0.5, "{}", metrics.sum(queued));
}

#[tokio::test(start_paused = true)]
async fn messages_beyond_the_rate_are_counted_and_told_once_in_a_while() {
    let recorder = DebuggingRecorder::new();
    let mut metrics = Metrics::of(&recorder);
    let _guard = metrics::set_default_local_recorder(&recorder);
    let logs = Logs::capture();
    let service = app().into_service();
    let mut memory = Memory::enter(&service, "/limited").await;
    let told =
        || logs.at(Level::INFO).into_iter().filter(|record| record.text.contains("rate_limit")).count();
    for _ in 0..10 {
        memory.raw.send(Frame::text("more")).await;
    }
    settle().await;
    assert!((metrics.sum("ws_rate_limited_total{endpoint=/limited}") - 9.0).abs() < 0.5);
    assert_eq!(told(), 1);
    advance(61 * SECOND).await;
    memory.raw.send(Frame::text("more")).await;
    settle().await;
    assert_eq!(told(), 2);
    let last = logs.at(Level::INFO).into_iter().rfind(|record| record.text.contains("rate_limit"));
    let last = last.expect("it is told").text;
    assert!(last.contains("held_back=8") && last.contains("endpoint=\"/limited\""), "{last}");
}

#[tokio::test(start_paused = true)]
async fn slow_members_are_counted_and_told_once_in_a_while() {
    for (slow, action) in [(SlowMember::default(), "close"), (SlowMember::Drop, "drop")] {
        let recorder = DebuggingRecorder::new();
        let mut metrics = Metrics::of(&recorder);
        let _guard = metrics::set_default_local_recorder(&recorder);
        let logs = Logs::capture();
        let rooms: Rooms = Rooms::new().slow_member(slow).slow_after(Duration::ZERO);
        let app =
            App::new().routes(routes![member]).state(rooms.clone()).send_buffer(1000).ping_interval(None);
        let service = app.into_service();
        let _slow = Memory::join(&service, 256).opened("/member").await;
        settle().await;
        for _ in 0..20 {
            rooms.room("lobby").broadcast(&"x".repeat(500).as_str().into()).expect("it is text");
            settle().await;
        }
        let count = metrics.sum(&format!("ws_slow_members_total{{action={action},endpoint=/member}}"));
        assert!(if action == "close" { (count - 1.0).abs() < 0.5 } else { count > 10.0 }, "{action} {count}");
        let told: Vec<_> =
            logs.at(Level::INFO).into_iter().filter(|record| record.text.contains("too slowly")).collect();
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

/// Collects what is described.
#[derive(Default, Clone)]
struct Described(Arc<Mutex<BTreeSet<String>>>);

impl Described {
    fn note(&self, key: &KeyName, description: &str) {
        assert!(!description.is_empty());
        self.0.lock().expect("nobody panics with the lock").insert(key.as_str().to_owned());
    }
}

impl Recorder for Described {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.note(&key, &description);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.note(&key, &description);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.note(&key, &description);
    }

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Returns the names of metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|character: char| !character.is_ascii_lowercase() && character != '_')
        .filter(|word| word.starts_with("ws_") && !["ws_runtime", "ws_tests"].contains(word))
        .map(|word| {
            let suffixes = ["_bucket", "_sum", "_count"];
            let suffix = suffixes.into_iter().find(|suffix| word.ends_with(suffix));
            word.strip_suffix(suffix.unwrap_or_default()).unwrap_or(word).to_owned()
        })
        .collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).expect("the file is there")
}

/// The names of all metrics, as the app describes them to a recorder.
fn described() -> BTreeSet<String> {
    let described = Described::default();
    let _guard = metrics::set_default_local_recorder(&described);
    drop(app().into_service());
    let names = described.0.lock().expect("nobody panics with the lock").clone();
    assert!(names.len() > 10, "{names:?}");
    names
}

#[test]
fn the_documentation_lists_every_metric_that_is_described() {
    let documentation = read("ws-runtime/src/lib.rs");
    let table: String = documentation.lines().filter(|line| line.starts_with("//! | `ws_")).collect();
    assert_eq!(names(&table), described());
}

#[test]
fn every_metric_that_is_recorded_is_described() {
    let sources = ["mod.rs", "endpoint.rs"].map(|file| read(&format!("ws-runtime/src/observe/{file}")));
    let quoted: String =
        sources.iter().flat_map(|text| text.split('"').skip(1).step_by(2)).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&quoted), described());
}

#[test]
fn the_dashboard_asks_for_every_metric_and_for_no_other() {
    let dashboard: Value = serde_json::from_str(&read("examples/grafana.json")).expect("it is JSON");
    let panels = dashboard["panels"].as_array().expect("it has panels");
    let mut asked = BTreeSet::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        for target in panel["targets"].as_array().expect("a panel asks for something") {
            asked.extend(names(target["expr"].as_str().expect("a query")));
        }
        assert!(panel["title"].is_string() && panel["gridPos"].is_object(), "{panel}");
    }
    assert_eq!(asked, described());
}

#[tokio::test]
async fn a_refusal_over_http_is_no_line_in_the_access_log() {
    let logs = Logs::capture();
    let server = Server::start(app()).await;
    assert_eq!(server.request(&Opening::new("/nowhere")).await.status, 404);
    settle().await;
    assert!(access(&logs).is_empty());
}
