//! Who the client is behind proxies, and how many connections one client may have.

use std::{net::SocketAddr, time::Duration};

use axum::{extract::Request, middleware::Next, response::Response};
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use ws_runtime::{
    App, ClientAddr, Handshake, Origins, ProxyProtocol, Result, SocketError, WebSocket, routes, websocket,
};
use ws_tests::{Client, Frame, Logs, Opening, Raw, Server, within};

/// Sends what is known of the client, and stays.
#[websocket("/who")]
async fn who(
    ClientAddr(address): ClientAddr,
    handshake: Handshake,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    let host = handshake.host().unwrap_or_default();
    ws.send_text(format!("{address} {} {host}", handshake.peer().is_secure())).await?;
    loop {
        ws.recv().await?;
    }
}

fn app() -> App {
    App::new().routes(routes![who])
}

fn trusting() -> App {
    app().trusted_proxies(["127.0.0.0/8"])
}

fn opening(headers: &[(&str, &str)]) -> Opening {
    headers.iter().fold(Opening::new("/who"), |opening, (name, value)| opening.header(name, value))
}

async fn says(server: &Server, headers: &[(&str, &str)]) -> String {
    let mut raw = server.raw().await;
    raw.open(&opening(headers)).await;
    raw.text().await
}

/// Like the above, with a head that arrives in pieces and is read by hyper.
async fn says_in_pieces(server: &Server, headers: &[(&str, &str)]) -> String {
    let mut raw = server.raw().await;
    let bytes = opening(headers).bytes();
    raw.write(&bytes[..9]).await;
    ws_tests::settle().await;
    raw.write(&bytes[9..]).await;
    assert_eq!(raw.response().await.status, 101);
    raw.text().await
}

const FORWARDED: [(&str, &str); 3] = [
    ("X-Forwarded-For", "198.51.100.9, 192.0.2.1, 127.0.0.5"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "chat.example.com"),
];

#[tokio::test]
async fn a_trusted_proxy_says_who_the_client_is() {
    let server = Server::start(trusting()).await;
    let rfc = "for=198.51.100.9, for=192.0.2.1;proto=https;host=chat.example.com, for=127.0.0.5";
    for headers in [&FORWARDED[..], &[("Forwarded", rfc)]] {
        assert_eq!(says(&server, headers).await, "192.0.2.1:0 true chat.example.com");
        assert_eq!(says_in_pieces(&server, headers).await, "192.0.2.1:0 true chat.example.com");
    }
    // Without the headers, the client is the proxy.
    assert!(says(&server, &[]).await.starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn nobody_else_is_heard() {
    for app in [app(), app().trusted_proxies(["10.0.0.0/8", "::1"])] {
        let server = Server::start(app).await;
        let said = says(&server, &FORWARDED).await;
        assert!(said.starts_with("127.0.0.1:") && said.ends_with(" false server.example.com"), "{said}");
        let said = says(&server, &[("Forwarded", "for=192.0.2.1;proto=https;host=a")]).await;
        assert!(said.starts_with("127.0.0.1:") && said.ends_with(" false server.example.com"), "{said}");
        // Headers that contradict each other do not matter.
        says(&server, &[("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")]).await;
    }
}

#[tokio::test]
async fn headers_that_contradict_each_other_are_refused() {
    let server = Server::start(trusting()).await;
    let headers = [("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")];
    let response = server.request(&opening(&headers)).await;
    assert_eq!(response.status, 400);
    assert!(response.body.starts_with("`Forwarded` contradicts"), "{}", response.body);
    let headers = [("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.1")];
    assert!(says(&server, &headers).await.starts_with("192.0.2.1:0"));
    let response = server.request(&opening(&[("X-Forwarded-Host", "no host")])).await;
    assert_eq!(response.status, 400);
}

#[tokio::test]
async fn the_same_origin_is_that_of_the_forwarded_scheme_and_host() {
    let server = Server::start(trusting()).await;
    let https = ("X-Forwarded-Proto", "https");
    let http = ("X-Forwarded-Proto", "http");
    let host = ("X-Forwarded-Host", "chat.example.com");
    for (origin, headers, status) in [
        ("https://chat.example.com", &[https, host][..], 101),
        ("https://chat.example.com", &[http, host], 403),
        ("http://chat.example.com", &[https, host], 403),
        ("http://chat.example.com", &[http, host], 101),
        ("https://chat.example.com", &[("Forwarded", "proto=https;host=chat.example.com")], 101),
        ("http://chat.example.com", &[("Forwarded", "proto=https;host=chat.example.com")], 403),
        ("https://chat.example.com:8443", &[https, ("X-Forwarded-Host", "chat.example.com:8443")], 101),
        ("https://server.example.com", &[https, host], 403),
        ("https://server.example.com", &[https], 101),
        ("http://server.example.com", &[https], 403),
        // Without a scheme, both match, as anything may be in front.
        ("http://chat.example.com", &[host], 101),
        ("https://chat.example.com", &[host], 101),
        ("https://chat.example.com", &[], 403),
    ] {
        let response = server.request(&opening(headers).header("Origin", origin)).await;
        assert_eq!(response.status, status, "{origin} {headers:?}");
    }
    let untrusting = Server::start(app()).await;
    let response =
        untrusting.request(&opening(&[https, host]).header("Origin", "https://chat.example.com")).await;
    assert_eq!(response.status, 403);
}

#[tokio::test]
async fn a_refused_origin_is_logged_with_what_it_was_compared_with() {
    let logs = Logs::capture();
    let server = Server::start(trusting()).await;
    let headers = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "chat.example.com")];
    let response = server.request(&opening(&headers).header("Origin", "http://chat.example.com")).await;
    assert_eq!(response.status, 403);
    let text = logs.only(tracing::Level::WARN).text;
    assert!(text.contains("host=\"https://chat.example.com\""), "{text}");
}

