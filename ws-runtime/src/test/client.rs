//! [`TestClient`]: performs opening handshakes over a pipe.

use std::{
    any::TypeId,
    fmt::{self, Display, Write as _},
    future::{Future, IntoFuture},
    marker::PhantomData,
    mem,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use percent_encoding::utf8_percent_encode;
use tungstenite::handshake::client::generate_key;

use super::{Refused, TestError, TestResponse, TestSocket, pipe::Pipe};
use crate::{
    Body, IntoDependency, IntoNames, Json, Message, Service,
    extract::Replacement,
    handshake::check_accepted,
    protocol::{Compression, Deflater, Inflater, offer_compression},
    request::{Call, Messages, Parts, RequestError, prepare},
    text::ENCODED,
};

/// The argument of [`TestClient::new`]: an [`App`](crate::App), or a [`Service`] that others use too.
#[diagnostic::on_unimplemented(
    message = "a `TestClient` talks to an `App`, not to `{Self}`",
    label = "expected `App::new().routes(routes![..])`",
    note = "a `Router` is mounted by `App::new().nest(\"/prefix\", router)`"
)]
pub trait IntoService {
    #[doc(hidden)]
    fn into_service(self) -> Service;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Service>> IntoService for T {
    #[track_caller]
    fn into_service(self) -> Service {
        self.into()
    }
}

/// A client that connects to an app in memory (requires the feature `test-client`); see the [module](crate::test).
///
/// It can connect any number of times. Clones, and all clients of one [`Service`], share the app and its state.
#[derive(Debug, Clone)]
pub struct TestClient {
    service: Service,
}

impl TestClient {
    /// Creates a client of an [`App`](crate::App), or of a [`Service`] that others use too.
    ///
    /// # Panics
    ///
    /// Panics with the report of [`App::build`](crate::App::build) if there are mistakes in the app.
    #[must_use]
    pub fn new(app: impl IntoService) -> Self {
        Self { service: app.into_service() }
    }

    /// Returns the app as a service, for example to [shut it down](Service::shut_down).
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Puts a function in the place of a dependency: wherever the endpoints, or other dependencies, take the value of
    /// `dependency`, they get that of `replacement`. Neither `dependency` nor what it depends on is called.
    ///
    /// It holds for all clients of the same [`Service`], and for handshakes that begin after the call. The app is
    /// already built, so it still needs the state that `dependency` requires.
    ///
    /// ```
    /// # use ws_runtime::{App, Close, CloseCode, Handshake, Result, TestClient, WebSocket, dependency, routes, websocket};
    /// #[dependency]
    /// async fn user(#[cookie] session: String) -> Result<String, Close> {
    ///     // This asks the database.
    /// #   let _ = session;
    ///     Err(Close::new(CloseCode::POLICY_VIOLATION, "unknown session"))
    /// }
    ///
    /// #[websocket("/me")]
    /// async fn me(#[depends(user)] user: String, mut ws: WebSocket) -> Result {
    ///     ws.send_text(user).await?;
    ///     Ok(())
    /// }
    ///
    /// async fn alice(_: &Handshake) -> Result<String, Close> {
    ///     Ok("alice".to_owned())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let client = TestClient::new(App::new().routes(routes![me])).replace(user, alice);
    /// let mut ws = client.get("/me").connect().await.unwrap();
    /// assert_eq!(ws.recv_text().await.unwrap(), "alice");
    /// # }
    /// ```
    #[must_use]
    // By value, as functions are passed: a reference to one would be another type.
    #[allow(clippy::needless_pass_by_value)]
    pub fn replace<T: 'static, Form, OtherForm>(
        self,
        dependency: impl IntoDependency<T, Form>,
        replacement: impl IntoDependency<T, OtherForm>,
    ) -> Self {
        self.service.replace(dependency.identity(), Arc::new(Replacement::new(replacement)));
        self
    }

    /// Prepares a request for a path, which may include a query: a handshake, which
    /// [`connect`](TestRequest::connect) sends, or a GET for a page, which is sent when the value is awaited.
    ///
    /// The path and the query must already be percent-encoded where necessary.
    ///
    /// ```
    /// # use ws_runtime::{App, TestClient};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let pages = axum::Router::new().route("/page", axum::routing::get(async || "hello"));
    /// let client = TestClient::new(App::new().fallback(pages));
    /// let page = client.get("/page").await.unwrap();
    /// assert_eq!((page.status.as_u16(), page.text().as_str()), (200, "hello"));
    /// # }
    /// ```
    pub fn get(&self, path: impl Into<String>) -> TestRequest {
        TestRequest::new(self.service.clone(), path.into())
    }

