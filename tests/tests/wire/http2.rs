//! WebSockets over HTTP/2 (RFC 8441): a handshake is an extended CONNECT, and each connection a stream.
//!
//! The client is hyper's, with tungstenite on its streams. What it cannot send is sent by the crate `h2`, or as bytes.

use std::{convert::Infallible, time::Duration};

use axum::Router;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http2::{self, SendRequest},
    ext::Protocol,
    service::service_fn,
    upgrade::Upgraded,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::Instant,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};
use tower::ServiceExt as _;
use ws_runtime::{App, Handshake, Rejection, Service, SocketError, WebSocket, routes, websocket};
use ws_tests::{Memory, Server, assert_elapsed, settle, within};

const SECOND: Duration = Duration::from_secs(1);

#[websocket("/echo/<name>", subprotocols = ["chat"])]
async fn echo(name: String, #[query] n: Option<u8>, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("{name} {n:?}: {text}")).await?;
    }
}

#[websocket("/view")]
async fn view(mut ws: WebSocket) -> Result<(), SocketError> {
    let seen =
        |hs: &Handshake| format!("{} {} {:?} {:?}", hs.method(), hs.uri(), hs.host(), hs.header("host"));
    let seen = seen(ws.handshake());
    ws.send_text(seen).await
}

/// Sends as fast as the client takes.
#[websocket("/flood")]
async fn flood(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        ws.send_binary(vec![0; 16 * 1024]).await?;
    }
}

fn app() -> App {
    App::new().routes(routes![echo, view, flood])
}

/// A connection of hyper's client.
pub(super) struct Http2(SendRequest<Empty<Bytes>>, String);

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

impl Http2 {
    pub(super) async fn to(server: &Server) -> Self {
        Self::over(TcpStream::connect(server.addr()).await.unwrap(), &server.addr().to_string()).await
    }

    /// Connects to a service over a pipe.
    pub(super) async fn join(service: &Service) -> Self {
        let (client, server) = tokio::io::duplex(64 * 1024);
        let service = service.clone();
        tokio::spawn(async move { service.serve_connection(server, None).await });
        Self::over(client, "a.example").await
    }

    /// Makes a connection to a host of a transport.
    pub(super) async fn over<IO>(io: IO, host: &str) -> Self
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(io)).await.unwrap();
        tokio::spawn(connection);
        // The server's settings, which allow an extended CONNECT, have arrived once it has answered anything.
        let mut this = Self(client, host.to_owned());
        let answer = this.request(this.of("/nowhere", Method::GET)).await;
        assert_eq!(answer.status(), 404);
        this
    }

    fn of(&self, target: &str, method: Method) -> Request<Empty<Bytes>> {
        let uri = format!("http://{}{target}", self.1);
        let request = Request::builder().version(Version::HTTP_2).method(method).uri(uri);
        request.header("sec-websocket-version", "13").body(Empty::new()).unwrap()
    }

    pub(super) fn handshake(&self, target: &str) -> Request<Empty<Bytes>> {
        let mut request = self.of(target, Method::CONNECT);
        request.extensions_mut().insert(Protocol::from_static("websocket"));
        request
    }

    pub(super) async fn request(&mut self, request: Request<Empty<Bytes>>) -> Response<Incoming> {
        within("an answer", self.0.send_request(request)).await.unwrap()
    }

    pub(super) async fn open(&mut self, request: Request<Empty<Bytes>>) -> Socket {
        let response = self.request(request).await;
        assert_eq!(response.status(), 200);
        for name in ["connection", "upgrade", "sec-websocket-accept"] {
            assert!(!response.headers().contains_key(name), "{name}");
        }
        let io = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
        WebSocketStream::from_raw_socket(io, Role::Client, None).await
    }
}

pub(super) async fn ask(socket: &mut Socket, text: &str) -> String {
    socket.send(Message::text(text)).await.unwrap();
    within("a message", socket.next()).await.unwrap().unwrap().into_text().unwrap().to_string()
}

