//! `App::docs`: the page of the endpoints, its headers, and the paths that it may have.

use http::{Method, Request};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use ws_runtime::{
    App, SocketError, TestClient, WebSocket, description::Info, routes, test::TestResponse, websocket,
};

/// Sends back what it receives.
#[websocket("/echo/<name>")]
async fn echo(name: String, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("{name}: {text}")).await?;
    }
}

#[websocket("/plain")]
async fn plain(_ws: WebSocket) {}

fn app() -> App {
    App::new().info(Info::new("Echoes", "1.0.0")).routes(routes![echo, plain])
}

async fn ask(client: &TestClient, method: Method, target: &str) -> TestResponse {
    client.request(Request::builder().method(method).uri(target).body(()).unwrap()).await.expect("an answer")
}

async fn page(app: App) -> TestResponse {
    let answer = ask(&TestClient::new(app), Method::GET, "/docs").await;
    assert_eq!(answer.status, 200);
    answer
}

/// Returns what is between the first occurrence of `before` and the next one of `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).expect(before);
    rest.split_once(after).expect(after).0
}

/// Returns the data that the page shows.
fn data(page: &TestResponse) -> Value {
    let page = page.text();
    serde_json::from_str(between(&page, "id=\"data\">", "</script>")).expect("the data is JSON")
}

/// Returns the source of a `Content-Security-Policy` that allows exactly this text.
fn source(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digest = Sha256::digest(text);
    let mut hash = String::new();
    for bytes in digest.chunks(3) {
        let bits =
            bytes.iter().chain(&[0, 0]).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for digit in 0..=bytes.len() {
            hash.push(char::from(DIGITS[bits >> (18 - 6 * digit) & 63]));
        }
    }
    // The 32 bytes of the digest leave one place of the last group free.
    format!("'sha256-{hash}='")
}

#[test]
fn a_source_is_the_base64_of_a_sha256() {
    assert_eq!(source("alert('Hello, world.');"), "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
}

#[tokio::test]
async fn the_policy_allows_the_script_and_the_style_of_the_page_and_nothing_else() {
    let answer = page(app().docs("/docs")).await;
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));

    let text = answer.text();
    let policy = answer.header("content-security-policy").expect("a policy");
    let directive = |name: &str| {
        let mut directives = policy.split(';').map(str::trim);
        directives.find_map(|directive| directive.strip_prefix(name)?.strip_prefix(' ')).expect(name)
    };
    assert_eq!(directive("default-src"), "'none'");
    assert_eq!(directive("connect-src"), "'self'");
    assert_eq!(directive("frame-ancestors"), "'none'");
    assert_eq!(directive("style-src"), source(between(&text, "<style>", "</style>")));
    assert_eq!(directive("script-src"), source(between(&text, "<script>", "</script>")));
    for inline in [" style=", " onclick=", " onload=", " src="] {
        assert!(!between(&text, "<body>", "<script").contains(inline), "{inline}");
    }
}

#[tokio::test]
async fn the_page_has_the_endpoints_and_links_to_the_document_for_tools() {
    let answer = page(app().docs("/docs").asyncapi_at("/asyncapi.json").health("/healthz")).await;
    assert!(answer.text().contains("<title>Echoes</title>"));
    let data = data(&answer);
    assert_eq!(data["info"]["title"], "Echoes");
    assert_eq!(data["endpoints"][0]["path"], "/echo/<name>");
    assert_eq!(data["endpoints"][0]["docs"], "Sends back what it receives.");
    assert_eq!(data["links"], serde_json::json!([["AsyncAPI", "/asyncapi.json"]]));
    // The order of the calls does not matter.
    let other = page(App::new().asyncapi_at("/api.json").docs("/docs").routes(routes![plain])).await;
    assert_eq!(self::data(&other)["links"], serde_json::json!([["AsyncAPI", "/api.json"]]));
    assert_eq!(self::data(&other)["endpoints"][0]["path"], "/plain");
    assert_eq!(self::data(&page(app().docs("/docs")).await)["links"], serde_json::json!([]));
}

#[tokio::test]
async fn only_get_and_head_read_the_page() {
    let client = TestClient::new(app().docs("/docs"));
    let get = ask(&client, Method::GET, "/docs").await;
    let head = ask(&client, Method::HEAD, "/docs").await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(&*get.body.len().to_string()));
    assert_eq!(head.header("content-security-policy"), get.header("content-security-policy"));
    assert_eq!(ask(&client, Method::GET, "/docs?from=mail").await.body, get.body);
    let post = ask(&client, Method::POST, "/docs").await;
    assert_eq!((post.status.as_u16(), post.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(ask(&client, Method::GET, "/docs/").await.status, 404);
}

#[tokio::test]
async fn the_root_leads_to_the_page_unless_it_is_somebody_elses() {
    let client = TestClient::new(app().docs("/docs"));
    for method in [Method::GET, Method::HEAD] {
        let answer = ask(&client, method, "/").await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (307, Some("/docs")));
    }
    assert_eq!(ask(&client, Method::POST, "/").await.status, 404);

    let pages = axum::Router::new().fallback(async || "mine");
    let client = TestClient::new(app().docs("/docs").fallback(pages));
    assert_eq!(ask(&client, Method::GET, "/").await.text(), "mine");
    assert!(ask(&client, Method::GET, "/docs").await.text().contains("<title>Echoes</title>"));

    let client = TestClient::new(app().docs("/"));
    assert!(ask(&client, Method::GET, "/").await.text().contains("<title>Echoes</title>"));
    assert_eq!(ask(&TestClient::new(app()), Method::GET, "/").await.status, 404);
}

#[tokio::test]
async fn a_second_path_replaces_the_first() {
    let client = TestClient::new(app().docs("/old").docs("/new"));
    assert_eq!(ask(&client, Method::GET, "/old").await.status, 404);
    assert_eq!(ask(&client, Method::GET, "/new").await.status, 200);
    assert_eq!(ask(&client, Method::GET, "/").await.header("location"), Some("/new"));
}

#[test]
fn a_path_of_the_page_is_static_and_free() {
    for (path, help) in [
        ("docs", "must start with `/`"),
        ("", "must start with `/`"),
        ("/<id>", "must be static"),
        ("/a b", "is not a path"),
        ("/docs?all", "is not a path"),
        ("/plain", "is that of"),
        ("/healthz", "is also the health path"),
        ("/api.json", "is also the AsyncAPI path"),
    ] {
        let app = app().health("/healthz").asyncapi_at("/api.json").docs(path);
        let error = app.build().expect_err(path);
        assert_eq!(error.mistakes().len(), 1, "{error}");
        let text = error.to_string();
        assert!(text.contains(&format!("the docs path `{path}` at {}", file!())), "{text}");
        assert!(text.contains(help), "{help} in {text}");
    }
}