    /// Prepares a [request](crate::request) of an endpoint, which fits its parameters. The prefix of the routers around
    /// the endpoint is found in the app, unless the request is [under](crate::request::Request::under) one.
    ///
    /// The client offers the subprotocols of the endpoint. The messages of the connection have the types of the
    /// endpoint's: the test receives what the endpoint sends.
    ///
    /// ```
    /// use ws_runtime::{App, Result, Router, TestClient, WebSocket, routes, websocket};
    ///
    /// #[websocket("/items/<id>/ws")]
    /// async fn item(id: u64, #[query] q: Option<i32>, mut ws: WebSocket) -> Result {
    ///     ws.send_text(format!("{id} {q:?}")).await?;
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    /// let client = TestClient::new(App::new().nest("/api", Router::new().routes(routes![item])));
    /// let mut ws = client.call(item::at(5).q(1)).connect().await?;
    /// assert_eq!(ws.recv_text().await?, "5 Some(1)");
    /// # Ok(()) }
    /// ```
    pub fn call<S: Messages, R: Call<S>>(&self, request: R) -> TestRequest<S::Out, S::In, S::Format> {
        let (mut parts, subprotocols) = prepare(request);
        let placed =
            parts.mistake().and_then(|()| self.place::<R::Endpoint>(&mut parts)).and_then(|()| parts.check());
        let mut request = TestRequest::new(self.service.clone(), parts.path_and_query());
        request.mistake = placed.err();
        request.subprotocols = subprotocols;
        for (name, value) in &parts.cookies {
            request = request.cookie(name, value);
        }
        for (name, value) in parts.headers {
            request = request.header(name, value);
        }
        request
    }

    /// Finds the prefix under which the endpoint is mounted.
    fn place<E: 'static>(&self, parts: &mut Parts) -> Result<(), RequestError> {
        if parts.has_prefix() {
            return Ok(());
        }
        let patterns: Vec<_> = self.service.patterns(TypeId::of::<E>()).collect();
        match patterns.as_slice() {
            [] => Err(RequestError::NotMounted(parts.pattern())),
            [pattern] => {
                parts.set_prefix(pattern.strip_suffix(parts.pattern()).unwrap_or_default());
                Ok(())
            }
            several => Err(RequestError::Ambiguous(several.join(", "))),
        }
    }
}

impl TestClient {
    /// Sends any HTTP request and waits for the whole response. The request gets a `Host` of `localhost` if it has none.
    /// It comes from 127.0.0.1, port 50000. This needs a tokio runtime.
    ///
    /// ```
    /// # use ws_runtime::{App, TestClient};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let request = http::Request::post("/nothing").body("hello").unwrap();
    /// let response = TestClient::new(App::new()).request(request).await.unwrap();
    /// assert_eq!(response.status, 404);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`TestError::Lost`] if the server drops the connection without a whole response.
    pub async fn request<B: Into<Body>>(&self, request: Request<B>) -> Result<TestResponse, TestError> {
        answer(self.service.clone(), CLIENT_ADDR, request.map(Into::into)).await
    }
}

/// The address that a client connects from, unless a test says otherwise.
const CLIENT_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50_000);

/// An opening handshake in preparation, returned by [`TestClient::get`] and [`TestClient::call`].
///
/// The connection receives messages of type `In` and sends those of type `Out`, in the format `C`.
#[must_use = "a handshake is sent by `connect`, and a request for a page by `.await`"]
pub struct TestRequest<In = Message, Out = In, C = Json> {
    service: Service,
    client_addr: SocketAddr,
    target: String,
    cookies: String,
    subprotocols: Vec<String>,
    compression: Compression,
    builder: request::Builder,
    mistake: Option<RequestError>,
    messages: PhantomData<fn(Out, C) -> In>,
}

impl<In, Out, C> TestRequest<In, Out, C> {
    fn new(service: Service, target: String) -> Self {
        Self {
            service,
            client_addr: CLIENT_ADDR,
            target,
            cookies: String::new(),
            subprotocols: Vec::new(),
            compression: Compression::default(),
            builder: Request::builder(),
            mistake: None,
            messages: PhantomData,
        }
    }

