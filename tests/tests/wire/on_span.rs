//! `App::on_span`: what an app does with the span of a connection before anything happens in it.

use std::sync::{Arc, Mutex};

use tracing::{
    Event, Id, Level, Subscriber, level_filters::LevelFilter, span::Attributes, subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _, registry, registry::LookupSpan};
use ws_runtime::{App, Close, CloseCode, Handshake, Rejection, Result, Router, WebSocket, routes, websocket};
use ws_tests::{Logs, Memory, Opening, Server, op, within};

async fn check(handshake: &Handshake) -> Result<(), Close> {
    tracing::debug!("the guard");
    match handshake.query("refuse") {
        Some(_) => Err(Close::new(CloseCode::POLICY_VIOLATION, "no")),
        None => Ok(()),
    }
}

#[websocket("/greet/<name>", before_accept = [check])]
async fn greet(name: String, mut ws: WebSocket) -> Result {
    ws.send_text(format!("hello {name}")).await?;
    Ok(())
}

fn app() -> App {
    App::new()
        .routes(routes![greet])
        .nest("/http", Router::new().rejection(Rejection::Http).routes(routes![greet]))
        .ping_interval(None)
}

/// What happens to the spans of connections, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// Captures what a subscriber of this level sees on this thread.
    fn capture(level: LevelFilter) -> (Self, DefaultGuard) {
        // This keeps the log tests beside this one from turning callsites off.
        drop(Logs::capture());
        let seen = Self::default();
        let guard = tracing::subscriber::set_default(registry().with(level).with(seen.clone()));
        (seen, guard)
    }

    fn note(&self, what: impl Into<String>) {
        self.0.lock().expect("nobody panics with the lock").push(what.into());
    }

    /// Waits for the end of a connection, and returns what happened until then.
    async fn take_all(&self) -> Vec<String> {
        let over = async {
            while self.0.lock().expect("nobody panics with the lock").last().is_none_or(|last| last != "over")
            {
                tokio::task::yield_now().await;
            }
        };
        within("the end of a connection", over).await;
        self.take()
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics with the lock"))
    }
}

fn is_connection<S: Subscriber + for<'a> LookupSpan<'a>>(id: &Id, cx: &Context<'_, S>) -> bool {
    cx.span(id).is_some_and(|span| span.name() == "websocket")
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if attributes.metadata().name() == "websocket" {
            self.note("made");
        }
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        if is_connection(id, &cx) {
            self.note("entered");
        }
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        if is_connection(&id, &cx) {
            self.note("over");
        }
    }

    fn on_follows_from(&self, id: &Id, _: &Id, cx: Context<'_, S>) {
        if is_connection(id, &cx) {
            self.note("given a cause");
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        if event.metadata().target() == module_path!() {
            let span = cx.event_span(event).map_or("nothing", |span| span.name());
            self.note(format!("an event in {span}"));
        }
    }
}

#[tokio::test]
async fn the_span_can_be_given_a_cause_before_it_is_entered_and_before_guards_run() {
    let (seen, _guard) = Seen::capture(LevelFilter::DEBUG);
    let told = seen.clone();
    let app = app().on_span(move |span, handshake| {
        told.note(format!("{} {}", handshake.raw_path(), handshake.header("traceparent").unwrap_or("-")));
        span.follows_from(tracing::info_span!("the client's").id());
    });
    let server = Server::start(app).await;
    for target in ["/greet/ann", "/greet/ann?refuse", "/http/greet/ann", "/http/greet/ann?refuse"] {
        let opening = Opening::new(target).header("traceparent", "00-1-2-01");
        let mut raw = server.raw().await;
        let response = raw.request(&opening).await;
        if response.status == 101 {
            while raw.frame().await.is_some_and(|frame| frame.opcode != op::CLOSE) {}
        }
        drop(raw);
        let seen = seen.take_all().await;
        let path = target.trim_end_matches("?refuse");
        let begin =
            ["made", &format!("{path} 00-1-2-01"), "given a cause", "entered", "an event in websocket"];
        assert_eq!(seen[..begin.len()], begin, "{target}");
        // It is called once for a connection.
        assert_eq!(seen.iter().filter(|line| line.starts_with('/')).count(), 1, "{seen:?}");
    }
    // What leads to no endpoint has no span.
    assert_eq!(server.raw().await.request(&Opening::new("/nowhere")).await.status, 404);
    assert_eq!(seen.take(), [""; 0]);
}

#[tokio::test]
async fn a_span_that_nobody_asks_for_is_not_shown() {
    let (seen, _guard) = Seen::capture(LevelFilter::WARN);
    let told = seen.clone();
    let app = app().on_span(move |_, _| told.note("called"));
    let mut memory = Memory::open(app, "/greet/ann").await;
    assert_eq!(memory.raw.text().await, "hello ann");
    assert_eq!(seen.take(), [""; 0]);
}

#[tokio::test]
async fn a_panic_is_logged_and_the_handshake_goes_on() {
    let logs = Logs::capture();
    let app = app().on_span(|_, _| panic!("no parent"));
    let mut memory = Memory::open(app, "/greet/ann").await;
    assert_eq!(memory.raw.text().await, "hello ann");
    assert_eq!(memory.raw.closed().await.0, Some(1000));
    let text = logs.only(Level::ERROR).text;
    assert!(text.contains("the function of `on_span` panicked") && text.contains("no parent"), "{text}");
}

#[tokio::test]
async fn the_last_function_counts() {
    let (seen, _guard) = Seen::capture(LevelFilter::INFO);
    let (first, second) = (seen.clone(), seen.clone());
    let app = app().on_span(move |_, _| first.note("first")).on_span(move |_, _| second.note("second"));
    let mut memory = Memory::open(app, "/greet/ann").await;
    assert_eq!(memory.raw.text().await, "hello ann");
    let called: Vec<_> = seen.take().into_iter().filter(|line| line == "first" || line == "second").collect();
    assert_eq!(called, ["second"]);
}
