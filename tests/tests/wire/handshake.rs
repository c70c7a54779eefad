//! What the server requires of an opening handshake (RFC 6455, section 4.2), and how it answers.

use ws_runtime::{App, Rejection, SocketError, WebSocket, routes, websocket};
use ws_tests::{Frame, Memory, Opening, Response, Server, op};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

fn app() -> App {
    App::new().routes(routes![echo])
}

/// Checks that each handshake is accepted, and that the connection then works.
async fn accepts(openings: impl IntoIterator<Item = Opening>) {
    let server = Server::start(app()).await;
    for opening in openings {
        let mut raw = server.raw().await;
        raw.open(&opening).await;
        raw.send(Frame::text("hi")).await;
        assert_eq!(raw.text().await, "hi", "{opening:?}");
        raw.leave().await;
    }
}

/// Checks that each handshake is answered with this status, in either rejection mode, and returns the answers.
async fn refuses(status: u16, openings: impl IntoIterator<Item = Opening>) -> Vec<Response> {
    let close = Server::start(app().rejection(Rejection::Close)).await;
    let http = Server::start(app().rejection(Rejection::Http)).await;
    let mut responses = Vec::new();
    for opening in openings {
        let response = close.request(&opening).await;
        assert_eq!(response.status, status, "{opening:?}: {response:?}");
        assert_eq!(http.request(&opening).await.status, status, "{opening:?}");
        assert!(response.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
        assert!(!response.body.is_empty(), "{opening:?}");
        responses.push(response);
    }
    responses
}

#[tokio::test]
async fn the_101_proves_that_the_key_was_read() {
    let server = Server::start(app()).await;
    let response = server.raw().await.open(&Opening::new("/echo")).await;
    // The example of RFC 6455, section 1.3.
    assert_eq!(response.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(response.header("upgrade"), Some("websocket"));
    assert_eq!(response.header("connection").map(str::to_lowercase).as_deref(), Some("upgrade"));
    assert_eq!(response.header("sec-websocket-protocol"), None);
    assert_eq!(response.header("sec-websocket-extensions"), None);
    assert_eq!(response.header("content-length"), None);
    assert_eq!(response.header("transfer-encoding"), None);
}

// The example of RFC 6455, section 4.1, item 7, has bits that a strict decoder refuses.
#[tokio::test]
async fn a_key_is_any_that_decodes_to_16_bytes() {
    let key = |key: &str| Opening::new("/echo").set("sec-websocket-key", key);
    accepts(["AQIDBAUGBwgJCgsMDQ4PEC==", "AAAAAAAAAAAAAAAAAAAAAB==", "+/+/+/+/+/+/+/+/+/+/+/=="].map(key))
        .await;
    let wrong = [
        "",
        "AAAAAAAAAAAAAAAAAAAAA===",
        "AAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAA==AAAA",
        "-_-_-_-_-_-_-_-_-_-_-w==",
        "AAAAAAAAAAA AAAAAAAAAA==",
    ];
    refuses(400, wrong.map(key)).await;
    // The answer is computed from the text as it was sent, not from its decoded form.
    let response = Server::start(app()).await.request(&key("AQIDBAUGBwgJCgsMDQ4PEC==")).await;
    assert_eq!(response.header("sec-websocket-accept"), Some("OfS0wDaT5NoxF2gqm7Zj2YtetzM="));
}

// An element of a list that is not ASCII does not affect the others.
#[tokio::test]
async fn a_list_is_read_element_by_element() {
    accepts([
        Opening::new("/echo").set("connection", b"caf\xe9, upgrade"),
        Opening::new("/echo").set("upgrade", b"websocket, \xff"),
    ])
    .await;
    refuses(400, [Opening::new("/echo").set("connection", "\u{a0}upgrade")]).await;
}

#[tokio::test]
async fn a_host_is_a_name_or_an_address_and_a_port() {
    let host = |host: &str| Opening::new("/echo").set("host", host);
    accepts(
        [
            "localhost",
            "localhost:",
            "my_service:8000",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:65535",
            "xn--bcher-kva.example",
        ]
        .map(host),
    )
    .await;
    let wrong = [
        "",
        ":80",
        "localhost:http",
        "localhost:-1",
        "localhost:+1",
        "localhost:abc",
        "localhost:65536",
        "localhost:80:80",
        "[localhost]",
        "[::1",
        "::1",
        "[::1]80",
        "[1:2:3:4:5:6:7:8:9]",
        "[::1%25eth0]",
        "user@localhost",
        "a b",
        "a/b",
        "a, b",
        "http://localhost",
        "bücher.example",
        "localhost\u{a0}",
    ];
    refuses(400, wrong.map(host)).await;
    refuses(400, [Opening::new("/echo").set("host", b"caf\xe9")]).await;
}

#[tokio::test]
async fn an_unknown_path_is_404() {
    let targets = ["/", "/ech", "/echo/", "/echo/x", "/Echo", "//echo", "/echo%2F"];
    refuses(404, targets.map(Opening::new)).await;
    refuses(404, ["/nowhere"].map(|target| Opening::new(target).method("POST"))).await;
    refuses(404, ["/nowhere"].map(|target| Opening::new(target).without("upgrade"))).await;
}

#[tokio::test]
async fn another_method_is_405_and_says_which_is_allowed() {
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
        let responses = refuses(405, [Opening::new("/echo").method(method)]).await;
        assert_eq!(responses[0].header("allow"), Some("GET"), "{method}");
    }
}

#[tokio::test]
async fn a_plain_get_is_426() {
    let plain = Opening::new("/echo").without("upgrade").without("connection");
    let bare = plain.clone().without("sec-websocket-key").without("sec-websocket-version");
    let other = Opening::new("/echo").set("upgrade", "h2c");
    let prefixed = Opening::new("/echo").set("upgrade", "websocketx");
    for response in refuses(426, [plain, bare, other, prefixed]).await {
        assert_eq!(response.header("upgrade"), Some("websocket"));
        assert_eq!(response.header("sec-websocket-version"), Some("13"));
    }
}

#[tokio::test]
async fn another_version_is_426_and_says_which_is_spoken() {
    let missing = Opening::new("/echo").without("sec-websocket-version");
    let others = ["8", "0", "14", "130", "013", "13x", "", "thirteen"]
        .map(|version| Opening::new("/echo").set("sec-websocket-version", version));
    for response in refuses(426, others.into_iter().chain([missing])).await {
        assert_eq!(response.header("sec-websocket-version"), Some("13"));
    }
}

#[tokio::test]
async fn connection_and_upgrade_are_lists_of_tokens_in_any_case_over_any_lines() {
    accepts([
        Opening::new("/echo").set("connection", "keep-alive, Upgrade"),
        Opening::new("/echo").set("connection", "UPGRADE"),
        Opening::new("/echo").set("connection", "keep-alive,upgrade"),
        Opening::new("/echo").set("connection", ", ,upgrade ,"),
        Opening::new("/echo").set("connection", "keep-alive").header("connection", "upgrade"),
        Opening::new("/echo").set("upgrade", "WebSocket"),
        Opening::new("/echo").set("upgrade", "h2c, websocket"),
        Opening::new("/echo").set("upgrade", "h2c").header("upgrade", "websocket"),
    ])
    .await;
}

#[tokio::test]
async fn connection_must_name_the_token_upgrade() {
    let wrong = ["keep-alive", "upgraded", "no-upgrade", "upgrade keep-alive", "\"upgrade\""]
        .map(|connection| Opening::new("/echo").set("connection", connection));
    refuses(400, wrong.into_iter().chain([Opening::new("/echo").without("connection")])).await;
}

#[tokio::test]
async fn a_key_is_one_line_of_16_bytes_in_base64() {
    let wrong = [
        "",
        "AAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "dGhlIHNhbXBsZSBub25j",
        "not base64 but 24 chars!",
        "AAAAAAAAAAAAAAAAAAAAAA==AAAA",
    ];
    let wrong = wrong.map(|key| Opening::new("/echo").set("sec-websocket-key", key));
    refuses(400, wrong).await;
    refuses(
        400,
        [
            Opening::new("/echo").without("sec-websocket-key"),
            Opening::new("/echo").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ],
    )
    .await;
    accepts([Opening::new("/echo").set("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")]).await;
}

#[tokio::test]
async fn there_is_exactly_one_host() {
    refuses(
        400,
        [
            Opening::new("/echo").without("host"),
            Opening::new("/echo").header("host", "other.example.com"),
            Opening::new("/echo").header("host", "server.example.com"),
            Opening::new("/echo").set("host", "a, b"),
            Opening::new("/echo").set("host", "user@server.example.com"),
        ],
    )
    .await;
    let hosts = ["server.example.com:8000", "127.0.0.1:80", "[::1]:9000", "[::1]", "localhost"];
    accepts(hosts.map(|host| Opening::new("/echo").set("host", host))).await;
}

#[tokio::test]
async fn a_handshake_has_no_body() {
    let length = Opening::new("/echo").header("content-length", "5").then("hello");
    let chunked = Opening::new("/echo").header("transfer-encoding", "chunked").then("0\r\n\r\n");
    refuses(400, [length, chunked]).await;
    accepts([Opening::new("/echo").header("content-length", "0")]).await;
}

#[tokio::test]
async fn http_1_0_is_too_old() {
    refuses(400, [Opening::new("/echo").version("HTTP/1.0")]).await;
}

#[tokio::test]
async fn extensions_that_nobody_has_are_declined_by_silence() {
    let server = Server::start(app()).await;
    let opening = Opening::new("/echo").header("sec-websocket-extensions", "permessage-deflate");
    let mut raw = server.raw().await;
    let response = raw.open(&opening).await;
    assert_eq!(response.header("sec-websocket-extensions"), None);
    raw.leave().await;
}

#[tokio::test]
async fn frames_in_the_segment_of_the_handshake_are_not_lost() {
    let server = Server::start(app()).await;
    let early =
        [Frame::text("one").bytes(), Frame::text("two").bytes(), Frame::close(1000, "").bytes()].concat();
    let mut raw = server.raw().await;
    raw.open(&Opening::new("/echo").then(early)).await;
    assert_eq!(raw.text().await, "one");
    assert_eq!(raw.text().await, "two");
    assert_eq!(raw.frame().await.map(Frame::into_close), Some((Some(1000), String::new())));
    raw.eof().await;
}

#[tokio::test]
async fn half_a_frame_in_the_segment_of_the_handshake_is_not_lost() {
    let server = Server::start(app()).await;
    let frame = Frame::text("hello").bytes();
    for cut in 1..frame.len() {
        let (head, tail) = frame.split_at(cut);
        let mut raw = server.raw().await;
        raw.open(&Opening::new("/echo").then(head)).await;
        raw.write(tail).await;
        assert_eq!(raw.text().await, "hello", "cut at {cut}");
    }
}

#[tokio::test]
async fn a_handshake_may_come_byte_by_byte() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    for byte in Opening::new("/echo").then(Frame::text("hi").bytes()).bytes() {
        raw.write([byte]).await;
    }
    assert_eq!(raw.response().await.status, 101);
    assert_eq!(raw.text().await, "hi");
}

