//! Each stream of an HTTP/2 connection is a connection of its own: with its own pings, limits, client and end.

use std::{num::NonZeroU32, time::Duration};

use axum::{Router, routing::get};
use futures_util::{SinkExt as _, StreamExt as _};
use http::Request;
use http_body_util::Empty;
use hyper::body::Bytes;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite::Message;
use ws_runtime::{
    App, BearerToken, Handshake, RateLimit, SocketError, State, Tls, WebSocket, routes, websocket,
};
use ws_tests::{Memory, Opening, Raw, Server, Tell, assert_elapsed, ear, op, within};

use super::{
    http2::{Http2, ask, close},
    tls::{Pair, Secure, handshake},
};

const SECOND: Duration = Duration::from_secs(1);

#[websocket("/echo/<name>")]
async fn echo(name: String, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("{name} None: {text}")).await?;
    }
}

/// Tells how its connection ends.
#[websocket("/end")]
async fn end(tell: State<Tell>, ws: WebSocket) {
    tell.show(&ws.closed().await);
}

#[websocket("/who")]
async fn who(handshake: Handshake, mut ws: WebSocket) -> Result<(), SocketError> {
    let address = handshake.client_addr().map(|address| address.ip().to_string());
    let secure = handshake.peer().is_secure();
    ws.send_text(format!("{} {secure}", address.unwrap_or_default())).await?;
    ws.recv().await.map(drop)
}

#[websocket("/account")]
async fn account(token: BearerToken, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(token.as_str()).await
}

fn app() -> App {
    App::new().routes(routes![echo, end, who, account]).state(ear().0).ping_interval(None)
}

#[tokio::test(start_paused = true)]
async fn each_stream_is_pinged_and_one_that_does_not_answer_ends_alone() {
    let service = app().ping_interval(10 * SECOND).pong_timeout(5 * SECOND).into_service();
    let mut http = Http2::join(&service).await;
    let mut awake = http.open(http.handshake("/echo/ann")).await;
    let mut asleep = http.open(http.handshake("/echo/bob")).await;
    let mut pings = 0;
    // tungstenite answers a ping when it is polled.
    let listening = async {
        while let Some(message) = awake.next().await {
            pings += usize::from(message.unwrap().is_ping());
        }
    };
    timeout(35 * SECOND, listening).await.unwrap_err();
    assert_eq!(pings, 3);
    // Its frames are read from below tungstenite, which would fail to answer the ping on a stream that is over.
    let mut below = Raw::over(asleep.get_mut());
    assert_eq!(below.frame().await.unwrap().opcode, op::PING);
    assert_eq!(below.closed().await, (Some(1011), "keepalive ping timeout".to_owned()));
    assert_eq!(ask(&mut awake, "hi").await, "ann None: hi");
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_an_app_hold_for_each_stream() {
    let three_a_minute = RateLimit::new(NonZeroU32::new(3).unwrap(), 60 * SECOND);
    let cases = [
        (app().idle_timeout(7 * SECOND), 0, 7, (1000, "inactivity timeout")),
        (app().max_lifetime(9 * SECOND), 1, 9, (1001, "maximum lifetime reached")),
        (app().max_message_size(4), 1, 0, (1009, "message over 4 bytes")),
        (app().rate_limit(three_a_minute), 5, 0, (1008, "rate limit exceeded")),
    ];
    for (app, messages, seconds, (code, reason)) in cases {
        let service = app.into_service();
        let mut http = Http2::join(&service).await;
        let mut socket = http.open(http.handshake("/echo/ann")).await;
        let start = Instant::now();
        for number in 0..messages {
            socket.send(Message::text(format!("message {number}"))).await.unwrap();
        }
        assert_eq!(close(&mut socket).await, (code, reason.to_owned()));
        assert_elapsed(start, seconds * SECOND);
        // The transport is still good.
        let mut next = http.open(http.handshake("/echo/b")).await;
        assert_eq!(ask(&mut next, "hi").await, "b None: hi");
    }
}

#[tokio::test]
async fn a_stream_that_is_reset_is_lost_alone() {
    let (tell, mut told) = ear();
    let app = App::new().routes(routes![echo, end]).state(tell);
    let server = Server::start(app).await;
    let mut http = Http2::to(&server).await;
    let lost = http.open(http.handshake("/end")).await;
    let mut other = http.open(http.handshake("/echo/ann")).await;
    drop(lost);
    assert_eq!(told.next().await, "Lost");
    assert_eq!(ask(&mut other, "hi").await, "ann None: hi");
    // The end of the transport is that of all of its streams.
    let left = http.open(http.handshake("/end")).await;
    drop((http, other, left));
    assert_eq!(told.next().await, "Lost");
}

#[tokio::test]
async fn streams_have_the_client_that_a_trusted_proxy_names() {
    let server = Server::start(app().trusted_proxies(["127.0.0.1"]).max_connections_per_client(1)).await;
    let mut http = Http2::to(&server).await;
    let from = |http: &Http2, client: &str| {
        let mut request = http.handshake("/who");
        request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
        request.headers_mut().insert("x-forwarded-proto", "https".parse().unwrap());
        request
    };
    let mut open = Vec::new();
    for client in ["192.0.2.1", "192.0.2.2"] {
        let mut socket = http.open(from(&http, client)).await;
        let said = within("a message", socket.next()).await.unwrap().unwrap();
        assert_eq!(said.into_text().unwrap().as_str(), format!("{client} true"));
        open.push(socket);
    }
    // It has one connection, on this transport or on another.
    let refused = http.request(from(&http, "192.0.2.1")).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    let opening = Opening::new("/who").header("X-Forwarded-For", "192.0.2.2");
    assert_eq!(server.request(&opening).await.status, 429);
}

#[tokio::test]
async fn a_token_comes_as_a_subprotocol_and_is_not_echoed() {
    let server = Server::start(app()).await;
    let mut http = Http2::to(&server).await;
    let mut request = http.handshake("/account");
    request.headers_mut().insert("sec-websocket-protocol", "bearer, eyJ0".parse().unwrap());
    let response = http.request(request).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["sec-websocket-protocol"]),
        (200, &"bearer".parse().unwrap())
    );
    assert!(!format!("{:?}", response.headers()).contains("eyJ0"));
}