#[tokio::test]
async fn a_refused_request_is_logged_with_its_client() {
    let server = Server::start(trusting()).await;
    let whole = opening(&FORWARDED[1..]);
    // Each is refused in a place of its own.
    for request in
        [whole.clone().header("Origin", "null"), whole.without("Upgrade"), Opening::new("/nowhere")]
    {
        let request = request.header("X-Forwarded-For", "192.0.2.1");
        let logs = Logs::capture();
        assert!(server.request(&request).await.status.is_client_error());
        let refused =
            logs.at(tracing::Level::DEBUG).into_iter().filter(|record| record.text.contains("refused"));
        let texts: Vec<_> = refused.map(|record| record.text).collect();
        assert!(texts.len() == 1 && texts[0].contains("peer=192.0.2.1:0"), "{texts:?}");
    }
}

#[tokio::test]
async fn hosts_are_compared_with_the_forwarded_host() {
    let server = Server::start(trusting().hosts(["chat.example.com"]).origins(Origins::any())).await;
    let host = ("X-Forwarded-Host", "chat.example.com");
    assert_eq!(server.request(&opening(&[host])).await.status, 101);
    assert_eq!(server.request(&opening(&[])).await.status, 400);
}

/// Serves an app within axum, with a layer that says which address the TCP peer has.
async fn behind_axum(app: App) -> Server {
    async fn address(mut request: Request, next: Next) -> Response {
        let address = SocketAddr::from(([127, 0, 0, 1], 9));
        request.extensions_mut().insert(ClientAddr(address));
        next.run(request).await
    }
    let router =
        axum::Router::new().fallback_service(app.into_service()).layer(axum::middleware::from_fn(address));
    let listener = Server::listen().await;
    Server::run(&listener.local_addr().unwrap(), async move {
        axum::serve(listener, router).await.unwrap();
    })
}

#[tokio::test]
async fn behind_axum_the_address_of_a_layer_is_the_proxys() {
    let server = behind_axum(trusting()).await;
    assert_eq!(says(&server, &FORWARDED).await, "192.0.2.1:0 true chat.example.com");
}

#[tokio::test]
async fn pages_see_the_client_too() {
    async fn page(request: Request) -> String {
        request.extensions().get::<ClientAddr>().unwrap().0.to_string()
    }
    let app = || trusting().fallback(axum::Router::new().fallback(page));
    let get = |headers: &[(&str, &str)]| {
        let plain = Opening::new("/page").without("Upgrade").without("Connection");
        headers.iter().fold(plain, |opening, (name, value)| opening.header(name, value))
    };
    for server in [Server::start(app()).await, behind_axum(app()).await] {
        assert_eq!(server.request(&get(&FORWARDED)).await.body, "192.0.2.1:0");
        let headers = [("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")];
        assert_eq!(server.request(&get(&headers)).await.status, 400);
    }
}