pub(super) async fn close(socket: &mut Socket) -> (u16, String) {
    loop {
        match within("a close", socket.next()).await.expect("a Close frame").unwrap() {
            Message::Close(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
            Message::Close(None) => panic!("an empty Close frame"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn many_connections_share_one_transport() {
    let server = Server::start(app()).await;
    let mut http = Http2::to(&server).await;
    let mut ann = http.open(http.handshake("/echo/ann?n=1")).await;
    let mut bob = http.open(http.handshake("/echo/b%20b")).await;
    assert_eq!(ask(&mut ann, "hi").await, "ann Some(1): hi");
    assert_eq!(ask(&mut bob, "ho").await, "b b None: ho");
    ann.close(None).await.unwrap();
    assert_eq!(ask(&mut bob, "still").await, "b b None: still");
}

#[tokio::test]
async fn errors_close_with_code_and_reason() {
    let server = Server::start(app()).await;
    let mut http = Http2::to(&server).await;
    let mut socket = http.open(http.handshake("/echo/ann?n=x")).await;
    assert_eq!(
        close(&mut socket).await,
        (1008, r#"[{"type":"int_parsing","loc":["query","n"]}]"#.to_owned())
    );
    let mut socket = http.open(http.handshake("/echo/ann")).await;
    socket.send(Message::binary(vec![1])).await.unwrap();
    assert_eq!(close(&mut socket).await.0, 1003);
    let mut socket = http.open(http.handshake("/echo/ann")).await;
    socket.send(Message::text("x".repeat(2 << 20))).await.ok();
    assert_eq!(close(&mut socket).await.0, 1009);
}

#[tokio::test]
async fn refusals_over_http_have_their_status() {
    let server = Server::start(app().rejection(Rejection::Http)).await;
    let mut http = Http2::to(&server).await;
    let refused = http.request(http.handshake("/echo/ann?n=x")).await;
    assert_eq!(refused.status(), 422);
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(br#"{"detail":[{"type":"int_parsing""#), "{body:?}");

    let mut with = async |change: &dyn Fn(&mut Request<Empty<Bytes>>)| {
        let mut request = http.handshake("/echo/ann");
        change(&mut request);
        http.request(request).await
    };
    let get = with(&|request| *request = Request::get(request.uri()).body(Empty::new()).unwrap()).await;
    assert_eq!(
        (get.status(), &get.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"CONNECT".parse().unwrap())
    );
    let other =
        with(&|request| drop(request.extensions_mut().insert(Protocol::from_static("connect-udp")))).await;
    assert_eq!(other.status(), 501);
    let old =
        with(&|request| drop(request.headers_mut().insert("sec-websocket-version", "8".parse().unwrap())))
            .await;
    assert_eq!(
        (old.status(), &old.headers()["sec-websocket-version"]),
        (StatusCode::UPGRADE_REQUIRED, &"13".parse().unwrap())
    );
    let foreign =
        with(&|request| drop(request.headers_mut().insert("origin", "http://evil.example".parse().unwrap())))
            .await;
    assert_eq!(foreign.status(), 403);
    // The transport is still good.
    let mut socket = http.open(http.handshake("/echo/ann")).await;
    assert_eq!(ask(&mut socket, "hi").await, "ann None: hi");
}

#[tokio::test]
async fn subprotocols_are_negotiated_and_endpoints_see_the_same_request() {
    let server = Server::start(app()).await;
    let mut http = Http2::to(&server).await;
    let mut request = http.handshake("/echo/ann");
    request.headers_mut().insert("sec-websocket-protocol", "v2, chat".parse().unwrap());
    let response = http.request(request).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["sec-websocket-protocol"]),
        (200, &"chat".parse().unwrap())
    );

    let host = server.addr().to_string();
    let mut same = http.handshake("/view?q=1");
    same.headers_mut().insert("origin", format!("http://{host}").parse().unwrap());
    let mut socket = http.open(same).await;
    let seen = within("a message", socket.next()).await.unwrap().unwrap().into_text().unwrap();
    assert_eq!(seen.as_str(), format!("GET /view?q=1 Some({host:?}) Some({host:?})"));
    assert_eq!(close(&mut socket).await.0, 1000);
}

#[tokio::test]
async fn each_stream_counts_as_a_connection() {
    let server = Server::start(app().max_connections(2)).await;
    let mut http = Http2::to(&server).await;
    let mut first = http.open(http.handshake("/echo/1")).await;
    let _second = http.open(http.handshake("/echo/2")).await;
    assert_eq!(http.request(http.handshake("/echo/3")).await.status(), 503);
    first.close(None).await.unwrap();
    while first.next().await.is_some() {}
    settle().await;
    let mut third = http.open(http.handshake("/echo/3")).await;
    assert_eq!(ask(&mut third, "hi").await, "3 None: hi");
}

#[tokio::test(start_paused = true)]
async fn a_transport_has_its_place_among_the_handshakes_until_a_stream_is_open() {
    let service = app().max_handshakes(1).into_service();
    let begun = Instant::now();
    let _idle = Http2::join(&service).await;
    tokio::time::sleep(5 * SECOND).await;
    // Another one waits until the first has been idle for the time that a head may take.
    let old = Memory::enter(&service, "/echo/1").await;
    assert_elapsed(begun, 10 * SECOND);

    let begun = Instant::now();
    let mut http = Http2::join(&service).await;
    let _socket = http.open(http.handshake("/echo/2")).await;
    let _other = Memory::enter(&service, "/echo/3").await;
    assert_elapsed(begun, Duration::ZERO);
    drop(old);
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let pages = Router::new().route("/page", axum::routing::get(async || "page"));
    let server = Server::start(app().health("/healthz").fallback(pages)).await;
    let stream = TcpStream::connect(server.addr()).await.unwrap();
    let (client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut http = Http2(client, server.addr().to_string());
    for (target, length) in [("/healthz", "3"), ("/page", "4")] {
        let head = http.request(http.of(target, Method::HEAD)).await;
        assert_eq!(
            (head.status().as_u16(), head.headers()["content-length"].to_str().unwrap()),
            (200, length)
        );
        assert_eq!(head.into_body().collect().await.unwrap().to_bytes(), "", "{target}");
        let get = http.request(http.of(target, Method::GET)).await;
        assert_eq!(get.into_body().collect().await.unwrap().to_bytes().len().to_string(), length, "{target}");
    }
}

#[tokio::test]
async fn a_stream_that_is_not_read_holds_up_no_other() {
    let server = Server::start(app()).await;
    let mut http = Http2::to(&server).await;
    let _unread = http.open(http.handshake("/flood")).await;
    let mut socket = http.open(http.handshake("/echo/ann")).await;
    for number in 0..100 {
        let text = format!("{number} {}", "x".repeat(1000));
        assert_eq!(ask(&mut socket, &text).await, format!("ann None: {text}"));
    }
}

#[tokio::test]
async fn a_shutdown_closes_every_stream() {
    let app = app().handle_signals(false);
    let stop = app.shutdown_handle();
    let server = Server::start(app).await;
    let mut http = Http2::to(&server).await;
    let mut sockets =
        [http.open(http.handshake("/echo/1")).await, http.open(http.handshake("/echo/2")).await];
    stop.shutdown();
    for socket in &mut sockets {
        assert_eq!(close(socket).await.0, 1001);
    }
}

#[tokio::test]
async fn a_server_that_mounts_the_service_opens_streams_too() {
    async fn serve(service: Service) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let router = Router::new().route("/", axum::routing::get(async || "page")).fallback_service(service);
        Server::run(&listener.local_addr().unwrap(), async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let router = router.clone();
                let answers = service_fn(move |request| {
                    let router = router.clone();
                    async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap()) }
                });
                let mut http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                http.enable_connect_protocol();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), answers));
            }
        })
    }

    let server = serve(app().into_service()).await;
    let mut http = Http2::to(&server).await;
    let page = http.request(http.of("/", Method::GET)).await;
    assert_eq!(page.into_body().collect().await.unwrap().to_bytes(), "page");
    let mut socket = http.open(http.handshake("/echo/ann")).await;
    assert_eq!(ask(&mut socket, "hi").await, "ann None: hi");
    let mut socket = http.open(http.handshake("/echo/ann?n=x")).await;
    assert_eq!(close(&mut socket).await.0, 1008);
}