#[tokio::test]
async fn a_refusal_leaves_the_connection_to_the_next_request() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    assert_eq!(raw.request(&Opening::new("/nowhere")).await.status, 404);
    raw.open(&Opening::new("/echo")).await;
    raw.send(Frame::new(op::BINARY, [1, 2, 3])).await;
    assert_eq!(raw.frame().await, Some(Frame::new(op::BINARY, [1, 2, 3]).unmasked()));
}

#[tokio::test]
async fn what_is_not_http_is_400_or_cut_off() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    raw.write("\x16\x03\x01 this is not HTTP\r\n\r\n").await;
    assert_eq!(raw.response().await.status, 400);
    raw.eof().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_431() {
    // This is in memory, because a socket that is closed with unread data may reset before the answer is read.
    let mut memory = Memory::connect(app());
    let response = memory.raw.request(&Opening::new("/echo").header("x-large", "x".repeat(300_000))).await;
    assert_eq!(response.status, 431);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_cut_off() {
    let bytes = Opening::new("/echo").bytes();
    for sent in [&b""[..], b"GET", &bytes[..bytes.len() - 1]] {
        let mut memory = Memory::connect(app());
        let start = tokio::time::Instant::now();
        memory.raw.write(sent).await;
        let answer = memory.raw.rest().await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"), "{answer:?}");
        let taken = start.elapsed().as_secs();
        assert!((10..12).contains(&taken), "{taken} s after {} bytes", sent.len());
    }
}

#[tokio::test]
async fn no_answer_says_what_the_server_is_made_of() {
    let server = Server::start(app()).await;
    for opening in [
        Opening::new("/echo"),
        Opening::new("/nowhere"),
        Opening::new("/echo").method("POST"),
        Opening::new("/echo").without("upgrade"),
        Opening::new("/echo").without("host"),
        Opening::new("/echo").header("origin", "http://evil.example"),
    ] {
        let response = server.request(&opening).await;
        assert_eq!(response.header("server"), None);
        let text = format!("{}{}", response.head, response.body).to_lowercase();
        for internal in ["hyper", "tungstenite", "ws-runtime", "ws_runtime", "tokio", ".rs"] {
            assert!(!text.contains(internal), "{internal} in {text}");
        }
    }
}

#[tokio::test]
async fn a_hundred_connections_are_served_side_by_side() {
    let server = Server::start(app()).await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(server.at("/echo").open().await);
    }
    for (number, client) in clients.iter_mut().enumerate().rev() {
        assert_eq!(client.ask(&number.to_string()).await, number.to_string());
    }
}