#[test]
fn what_is_no_network_is_a_mistake_in_the_app() {
    let error = app().trusted_proxies(["nginx", "127.0.0.1:80", "10.0.0.0/8"]).build().unwrap_err();
    let mistakes: Vec<_> = error.mistakes().collect();
    assert_eq!(
        mistakes,
        [
            "`nginx` in `trusted_proxies` is no network: write an address such as `127.0.0.1`, a network such as `10.0.0.0/8`, or `unix`",
            "`127.0.0.1:80` in `trusted_proxies` is no network: write `127.0.0.1`, without a port",
        ]
    );
}

#[test]
fn proxies_are_texts_addresses_or_networks() {
    let _ = App::new().trusted_proxies(["::1"]);
    let _ = App::new().trusted_proxies(vec!["::1".to_owned()]);
    let _ = App::new().trusted_proxies([std::net::IpAddr::from([127, 0, 0, 1])]);
    let _ = App::new().trusted_proxies([std::net::Ipv6Addr::LOCALHOST]);
}

async fn open_from(server: &Server, client: &str) -> Result<Client, StatusCode> {
    let connect = server.at("/who").header("X-Forwarded-For", client);
    connect.attempt().await.map_err(|refused| {
        assert_eq!(refused.headers.get("retry-after").is_some(), refused.status == 429, "{refused:?}");
        refused.status
    })
}

#[tokio::test]
async fn one_client_may_have_a_number_of_connections() {
    let server = Server::start(trusting().max_connections_per_client(2)).await;
    let mut open = Vec::new();
    for client in
        ["192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "2001:db8:0:1:f::2", "2001:db8:0:2::1"]
    {
        open.push(open_from(&server, client).await.unwrap());
    }
    for client in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8:0:1::9"] {
        assert_eq!(open_from(&server, client).await.unwrap_err(), 429, "{client}");
    }
    // A client that leaves makes room.
    open.remove(0).leave(None).await;
    open.push(open_from(&server, "192.0.2.1").await.unwrap());
    assert_eq!(open_from(&server, "192.0.2.1").await.unwrap_err(), 429);
}

#[tokio::test]
async fn without_trusted_proxies_all_are_one_client() {
    let server = Server::start(app().max_connections_per_client(1)).await;
    let _open = open_from(&server, "192.0.2.1").await.unwrap();
    assert_eq!(open_from(&server, "192.0.2.2").await.unwrap_err(), 429);
}