#[tokio::test]
async fn one_port_serves_both_versions() {
    let server = Server::start(app()).await;
    let mut http = Http2::to(&server).await;
    let mut socket = http.open(http.handshake("/echo/2")).await;
    let mut old = server.at("/echo/1").open().await;
    assert_eq!(ask(&mut socket, "hi").await, "2 None: hi");
    assert_eq!(old.ask("hi").await, "1 None: hi");

    // The preface may come in pieces.
    let mut slow = TcpStream::connect(server.addr()).await.unwrap();
    for piece in [&b"PR"[..], b"I * HTTP/2.0\r\n", b"\r\nSM\r\n\r\n", &[0, 0, 0, 4, 0, 0, 0, 0, 0]] {
        slow.write_all(piece).await.unwrap();
        settle().await;
    }
    let mut head = [0; 9];
    within("settings", slow.read_exact(&mut head)).await.unwrap();
    assert_eq!(head[3], 4, "a SETTINGS frame");
}

#[tokio::test]
async fn streams_that_are_reset_at_once_end_the_connection() {
    let server = Server::start(app()).await;
    let stream = TcpStream::connect(server.addr()).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    let ended = tokio::spawn(connection);
    let uri = format!("http://{}/echo/ann", server.addr());
    let flood = async {
        for _ in 0..20_000 {
            let Ok(mut ready) = client.clone().ready().await else { return };
            let request = Request::get(&uri).body(()).unwrap();
            let Ok((_, mut stream)) = ready.send_request(request, false) else { return };
            stream.send_reset(h2::Reason::CANCEL);
            tokio::task::yield_now().await;
        }
    };
    within("a flood", flood).await;
    drop(client);
    let error = within("an end", ended).await.unwrap().expect_err("the server gives up");
    // The server does not read the rest of the flood, so the reset of TCP may overtake its GOAWAY frame.
    assert!(error.is_io() || error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM), "{error:?}");
}

