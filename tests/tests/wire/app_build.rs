//! Mistakes in an app are reported all at once, before anything is served, with file and line.

use std::sync::Arc;

use ws_runtime::{
    App, Close, Error, ErrorContext, FromHandshake, Handshake, Requirements, Router, ServeError, SocketError,
    State, WebSocket, close_code, routes, websocket,
};
use ws_tests::Server;

#[derive(Debug, Clone)]
struct Database;

#[derive(Debug, Clone)]
struct Cache;

const ITEM: u32 = line!() + 1;
#[websocket("/items/<id>")]
async fn item(id: u32, _db: State<Database>, _ws: WebSocket) {
    let _ = id;
}

const OTHER: u32 = line!() + 1;
#[websocket("/items/<name>")]
async fn other(name: String, _ws: WebSocket) {
    drop(name);
}

const FINE: u32 = line!() + 1;
#[websocket("/fine")]
async fn fine(_cache: State<Cache>, _ws: WebSocket) {}

#[websocket("/plain")]
async fn plain(_ws: WebSocket) {}

/// A user's type that requires state.
struct Connection(#[allow(dead_code, reason = "only required")] Arc<Database>);

impl FromHandshake for Connection {
    type Error = Close;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, Close> {
        let database = handshake.state::<Arc<Database>>().ok_or_else(Close::internal_error)?;
        Ok(Self(Arc::clone(database)))
    }

    fn requires(requirements: &mut Requirements) {
        requirements.state::<Arc<Database>>();
    }
}

#[websocket("/connected")]
async fn connected(_connection: Connection, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text("connected").await
}

/// Returns the mistakes that `build` finds.
fn mistakes(app: App) -> Vec<String> {
    let error = app.build().expect_err("there are mistakes in the app");
    let text = error.to_string();
    let mistakes: Vec<String> = error.mistakes().collect();
    for mistake in &mistakes {
        assert!(text.contains(mistake), "{mistake} in {text}");
    }
    mistakes
}

/// Checks that there is only one mistake, whose message contains all of these texts.
fn only(app: App, parts: &[&str]) {
    let found = mistakes(app);
    assert_eq!(found.len(), 1, "{found:#?}");
    for part in parts {
        assert!(found[0].contains(part), "{part} in {}", found[0]);
    }
}

/// Returns `file:line` of an endpoint.
fn at(line: u32) -> String {
    format!("{}:{line}", file!())
}

/// Returns `true` if the line, or the line of the function below it, is named.
fn names(text: &str, line: u32) -> bool {
    text.contains(&at(line)) || text.contains(&at(line + 1))
}

#[test]
fn an_app_without_mistakes_builds() {
    assert!(App::new().build().is_ok());
    let app = App::new().routes(routes![item, fine, plain]).state(Database).state(Cache);
    assert!(app.build().is_ok());
    assert!(App::new().routes(routes![other]).routes(routes![plain]).build().is_ok());
}

#[test]
fn overlapping_routes_name_both_endpoints() {
    let found = mistakes(App::new().routes(routes![item, other]).state(Database));
    assert_eq!(found.len(), 1, "{found:#?}");
    let text = &found[0];
    assert!(text.contains("`item`") && text.contains("`other`"), "{text}");
    assert!(names(text, ITEM) && names(text, OTHER), "{text}");

    let twice = App::new().routes(routes![plain]).routes(routes![plain]);
    only(twice, &["`plain`", "/plain"]);
    let nested = App::new()
        .nest("/a", Router::new().nest("/b", Router::new().routes(routes![plain])))
        .nest("/a/b", Router::new().routes(routes![plain]));
    only(nested, &["/a/b/plain"]);
}

#[test]
fn missing_state_names_the_type_and_the_endpoint() {
    let found = mistakes(App::new().routes(routes![item]));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("app_build::Database") && names(&found[0], ITEM), "{found:#?}");
    only(App::new().nest("/in", Router::new().routes(routes![fine])), &["Cache", "/in/fine"]);
    only(App::new().routes(routes![connected]), &["Arc<", "Database", "`connected`"]);
    only(App::new().routes(routes![connected]).state(Database), &["Arc<"]);
}

#[tokio::test]
async fn required_state_is_there_when_the_app_builds() {
    let app = App::new().routes(routes![connected]).state(Arc::new(Database));
    let server = Server::start(app).await;
    assert_eq!(server.at("/connected").end().await.messages, ["connected"]);
}

#[test]
fn two_states_of_one_type_name_the_second() {
    let app = App::new().state(Cache);
    let line = line!() + 1;
    only(app.state(Cache), &["Cache", &at(line)]);
}