#[tokio::test]
async fn connections_that_are_refused_or_lost_do_not_count() {
    let server = Server::start(trusting().max_connections_per_client(1)).await;
    let from = ("X-Forwarded-For", "192.0.2.1");
    for _ in 0..3 {
        let response = server.request(&opening(&[from, ("Origin", "https://evil.example")])).await;
        assert_eq!(response.status, 403);
    }
    let raw = {
        let mut raw = server.raw().await;
        raw.open(&opening(&[from])).await;
        raw
    };
    assert_eq!(open_from(&server, "192.0.2.1").await.unwrap_err(), 429);
    raw.abandon(true);
    let again = async {
        loop {
            match open_from(&server, "192.0.2.1").await {
                Ok(client) => return client,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    within("the place", again).await;
}

/// Connects to a listener for the PROXY protocol, and sends these bytes first.
async fn proxied(addr: SocketAddr, header: &[u8]) -> Raw {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(header).await.unwrap();
    Raw::over(stream)
}

async fn behind_proxy_protocol(app: App) -> Server {
    let listener = Server::listen().await;
    let addr = listener.local_addr().unwrap();
    Server::run(&addr, async move { app.serve(ProxyProtocol::new(listener)).await.unwrap() })
}

fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n", &[command, family][..], &length, rest].concat()
}

const V4: [u8; 12] = [192, 0, 2, 1, 192, 0, 2, 2, 0, 80, 0, 81];

#[tokio::test]
async fn a_proxy_header_says_who_the_client_is() {
    let server = behind_proxy_protocol(app()).await;
    let v6 = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1], &[0; 16], &[0, 80, 0, 81]].concat();
    let tlvs =
        [&V4[..], &[4, 0, 2, 0, 0], &[0x20, 0, 8, 1, 0, 0, 0, 0, 0x21, 0, 0], &[0xe0, 0, 1, 7]].concat();
    for (header, said) in [
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 80 81\r\n".to_vec(), "192.0.2.1:80 false"),
        (b"PROXY TCP6 2001:db8::1 ::1 80 81\r\n".to_vec(), "[2001:db8::1]:80 false"),
        (b"PROXY UNKNOWN\r\n".to_vec(), "127.0.0.1:"),
        (v2(0x21, 0x11, &V4), "192.0.2.1:80 false"),
        (v2(0x21, 0x21, &v6), "[2001:db8::1]:80 false"),
        (v2(0x21, 0x11, &tlvs), "192.0.2.1:80 true"),
        (v2(0x20, 0x00, &[]), "127.0.0.1:"),
        (v2(0x20, 0x11, &V4), "127.0.0.1:"),
        (v2(0x21, 0x31, &[0; 216]), "0.0.0.0:0 false"),
    ] {
        let mut raw = proxied(server.addr(), &header).await;
        raw.open(&Opening::new("/who")).await;
        let text = raw.text().await;
        assert!(text.starts_with(said), "{text}, not {said}");
        // Header and handshake in one piece.
        let together = [&header[..], &Opening::new("/who").bytes()].concat();
        let mut raw = proxied(server.addr(), &together).await;
        assert_eq!(raw.response().await.status, 101);
        let text = raw.text().await;
        assert!(text.starts_with(said), "{text}, not {said}");
        // Byte by byte.
        let mut raw = proxied(server.addr(), b"").await;
        for byte in header {
            raw.write([byte]).await;
        }
        raw.open(&Opening::new("/who")).await;
        assert!(raw.text().await.starts_with(said));
        raw.leave().await;
    }
}

#[tokio::test]
async fn what_does_not_begin_with_a_proxy_header_is_dropped() {
    let server = behind_proxy_protocol(app()).await;
    let logs = Logs::capture();
    for bytes in [
        Opening::new("/who").bytes(),
        b"PROXY TCP4 192.0.2.1\r\n\r\nGET /who HTTP/1.1\r\n\r\n".to_vec(),
        [b"PROXY UNKNOWN ".to_vec(), vec![b'x'; 500]].concat(),
        [v2(0x31, 0x11, &V4), Opening::new("/who").bytes()].concat(),
        [v2(0x21, 0x11, &V4[..5]), Opening::new("/who").bytes()].concat(),
        vec![0; 100_000],
    ] {
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        // The server may have dropped the connection before it took everything.
        let _ = stream.write_all(&bytes).await;
        let mut rest = Vec::new();
        let _ = within("the end", stream.read_to_end(&mut rest)).await;
        assert!(rest.is_empty(), "{rest:?}");
    }
    logs.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn a_proxy_header_has_5_seconds() {
    let server = behind_proxy_protocol(app()).await;
    let start = tokio::time::Instant::now();
    let mut raw = proxied(server.addr(), b"PROXY TCP4 192.0.2.1").await;
    raw.eof().await;
    ws_tests::assert_elapsed(start, Duration::from_secs(5));
}

#[tokio::test]
async fn the_client_of_a_proxy_header_may_be_a_trusted_proxy() {
    let server =
        behind_proxy_protocol(app().trusted_proxies(["192.0.2.1"]).max_connections_per_client(1)).await;
    let header = b"PROXY TCP4 192.0.2.1 192.0.2.2 80 81\r\n";
    let mut raw = proxied(server.addr(), header).await;
    raw.open(&opening(&[("X-Forwarded-For", "198.51.100.1")])).await;
    assert!(raw.text().await.starts_with("198.51.100.1:0"));
    let mut other = proxied(server.addr(), header).await;
    assert_eq!(other.request(&opening(&[("X-Forwarded-For", "198.51.100.1")])).await.status, 429);
    // What the transport says is not trusted by itself.
    let mut raw = proxied(server.addr(), b"PROXY TCP4 192.0.2.9 192.0.2.2 80 81\r\n").await;
    raw.open(&opening(&[("X-Forwarded-For", "198.51.100.1")])).await;
    assert!(raw.text().await.starts_with("192.0.2.9:80"));
    raw.send(Frame::close(1000, "")).await;
}