    /// Adds a query parameter and percent-encodes it. The same name can be added repeatedly.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        let separator = if self.target.contains('?') { '&' } else { '?' };
        let name = utf8_percent_encode(name, ENCODED);
        let value = value.to_string();
        let value = utf8_percent_encode(&value, ENCODED);
        // Writing to a string cannot fail.
        let _ = write!(self.target, "{separator}{name}={value}");
        self
    }

    /// Adds a cookie. The value is sent verbatim.
    pub fn cookie(mut self, name: &str, value: impl Display) -> Self {
        let separator = if self.cookies.is_empty() { "" } else { "; " };
        let _ = write!(self.cookies, "{separator}{name}={value}");
        self
    }

    /// Adds a header. A header that belongs to the handshake itself, such as `Host` or `Sec-WebSocket-Version`,
    /// replaces the default one.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.builder = self.builder.header(name.as_ref(), value.as_ref());
        self
    }

    /// Adds the header `Origin`, as browsers do. The host is `localhost`, so `http://localhost` is the same origin.
    pub fn origin(self, origin: &str) -> Self {
        self.header(header::ORIGIN, origin)
    }

    /// Offers subprotocols, in order of preference. The server must then select one of them, or the handshake fails, as
    /// in browsers. To test how other clients are treated, set the [`header`](Self::header) instead.
    pub fn subprotocols(mut self, subprotocols: impl IntoNames) -> Self {
        self.subprotocols.extend(subprotocols.into_names());
        self
    }

    /// Offers compression (RFC 7692). By default, none is offered.
    #[cfg(feature = "deflate")]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets the address that the client connects from. Default: 127.0.0.1, port 50000.
    pub fn client_addr(mut self, address: SocketAddr) -> Self {
        self.client_addr = address;
        self
    }

    /// Sends the handshake and waits for the response. This needs a tokio runtime.
    ///
    /// If an endpoint refuses with a Close frame, which is the default, the handshake still completes: this method
    /// returns `Ok`, and [`TestSocket::closed`] returns the code.
    ///
    /// # Errors
    ///
    /// Returns [`TestError::Refused`] if the server refuses over HTTP, which it always does for an unknown path, a
    /// foreign origin or a malformed handshake. The other errors report that no handshake took place.
    pub async fn connect(self) -> Result<TestSocket<In, Out, C>, TestError> {
        Ok(self.open().await?.with_format())
    }

    /// Takes the request with the headers that were set, which a handshake then completes.
    fn request(&mut self) -> Result<Request<Body>, TestError> {
        if let Some(mistake) = self.mistake.take() {
            return Err(TestError::Call(mistake));
        }
        let mut builder = mem::take(&mut self.builder);
        if !self.cookies.is_empty() {
            builder = builder.header(header::COOKIE, self.cookies.as_str());
        }
        if !self.subprotocols.is_empty() {
            builder = builder.header(header::SEC_WEBSOCKET_PROTOCOL, self.subprotocols.join(", "));
        }
        Ok(builder.uri(self.target.as_str()).body(Body::empty())?)
    }

    async fn open(mut self) -> Result<TestSocket, TestError> {
        let mut request = self.request()?;
        let Self { service, client_addr, subprotocols, compression, .. } = self;
        let headers = request.headers_mut();
        if let Some(offer) = offer_compression(&compression) {
            headers.append(header::SEC_WEBSOCKET_EXTENSIONS, offer);
        }
        complete(headers);
        let key = headers.get(header::SEC_WEBSOCKET_KEY).cloned();

        let response = exchange(service, client_addr, request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(refused(response).await);
        }
        let key = key.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
        let accepted = check_accepted(response.headers(), key, &subprotocols, &compression);
        let agreed = accepted.map_err(TestError::Violation)?.compression;
        let compression = agreed.map(|agreed| (Deflater::new(&compression, agreed), Inflater::new(agreed)));
        let headers = response.headers().clone();
        let stream = hyper::upgrade::on(response).await.map_err(|_lost| TestError::Lost)?;
        Ok(TestSocket::open(stream, headers, compression))
    }
}

/// Sends the request as a GET that opens no connection, and waits for the whole response.
///
/// # Errors
///
/// The result is [`TestError::Request`] if the request is not valid HTTP, [`TestError::Call`] if the request of an endpoint
/// cannot be sent, and [`TestError::Lost`] if the server drops the connection without a whole response.
impl IntoFuture for TestRequest {
    type Output = Result<TestResponse, TestError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let request = self.request()?;
            answer(self.service, self.client_addr, request).await
        })
    }
}

/// Sends a request, and reads the whole response.
async fn answer(
    service: Service,
    client_addr: SocketAddr,
    mut request: Request<Body>,
) -> Result<TestResponse, TestError> {
    request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
    let response = exchange(service, client_addr, request).await?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|_lost| TestError::Lost)?.to_bytes();
    Ok(TestResponse { status: parts.status, headers: parts.headers, body })
}

impl<In, Out, C> fmt::Debug for TestRequest<In, Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestRequest")
            .field("target", &self.target)
            .field("cookies", &self.cookies)
            .field("subprotocols", &self.subprotocols)
            .field("request", &self.builder)
            .finish_non_exhaustive()
    }
}

/// Adds those headers of a handshake that the test did not set.
fn complete(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::HOST, "localhost"),
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(key) = HeaderValue::try_from(generate_key()) {
        headers.entry(header::SEC_WEBSOCKET_KEY).or_insert(key);
    }
}

/// Sends a request over a pipe of its own.
async fn exchange(
    service: Service,
    client_addr: SocketAddr,
    request: Request<Body>,
) -> Result<Response<Incoming>, TestError> {
    let (client, server) = Pipe::new();
    tokio::spawn(async move { service.serve_connection(server, Some(client_addr)).await });
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(client)).await.map_err(|_lost| TestError::Lost)?;
    tokio::spawn(connection.with_upgrades());
    sender.send_request(request).await.map_err(|_lost| TestError::Lost)
}

async fn refused(response: Response<Incoming>) -> TestError {
    let (parts, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => TestError::Refused(Box::new(Refused {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        })),
        Err(_) => TestError::Lost,
    }
}
