//! Which pages may connect (`Origin`), and under which host names (`Host`).

use tracing::Level;
use ws_runtime::{App, Origins, Rejection, Router, WebSocket, routes, websocket};
use ws_tests::{Logs, Opening, Server};

#[websocket("/plain")]
async fn plain(_ws: WebSocket) {}

#[websocket("/open", origins = Origins::any())]
async fn open(_ws: WebSocket) {}

#[websocket("/listed", origins = ["https://app.example", "http://dev.example:3000"])]
async fn listed(_ws: WebSocket) {}

#[websocket("/hosted", hosts = ["server.example"])]
async fn hosted(_ws: WebSocket) {}

fn app() -> App {
    App::new().routes(routes![plain, open, listed, hosted])
}

/// Returns the status for a page of `origin` that connects to `host`.
async fn status(server: &Server, target: &str, host: &str, origin: &str) -> u16 {
    let opening = Opening::new(target).set("host", host).header("origin", origin);
    server.request(&opening).await.status.as_u16()
}

#[tokio::test]
async fn a_client_without_an_origin_passes() {
    let server = Server::start(app()).await;
    for target in ["/plain", "/open", "/listed"] {
        assert_eq!(server.request(&Opening::new(target)).await.status, 101, "{target}");
    }
}

#[tokio::test]
async fn a_page_of_the_same_host_and_port_passes() {
    let server = Server::start(app()).await;
    for (host, origin) in [
        ("a.example", "http://a.example"),
        ("a.example", "https://a.example"),
        ("A.example", "http://a.EXAMPLE"),
        ("a.example:8000", "http://a.example:8000"),
        ("a.example:80", "http://a.example"),
        ("a.example", "http://a.example:80"),
        ("a.example:443", "https://a.example"),
        ("a.example", "https://a.example:443"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("[::1]", "http://[::1]:80"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
    ] {
        assert_eq!(status(&server, "/plain", host, origin).await, 101, "{origin} at {host}");
    }
}

#[tokio::test]
async fn any_other_page_is_403() {
    let server = Server::start(app()).await;
    for (host, origin) in [
        ("a.example", "http://b.example"),
        ("a.example", "http://a.example:8000"),
        ("a.example:8000", "http://a.example"),
        ("a.example:80", "https://a.example"),
        ("a.example:443", "http://a.example"),
        ("a.example", "http://a.example.evil.example"),
        ("a.example", "http://evil.example/a.example"),
        ("a.example", "http://a.example@evil.example"),
        ("a.example", "http://sub.a.example"),
        ("[::1]:8000", "http://[::2]:8000"),
        ("a.example", "null"),
        ("a.example", ""),
        ("a.example", "a.example"),
        ("a.example", "file://"),
        ("a.example", "app://a.example"),
        ("a.example:80", "app://a.example:80"),
        ("a.example", "https://*.example"),
        ("a.example", "\u{a0}http://a.example"),
        ("a.example", "http://a.example\u{2000}"),
    ] {
        assert_eq!(status(&server, "/plain", host, origin).await, 403, "{origin} at {host}");
    }
}

#[tokio::test]
async fn two_origins_are_403() {
    let server = Server::start(app()).await;
    let opening = Opening::new("/plain").header("origin", "http://server.example.com");
    assert_eq!(server.request(&opening).await.status, 101);
    let opening = opening.header("origin", "http://evil.example");
    assert_eq!(server.request(&opening).await.status, 403);
}

#[tokio::test]
async fn a_list_allows_its_pages_too() {
    let server = Server::start(app()).await;
    for (origin, expected) in [
        ("https://app.example", 101),
        ("https://app.example:443", 101),
        ("HTTPS://APP.example", 101),
        ("http://app.example", 403),
        ("https://app.example:8443", 403),
        ("https://sub.app.example", 403),
        ("http://dev.example:3000", 101),
        ("http://dev.example", 403),
        ("http://api.example", 101),
        ("null", 403),
    ] {
        assert_eq!(status(&server, "/listed", "api.example", origin).await, expected, "{origin}");
    }
}

#[tokio::test]
async fn any_origin_may_be_allowed() {
    let server = Server::start(app()).await;
    for origin in ["http://evil.example", "null", "file://"] {
        assert_eq!(status(&server, "/open", "a.example", origin).await, 101, "{origin}");
    }
}

#[tokio::test]
async fn the_nearest_option_counts() {
    let strict = Router::new().routes(routes![plain, open]).origins(Origins::same());
    let app = App::new().origins("http://b.example").routes(routes![plain]).nest("/strict", strict);
    let server = Server::start(app).await;
    for (target, expected) in [("/plain", 101), ("/strict/plain", 403), ("/strict/open", 101)] {
        assert_eq!(status(&server, target, "a.example", "http://b.example").await, expected, "{target}");
    }
}

#[tokio::test]
async fn a_refusal_is_http_in_every_mode_and_logs_both_values_and_the_remedy() {
    for mode in [Rejection::Close, Rejection::Http] {
        let server = Server::start(app().rejection(mode)).await;
        let logs = Logs::capture();
        let opening = Opening::new("/plain").set("host", "a.example").header("origin", "http://b.example");
        let response = server.request(&opening).await;
        assert_eq!(response.status, 403);
        assert!(!response.body.contains("b.example"), "{response:?}");
        let text = logs.only(Level::WARN).text;
        for part in ["a.example", "http://b.example", ".origins("] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}

#[tokio::test]
async fn a_list_of_hosts_refuses_other_names_with_400() {
    let server = Server::start(app()).await;
    for (host, expected) in [
        ("server.example", 101),
        ("SERVER.example", 101),
        ("server.example:8000", 101),
        ("evil.example", 400),
        ("server.example.evil.example", 400),
        ("xserver.example", 400),
        ("127.0.0.1", 400),
    ] {
        let response = server.request(&Opening::new("/hosted").set("host", host)).await;
        assert_eq!(response.status, expected, "{host}");
    }
}

#[tokio::test]
async fn hosts_of_an_app_hold_for_all_and_may_have_ports_and_subdomains() {
    let server =
        Server::start(App::new().hosts(["a.example:8000", "*.b.example"]).routes(routes![plain])).await;
    for (host, expected) in [
        ("a.example:8000", 101),
        ("a.example", 400),
        ("a.example:80", 400),
        ("x.b.example", 101),
        ("x.y.b.example:1", 101),
        ("b.example", 400),
        ("xb.example", 400),
    ] {
        let response = server.request(&Opening::new("/plain").set("host", host)).await;
        assert_eq!(response.status, expected, "{host}");
    }
}

#[tokio::test]
async fn stars_stand_for_subdomains_and_for_ports() {
    let app = App::new().routes(routes![plain]).origins([
        "https://*.app.example",
        "http://localhost:*",
        "https://*.dev.example:*",
        "http://[::1]:*",
    ]);
    let server = Server::start(app).await;
    for (origin, expected) in [
        ("https://a.app.example", 101),
        ("https://a.b.APP.example", 101),
        ("https://a.app.example:443", 101),
        ("https://app.example", 403),
        ("https://.app.example", 403),
        ("https://evilapp.example", 403),
        ("https://a.app.example.evil.example", 403),
        ("https://a.app.example:8443", 403),
        ("http://a.app.example", 403),
        ("https://*.app.example", 101),
        ("http://localhost", 101),
        ("http://localhost:1", 101),
        ("http://localhost:65535", 101),
        ("https://localhost:3000", 403),
        ("http://localhost.evil.example:80", 403),
        ("http://localhost:*", 403),
        ("http://localhost:99999", 403),
        ("https://x.dev.example:8443", 101),
        ("http://[::1]:3000", 101),
        ("http://[0:0::1]:3000", 101),
        ("http://[::2]:3000", 403),
    ] {
        assert_eq!(status(&server, "/plain", "api.example", origin).await, expected, "{origin}");
    }
}

/// The origins that browsers and web views send for pages that do not come from a server.
#[tokio::test]
async fn apps_and_extensions_can_be_listed() {
    let origins = [
        "chrome-extension://abcdefghijklmnop",
        "moz-extension://0ff5fa49-7c3e-4a1b-9f5c-0a8b6d1f2c3d",
        "tauri://localhost",
        "capacitor://localhost",
        "ionic://localhost",
        "app://obsidian.md",
        "app://.",
        "vscode-webview://1a2b3c",
        "file://",
        "null",
    ];
    let listed = Server::start(App::new().routes(routes![plain]).origins(origins)).await;
    let closed = Server::start(App::new().routes(routes![plain])).await;
    for origin in origins {
        assert_eq!(status(&listed, "/plain", "api.example", origin).await, 101, "{origin}");
        assert_eq!(status(&closed, "/plain", "api.example", origin).await, 403, "{origin}");
    }
    for origin in
        ["chrome-extension://other", "tauri://localhost:1", "tauri://", "files://", "http://localhost"]
    {
        assert_eq!(status(&listed, "/plain", "api.example", origin).await, 403, "{origin}");
    }
}

#[tokio::test]
async fn what_a_refusal_advises_builds_and_allows() {
    for origin in [
        "http://b.example:81",
        "tauri://localhost",
        "file://",
        "https://[::1]",
        "null",
        "not one",
        "http://a/b",
    ] {
        let server = Server::start(app()).await;
        let logs = Logs::capture();
        assert_eq!(status(&server, "/plain", "a.example", origin).await, 403);
        let text = logs.only(Level::WARN).text;
        let list =
            text.split_once(".origins([\"").map(|(_, rest)| rest.split_once("\"])").expect("a list").0);
        let allowed = list.map_or_else(Origins::any, Origins::from);
        assert!(list.is_some() || text.contains(".origins(Origins::any())"), "{text}");
        let app = App::new().routes(routes![plain]).origins(allowed);
        let server = Server::start(app).await;
        assert_eq!(status(&server, "/plain", "a.example", origin).await, 101, "{origin}: {text}");
    }
}

// Anyone can cause these warnings, as fast as they can connect.
#[tokio::test(start_paused = true)]
async fn refusals_are_warned_of_once_a_minute_and_counted() {
    let logs = Logs::capture();
    let service = app().into_service();
    let refuse = async |target: &str, name: &str, value: &str, count: usize| {
        for _ in 0..count {
            let opening = Opening::new(target).set(name, value);
            let status = ws_tests::Memory::join(&service, 1024).raw.request(&opening).await.status;
            assert!(status == 403 || status == 400, "{status}");
        }
    };
    refuse("/plain", "origin", "http://b.example", 100).await;
    refuse("/hosted", "host", "b.example", 50).await;
    // Another endpoint has warnings of its own, because the fix may be a different one.
    refuse("/listed", "origin", "http://b.example", 10).await;
    let counts = || -> Vec<_> {
        let warnings = logs.at(Level::WARN).into_iter();
        warnings.map(|warning| warning.text.split_once("held_back=").expect("a count").1.to_owned()).collect()
    };
    assert_eq!(counts(), ["0", "0", "0"]);
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    refuse("/plain", "origin", "http://c.example", 2).await;
    refuse("/hosted", "host", "b.example", 2).await;
    assert_eq!(counts(), ["0", "0", "0", "99", "49"]);
}

// RFC 9112, section 3.2.2: an absolute target takes precedence over `Host`.
#[tokio::test]
async fn the_host_of_an_absolute_target_is_the_host() {
    let server = Server::start(app()).await;
    let request = async |target: &str, host: &str, origin: Option<&str>| {
        let mut opening = Opening::new(target).set("host", host);
        if let Some(origin) = origin {
            opening = opening.header("origin", origin);
        }
        server.request(&opening).await.status.as_u16()
    };
    let (a, b) = (Some("http://a.example"), Some("http://b.example"));
    assert_eq!(request("http://a.example/plain", "b.example", a).await, 101);
    assert_eq!(request("http://a.example/plain", "b.example", b).await, 403);
    assert_eq!(request("http://a.example:8000/plain", "a.example", a).await, 403);
    assert_eq!(request("http://server.example/hosted", "evil.example", None).await, 101);
    assert_eq!(request("http://evil.example/hosted", "server.example", None).await, 400);
    // `Host` must be there all the same (section 3.2), and must be valid.
    assert_eq!(request("http://a.example/plain", "a b", None).await, 400);
    assert_eq!(request("http://user@a.example/plain", "a.example", None).await, 400);
}