#[tokio::test(start_paused = true)]
async fn new_streams_of_a_server_that_drains_get_503() {
    let service = app().shutdown_spread(20 * SECOND).into_service();
    let mut http = Http2::join(&service).await;
    let mut open = http.open(http.handshake("/echo/ann")).await;
    let ending = service.clone();
    let ending = tokio::spawn(async move { ending.shut_down().await });
    sleep(Duration::from_millis(1)).await;
    // The client is told to go away, and does not even ask; one on HTTP/1.1 is told when to come back.
    let response = Memory::join(&service, 4096).raw.request(&Opening::new("/echo/bob")).await;
    assert_eq!((response.status.as_u16(), response.header("retry-after").is_some()), (503, true));
    assert_eq!(close(&mut open).await.0, 1001);
    within("the end", ending).await.unwrap();
}

#[tokio::test]
async fn over_tls_a_client_that_offers_h2_opens_streams() {
    let pair = Pair::new();
    let server = Secure::start(app(), Tls::pem(&pair.certificate, &pair.key).unwrap()).await;
    let stream = handshake(server.tcp().await, &pair, &[b"h2", b"http/1.1"]).await.unwrap();
    let mut http = Http2::over(stream, "localhost").await;
    let mut ann = http.open(http.handshake("/echo/ann")).await;
    let mut bob = http.open(http.handshake("/who")).await;
    assert_eq!(ask(&mut ann, "hi").await, "ann None: hi");
    let said = within("a message", bob.next()).await.unwrap().unwrap();
    assert_eq!(said.into_text().unwrap().as_str(), "127.0.0.1 true");
}

/// `axum::serve` allows extended CONNECT, and a route for GET alone would answer it with 405.
#[tokio::test]
async fn a_route_of_axum_opens_streams() {
    let service = app().into_service();
    let router = Router::new().route("/", get(async || "page")).route_service("/echo/{name}", service);
    let listener = Server::listen().await;
    let address = listener.local_addr().unwrap();
    let server = Server::run(&address, async move { axum::serve(listener, router).await.unwrap() });
    let mut http = Http2::over(TcpStream::connect(server.addr()).await.unwrap(), "a.example").await;
    let mut ann = http.open(http.handshake("/echo/ann")).await;
    assert_eq!(ask(&mut ann, "hi").await, "ann None: hi");
    let mut old = server.at("/echo/bob").open().await;
    assert_eq!(old.ask("hi").await, "bob None: hi");
    let page = Request::get("http://a.example/").body(Empty::<Bytes>::new()).unwrap();
    assert_eq!(http.request(page).await.status(), 200);
}