#[tokio::test]
async fn a_head_without_end_ends_the_connection() {
    let server = Server::start(app()).await;
    let mut raw = TcpStream::connect(server.addr()).await.unwrap();
    raw.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    // HEADERS on stream 1 without END_HEADERS, and then CONTINUATION frames without end.
    raw.write_all(&[0, 0, 0, 1, 0, 0, 0, 0, 1]).await.unwrap();
    let (mut reads, mut writes) = raw.into_split();
    let flood = async {
        // A literal header that is not indexed: name `a`, and a value of 16,000 bytes.
        let mut block = vec![0, 1, b'a', 0x7f];
        block.extend_from_slice(&[0x81, 0x7c]);
        block.extend_from_slice(&[b'x'; 16_000]);
        let len = u32::try_from(block.len()).unwrap().to_be_bytes();
        let mut frame = vec![len[1], len[2], len[3], 9, 0, 0, 0, 0, 1];
        frame.extend_from_slice(&block);
        for _ in 0..10_000 {
            if writes.write_all(&frame).await.is_err() {
                return;
            }
        }
        panic!("160 MB of one head were taken");
    };
    let read = async { while reads.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {} };
    within("an end", Box::pin(async { tokio::join!(flood, read) })).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_streams_is_ended() {
    let (client, transport) = tokio::io::duplex(64 * 1024);
    let service = app().ping_interval(None).into_service();
    let serving = tokio::spawn(async move { service.serve_connection(transport, None).await });
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(client)).await.unwrap();
    let connection = tokio::spawn(connection);
    let get = Request::get("http://example.com/nowhere").body(Empty::<Bytes>::new()).unwrap();
    assert_eq!(client.send_request(get).await.unwrap().status(), 404);
    let mut request = Request::builder().method(Method::CONNECT).uri("http://example.com/echo/ann");
    request = request.header("sec-websocket-version", "13").extension(Protocol::from_static("websocket"));
    let response = client.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    let io = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Client, None).await;

    // A stream keeps the connection, for as long as it is open.
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(ask(&mut socket, "hi").await, "ann None: hi");
    assert!(!serving.is_finished());
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    drop(socket);
    tokio::time::timeout(Duration::from_mins(1), serving).await.expect("the server ends it").unwrap();
    drop(connection);
}
