//! The cost of a refused handshake. Its answer, its memory and its log lines are bounded for every request, as the client
//! is not authenticated yet.

use std::{convert::Infallible, fmt, str::FromStr};

use serde::Deserialize;
use serde_json::Value;
use tracing::Level;
use ws_runtime::{App, Close, ErrorContext, Query, Rejection, ValidationError, WebSocket, routes, websocket};
use ws_tests::{Logs, Opening, Server, settle};

/// A text that is never a valid value, with a long error message.
#[derive(Debug)]
struct Never;

#[derive(Debug)]
struct Quoting(String);

impl fmt::Display for Quoting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what is {}?", self.0)
    }
}

impl FromStr for Never {
    type Err = Quoting;

    fn from_str(text: &str) -> Result<Self, Quoting> {
        Err(Quoting(text.to_owned()))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[allow(dead_code, reason = "it is only read by serde")]
    t: Option<u32>,
}

#[websocket("/numbers")]
async fn numbers(#[query] t: Vec<u32>, _ws: WebSocket) {
    drop(t);
}

#[websocket("/nevers")]
async fn nevers(#[query] t: Vec<Never>, #[cookie] c: Vec<Never>, #[header] h: Vec<Never>, _ws: WebSocket) {
    drop((t, c, h));
}

#[websocket("/strict")]
async fn strict(q: Query<Strict>, _ws: WebSocket) {
    let _ = q;
}

#[websocket("/rest/<rest..>")]
async fn rest(rest: Vec<u32>, _ws: WebSocket) {
    drop(rest);
}

#[websocket("/one/<id>")]
async fn one(id: u32, _ws: WebSocket) {
    let _ = id;
}

fn app() -> App {
    App::new().routes(routes![numbers, nevers, strict, rest, one])
}

/// The most that a head may contain.
const LONG: usize = 62_000;

/// Handshakes whose refusals could be long.
fn openings() -> Vec<Opening> {
    let long = "x".repeat(LONG);
    let wide = "é".repeat(LONG / 6);
    let headers = |name: &str, value: &str| {
        (0..80).fold(Opening::new("/nevers"), |opening, _| opening.header(name, value.repeat(350)))
    };
    vec![
        Opening::new(&format!("/numbers?{}", "t&".repeat(LONG / 2))),
        Opening::new(&format!("/numbers?{}", "t=x&".repeat(LONG / 4))),
        Opening::new(&format!("/numbers?t={long}")),
        Opening::new(&format!("/numbers?t=x{}", percent_encoded(&wide))),
        Opening::new(&format!("/nevers?{}", "t&".repeat(LONG / 2))),
        Opening::new(&format!("/nevers?t={long}")),
        Opening::new("/nevers").header("cookie", "c=1;".repeat(LONG / 4)),
        Opening::new("/nevers").header("cookie", format!("c={long}")),
        headers("h", "x"),
        headers("h", "é"),
        Opening::new(&format!("/strict?{long}=1")),
        Opening::new(&format!("/strict?t={long}")),
        Opening::new(&format!("/strict?{}", "t&".repeat(LONG / 2))),
        Opening::new(&format!("/rest/{}", "x/".repeat(LONG / 2))),
        Opening::new(&format!("/one/{long}")),
    ]
}

fn percent_encoded(text: &str) -> String {
    percent_encoding::percent_encode(text.as_bytes(), percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn at_most_100_errors_are_told_and_a_bounded_text_in_each() {
    let server = Server::start(app().rejection(Rejection::Http)).await;
    for opening in openings() {
        let target = String::from_utf8(opening.bytes()[..40].to_vec()).expect("a target of ASCII");
        let response = server.request(&opening).await;
        assert_eq!(response.status, 422, "{target}");
        assert!(response.body.len() < 64 * 1024, "{} bytes for {target}", response.body.len());
        let body: Value = serde_json::from_str(&response.body).expect("a body of JSON");
        let details = body["detail"].as_array().expect("an array of details");
        assert!((1..=100).contains(&details.len()), "{} for {target}", details.len());
        for detail in details {
            let texts = [&detail["input"], &detail["msg"], &detail["loc"][1]].map(|text| text.as_str());
            for text in texts.into_iter().flatten() {
                assert!(text.len() <= 256 + "…".len(), "{} bytes for {target}", text.len());
            }
        }
    }
}

#[tokio::test]
async fn what_is_cut_ends_at_a_character_and_says_so() {
    let server = Server::start(app().rejection(Rejection::Http)).await;
    let target = format!("/numbers?t=x{}", percent_encoded(&"é".repeat(200)));
    let response = server.request(&Opening::new(&target)).await;
    let body: Value = serde_json::from_str(&response.body).expect("a body of JSON");
    assert_eq!(body["detail"][0]["input"], format!("x{}…", "é".repeat(127)));
    // One that fits is complete.
    let response = server.request(&Opening::new(&format!("/numbers?t={}", "x".repeat(256)))).await;
    let body: Value = serde_json::from_str(&response.body).expect("a body of JSON");
    assert_eq!(body["detail"][0]["input"], "x".repeat(256));
}

#[tokio::test]
async fn the_first_mistakes_are_the_ones_that_are_told() {
    let server = Server::start(app().rejection(Rejection::Http)).await;
    let mut pairs = vec!["t=1"; 500];
    for (index, pair) in pairs.iter_mut().enumerate() {
        if index % 2 == 1 {
            *pair = "t=x";
        }
    }
    let response = server.request(&Opening::new(&format!("/numbers?{}", pairs.join("&")))).await;
    let body: Value = serde_json::from_str(&response.body).expect("a body of JSON");
    let places: Vec<_> =
        body["detail"].as_array().expect("details").iter().map(|detail| &detail["loc"][2]).collect();
    assert_eq!(places, (0..100).map(|index| 2 * index + 1).collect::<Vec<_>>());
}

/// Returns the memory that the process holds, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    pages * 4096
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn refused_clients_that_stay_cost_no_more_than_a_few_of_their_heads() {
    const CLIENTS: usize = 100;
    let server = Server::start(app()).await;
    let opening = Opening::new(&format!("/numbers?{}", "t&".repeat(LONG / 2)));
    // Costs that occur only once.
    server.raw().await.open(&opening).await;
    let before = resident();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut raw = server.raw().await;
        raw.open(&opening).await;
        clients.push(raw);
    }
    let each = resident().saturating_sub(before) / CLIENTS;
    assert!(each < 6 * LONG, "{each} bytes for each refused client");
}

#[tokio::test]
async fn a_log_line_is_short_whatever_was_sent() {
    let logs = Logs::capture();
    for app in [
        app(),
        app().on_error(async |_: ValidationError, _: ErrorContext| Close::internal_error()),
        app().rejection(Rejection::Http).hosts(["elsewhere.example"]),
    ] {
        let server = Server::start(app).await;
        for opening in openings() {
            for opening in [
                opening.clone(),
                opening.clone().set("origin", "http://elsewhere.example"),
                opening.set("host", "server.example.com:80"),
            ] {
                let mut raw = server.raw().await;
                raw.request(&opening).await;
                raw.finish().await;
            }
        }
        let long = "x".repeat(LONG);
        let wild = "\u{a0}".repeat(LONG / 2);
        for opening in [
            Opening::new(&format!("/{long}")),
            Opening::new("/numbers").header("origin", format!("http://{long}")),
            Opening::new("/numbers").header("origin", &wild),
            Opening::new("/numbers").set("host", &long),
            Opening::new("/numbers").set("host", &wild),
            Opening::new("/numbers").set("host", &long).header("origin", format!("http://{long}.example")),
            Opening::new("/numbers").header("sec-websocket-protocol", &long),
        ] {
            let mut raw = server.raw().await;
            raw.request(&opening).await;
            raw.finish().await;
        }
        settle().await;
    }
    for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG] {
        for record in logs.at(level).iter().filter(|record| record.target.starts_with("ws_runtime")) {
            assert!(record.text.len() < 4096, "{} bytes at {level}: {:.200}", record.text.len(), record.text);
        }
    }
}

/// An error of the user's that contains field errors is bounded in the same way.
#[tokio::test]
async fn an_error_of_the_users_is_bounded_too() {
    use ws_runtime::{FieldError, FromHandshake, Handshake};

    struct Custom;

    impl FromHandshake for Custom {
        type Error = Infallible;

        async fn from_handshake(_: &Handshake) -> Result<Self, Infallible> {
            Ok(Self)
        }

        fn validate(_: &Handshake, errors: &mut ValidationError) {
            for _ in 0..200 {
                errors.push(FieldError::new("x".repeat(1000), vec!["x".repeat(1000); 50], "x".repeat(1000)));
            }
        }
    }

    #[websocket("/custom")]
    async fn custom(_custom: Custom, _ws: WebSocket) {}

    let server = Server::start(App::new().routes(routes![custom]).rejection(Rejection::Http)).await;
    let response = server.request(&Opening::new("/custom")).await;
    assert_eq!(response.status, 422);
    assert!(response.body.len() < 512 * 1024, "{} bytes", response.body.len());
}