async fn handler(_: SocketError, _: ErrorContext) -> Close {
    close_code!(4000).into()
}

async fn catch_all(_: Error, _: ErrorContext) -> Close {
    close_code!(4000).into()
}

#[test]
fn two_handlers_for_one_type_in_one_scope_name_both_places() {
    let first = line!() + 1;
    let app = App::new().on_error(handler);
    let second = line!() + 1;
    let app = app.on_error(handler);
    only(app, &["SocketError", &at(first), &at(second)]);
    only(App::new().on_error(catch_all).on_error(catch_all), &["Error"]);

    // A router's handler does not clash with the app's.
    let router = Router::new().on_error(handler).on_error(catch_all);
    assert!(App::new().on_error(handler).on_error(catch_all).nest("/in", router).build().is_ok());
    let router = Router::new().on_error(handler).on_error(handler);
    only(App::new().nest("/in", router), &["SocketError"]);
}

#[test]
fn a_prefix_that_is_not_a_path_is_named() {
    for prefix in
        ["/{room}", "/<1>", "/v<room>", "/rooms/<room..>", "rooms", "/rooms/", "", "/", "//", "/a?b", "/a//b"]
    {
        let line = line!() + 1;
        let app = App::new().nest(prefix, Router::new());
        only(app, &[&format!("`{prefix}`"), &at(line)]);
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    let router = Router::new().on_error(handler).on_error(handler).routes(routes![fine]);
    let app = App::new()
        .routes(routes![item, other])
        .nest("/<x..>", router)
        .on_error(catch_all)
        .on_error(catch_all);
    let error = app.build().expect_err("there are mistakes in the app").to_string();
    let found: Vec<&str> = error.lines().skip(1).collect();
    // State for `item` and `fine`, the overlap, the prefix, and a handler that is there twice.
    assert_eq!(found.len(), 6, "{error}");
    for part in ["Database", "Cache", "`other`", "`/<x..>`", "SocketError"] {
        assert!(found.iter().any(|line| line.contains(part)), "{part} in {error}");
    }
    assert!(names(&error, ITEM) && names(&error, OTHER) && names(&error, FINE), "{error}");
}

#[test]
#[should_panic(expected = "Database")]
fn into_service_panics_with_the_report() {
    let _service = App::new().routes(routes![item]).into_service();
}

#[tokio::test]
async fn serving_a_faulty_app_reports_it_and_binds_nothing() {
    let error = App::new().routes(routes![item]).serve(Server::listen().await).await;
    assert!(
        matches!(&error, Err(ServeError::Build(error)) if error.to_string().contains("Database")),
        "{error:?}"
    );
    // The app is checked before the address, which could not even be resolved here.
    let error = App::new().routes(routes![item]).run("nowhere.invalid:0").await;
    assert!(matches!(error, Err(ServeError::Build(_))), "{error:?}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let listener = Server::listen().await;
    let taken = listener.local_addr().expect("a listener has an address");
    let error = App::new().routes(routes![plain]).run(taken).await;
    assert!(matches!(&error, Err(ServeError::Io(error)) if error.kind() == std::io::ErrorKind::AddrInUse));
}

#[test]
fn what_can_never_be_an_origin_or_a_host_does_not_build_and_the_report_says_what_to_write() {
    for (origin, help) in [
        ("", "write `scheme://host` or `scheme://host:port`"),
        ("*", "write `Origins::any()`"),
        ("example.com", "write `https://example.com`"),
        ("*.example.com", "write `https://*.example.com`"),
        ("https://", "write a host such as"),
        ("https://*", "`*` stands for subdomains"),
        ("https://a.*.example", "`*` stands for subdomains"),
        ("https://*.*.example", "`*` stands for subdomains"),
        ("http*://example.com", "write `scheme://host`"),
        ("https://example.com/", "write `https://example.com`, without a path"),
        ("https://example.com?x", "write `https://example.com`, without a path"),
        ("wss://example.com", "write `https://example.com`"),
        ("https://example.com:99999", "write a port from 0 to 65535"),
        ("https://example.com:http", "write a port from 0 to 65535"),
        ("https://example.com:-1", "write a port from 0 to 65535"),
        ("https://user@example.com", "write a host such as"),
        ("https://a b", "write a host such as"),
        ("https://[::1", "write a host"),
        ("https://[1:2:3:4:5:6:7:8:9]", "write a host such as"),
        ("https://bücher.example", "xn--"),
        (" https://example.com", "write `scheme://host`"),
    ] {
        let found = mistakes(App::new().routes(routes![plain]).origins([origin]));
        assert!(
            found.len() == 1 && found[0].contains(&format!("`{origin}` in `origins`")),
            "{origin}: {found:?}"
        );
        assert!(found[0].contains(help), "{origin}: {found:?}");
    }
    for (host, help) in [
        ("", "write a host such as"),
        ("*", "leave `hosts` out to allow every host"),
        ("*:8000", "`*` stands for subdomains"),
        ("https://a", "write `a`"),
        ("https://a.example:8000/x", "write `a.example:8000`"),
        ("example.com/", "write `example.com`"),
        ("example.com:99999", "write a port from 0 to 65535"),
        ("user@example.com", "write a host such as"),
        ("[localhost]", "write a host such as"),
        ("bücher.example", "xn--"),
    ] {
        let found = mistakes(App::new().routes(routes![plain]).hosts([host]));
        assert!(found.len() == 1 && found[0].contains(&format!("`{host}` in `hosts`")), "{host}: {found:?}");
        assert!(found[0].contains(help), "{host}: {found:?}");
    }
}

// It would refuse every request. A list from a configuration may be empty by mistake.
#[test]
fn an_empty_list_of_hosts_does_not_build() {
    let found = mistakes(App::new().routes(routes![plain]).hosts(Vec::<String>::new()));
    assert!(found[0].contains("leave it out to allow every host"), "{found:?}");
}

#[test]
fn a_subprotocol_that_nobody_can_offer_does_not_build() {
    for subprotocol in ["", "a b", "a,b", "ché", "a\r\nx: y"] {
        let found = mistakes(App::new().routes(routes![plain]).subprotocols([subprotocol]));
        assert!(
            found.len() == 1 && found[0].contains("in `subprotocols` is no token"),
            "{subprotocol:?}: {found:?}"
        );
    }
}

#[tokio::test]
async fn what_main_prints_of_an_error_is_its_text() {
    let error = App::new().routes(routes![item]).serve(Server::listen().await).await.expect_err("no state");
    assert_eq!(format!("{error:?}"), error.to_string());
    assert!(error.to_string().starts_with("the app has 1 mistake:\n  - `item` (/items/<id>) at "), "{error}");
    let error = App::new().routes(routes![item]).build().expect_err("no state");
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[tokio::test]
async fn an_address_that_cannot_be_listened_on_is_named() {
    let listener = Server::listen().await;
    let taken = listener.local_addr().expect("a listener has an address");
    let error = App::new().run(taken).await.expect_err("it is taken");
    assert!(format!("{error:?}").contains(&format!("cannot listen on {taken}: ")), "{error:?}");
    assert!(error.to_string().contains("another process listens there"), "{error}");
    let error = App::new().run("8000").await.expect_err("it has no host");
    assert!(error.to_string().contains("cannot listen on \"8000\": "), "{error}");
    assert!(error.to_string().contains("such as \"127.0.0.1:8000\""), "{error}");
}

#[test]
fn into_service_panics_where_it_is_called() {
    // Other tests panic as well, so all lines of this file are recorded.
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let hook = std::panic::take_hook();
    let seen = Arc::clone(&lines);
    std::panic::set_hook(Box::new(move |info| {
        let location = info.location().filter(|location| location.file() == file!());
        seen.lock().expect("no panic in it").extend(location.map(std::panic::Location::line));
    }));
    let called = line!() + 1;
    let panicked = std::panic::catch_unwind(|| App::new().routes(routes![item]).into_service());
    std::panic::set_hook(hook);
    assert!(panicked.is_err());
    assert!(lines.lock().expect("no panic in it").contains(&called));
}

#[test]
fn state_that_is_wrapped_is_found() {
    only(
        App::new().routes(routes![fine]).state(Arc::new(Cache)),
        &[
            "`fine`",
            "requires state of type `wire::app_build::Cache`",
            "ask for `State<alloc::sync::Arc<wire::app_build::Cache>>`",
        ],
    );
    only(
        App::new().routes(routes![connected]).state(Database),
        &["ask for `State<wire::app_build::Database>`"],
    );
}

#[test]
fn every_fault_of_a_prefix_is_told() {
    let nest = |prefix: &str| mistakes(App::new().nest(prefix, Router::new()));
    assert_eq!(nest("/{tenant}/").len(), 2);
    assert_eq!(nest("tenants/").len(), 2);
    for prefix in ["/:tenant", "/{tenant}"] {
        let found = nest(prefix);
        assert!(found.len() == 1 && found[0].contains("write `/<tenant>`"), "{found:?}");
    }
    assert!(App::new().nest("/<tenant>", Router::new()).build().is_ok());
    let found = nest("/");
    assert!(found.len() == 1 && found[0].contains("mount the routes themselves"), "{found:?}");
}
