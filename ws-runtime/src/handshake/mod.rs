//! The opening handshake (RFC 6455, section 4): the request as endpoints see it, the checks, and the two possible
//! responses.

#[cfg(any(feature = "client", feature = "test-client"))]
mod accepted;
mod authority;
mod bearer;
#[cfg(feature = "test-client")]
mod builder;
mod captures;
mod check;
mod connection_id;
mod cookies;
mod forwarded;
mod hosts;
mod http_error;
mod origins;
mod packed;
mod proxies;
mod query;
mod raw_value;
mod refusals;
mod response;

#[cfg(feature = "test-client")]
use std::any::{Any, TypeId};
use std::{
    borrow::Cow,
    fmt,
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{Extensions, HeaderMap, Method, Uri, header, request::Parts};

use crate::{EndpointInfo, Peer, state::StateMap};

#[cfg(feature = "client")]
pub(crate) use accepted::Accepted;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use accepted::check_accepted;
use bearer::Authorization;
#[cfg(feature = "test-client")]
pub use builder::HandshakeBuilder;
pub(crate) use captures::Captures;
pub(crate) use check::{asks_for_websocket, check_request, is_token, offered_subprotocols, trim_ows};
pub use connection_id::ConnectionId;
pub(crate) use cookies::cookies;
pub(crate) use hosts::{Hosts, check_host};
pub(crate) use http_error::HttpError;
pub use origins::Origins;
pub(crate) use origins::check_origin;
use packed::Packed;
pub(crate) use proxies::{Client, Proxies};
pub(crate) use query::{Pair, query_pairs, query_values};
pub(crate) use raw_value::percent_decode;
pub use raw_value::{NotText, RawValue};
pub(crate) use refusals::{Refusals, Unmatchable, none_agreed, refused};
pub use response::Rejection;
#[cfg(feature = "http2")]
pub(crate) use response::into_http2;
pub(crate) use response::{Accept, http_error, http_rejection, switching_protocols};

/// A read-only view of a connection's opening handshake. Cloning it is cheap.
///
/// Guards and dependencies receive one; endpoints get it from [`WebSocket::handshake`](crate::WebSocket::handshake).
#[derive(Clone)]
pub struct Handshake(Arc<Inner>);

struct Inner {
    id: ConnectionId,
    request: Packed,
    extensions: Extensions,
    client: Client,
    captures: Captures,
    endpoint: Arc<EndpointInfo>,
    state: Arc<StateMap>,
    /// The cookies whose decoded value is not a slice of a header. They are collected when one of them is first
    /// requested.
    escaped_cookies: OnceLock<Box<[(String, String)]>>,
    /// Whether the bearer token was asked for. Only then does the subprotocol `bearer` mean anything.
    reads_bearer: AtomicBool,
}

impl Handshake {
    pub(crate) fn new(
        parts: Parts,
        client: Client,
        captures: Captures,
        endpoint: Arc<EndpointInfo>,
        state: Arc<StateMap>,
    ) -> Self {
        let Parts { uri, headers, extensions, .. } = parts;
        let request = Packed::new(&uri, &headers);
        // Even empty extensions may have allocated memory.
        let extensions = if extensions.is_empty() { Extensions::new() } else { extensions };
        Self(Arc::new(Inner {
            id: ConnectionId::next(),
            request,
            extensions,
            client,
            captures,
            endpoint,
            state,
            escaped_cookies: OnceLock::new(),
            reads_bearer: AtomicBool::new(false),
        }))
    }

    /// Returns the number of the connection, which no other connection of this process has.
    #[must_use]
    pub fn connection_id(&self) -> ConnectionId {
        self.0.id
    }

    /// Returns the method, which is always `GET`: over HTTP/2, where a CONNECT opens a WebSocket, too.
    #[must_use]
    pub fn method(&self) -> &Method {
        static GET: Method = Method::GET;
        &GET
    }

    /// Returns the request target.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        self.0.request.uri()
    }

    /// Returns the whole path of the request, which is still percent-encoded.
    #[must_use]
    pub fn raw_path(&self) -> &str {
        self.0.request.path()
    }

    /// Returns the path parameter `<name>` or `<name..>`, percent-decoded. Returns `None` if neither the path of the
    /// endpoint nor a prefix has it, or if it is not UTF-8.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<String> {
        percent_decode(self.captured(name)?).ok().map(Cow::into_owned)
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.0.request.headers()
    }

    /// Returns the extensions that layers in front of the service added to the request.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// Returns the value of a header, or its last value if it is repeated. Returns `None` if the header is absent or
    /// not UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.0.request.get_all(name).next_back()?).ok()
    }

    /// Returns the value of a cookie, without the quotes and escapes that a library put around it (`a="x y"`). Returns
    /// `None` if the cookie is absent or not UTF-8.
    ///
    /// If several cookies have the same name, the last one counts, as in FastAPI and everything else that uses Python's
    /// `http.cookies`, so that two parts of one site read the same session. Browsers send the cookie with the longer
    /// path first, and the older one first if the paths are equal (RFC 6265, section 5.4), so the last one is the
    /// newest for the widest path. The RFC does not allow servers to rely on that order, because a sibling domain may
    /// have set either cookie. A name that starts with `__Host-` cannot be set from elsewhere, and never occurs twice.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        if let Cow::Borrowed(value) = cookies(self.cookie_lines(), name).last()?.ok()? {
            return Some(value);
        }
        // The last cookie with this name is also the last one with this name in this list.
        let escaped = self.0.escaped_cookies.get_or_init(|| cookies::escaped_cookies(self.cookie_lines()));
        escaped.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Returns a query parameter, percent-decoded, or its last value if it is repeated. Returns `None` if the parameter
    /// is absent or not UTF-8.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        query_values(self.raw_query(), name).last()?.ok().map(Cow::into_owned)
    }

    /// Returns all values of a query parameter, percent-decoded and in their order. A value that is not UTF-8 is left
    /// out.
    pub fn query_all(&self, name: &str) -> impl Iterator<Item = String> {
        query_values(self.raw_query(), name).filter_map(|value| value.ok().map(Cow::into_owned))
    }

    /// Returns the subprotocols that the client offers, in its order of preference (RFC 6455, section 1.9).
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        offered_subprotocols(self.header_lines(header::SEC_WEBSOCKET_PROTOCOL.as_str()))
    }

    /// Returns the offered subprotocols without those that are bearer tokens.
    pub(crate) fn selectable_subprotocols(&self) -> impl Iterator<Item = &str> {
        bearer::without_tokens(self.subprotocols())
    }

    /// Returns the bearer token of the client, from the header or from the subprotocols.
    pub(crate) fn bearer_token(&self) -> Option<&str> {
        self.0.reads_bearer.store(true, Ordering::Relaxed);
        let mut lines = self.header_lines(header::AUTHORIZATION.as_str());
        match (lines.next(), lines.next()) {
            (Some(_), Some(_)) => return None,
            (Some(value), None) => match Authorization::of(value) {
                Authorization::Token(token) => return Some(token),
                Authorization::Malformed => return None,
                Authorization::OtherScheme => {}
            },
            (None, _) => {}
        }
        bearer::of_protocols(self.subprotocols()).map(|(_, token)| token)
    }

    /// Returns the subprotocol to select if no other was agreed on: the marker before the token that was read.
    pub(crate) fn bearer_subprotocol(&self) -> Option<&str> {
        if !self.0.reads_bearer.load(Ordering::Relaxed) {
            return None;
        }
        bearer::of_protocols(self.subprotocols()).map(|(marker, _)| marker)
    }

    /// Returns the `Origin` header, which browsers always send and other clients seldom do.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.header(header::ORIGIN.as_str())
    }

    /// Returns the host and port that the client asks for: the `Host` header, or the authority in a request target such
    /// as `http://example.com/chat`, in which case `Host` is ignored (RFC 9112, section 3.2.2). Behind a [trusted
    /// proxy](crate::App::trusted_proxies), it is the host that the proxy names, if it names one.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match (&self.0.client.host, self.uri().authority()) {
            (Some(host), _) => Some(host),
            (None, Some(authority)) => Some(authority.as_str()),
            (None, None) => self.header(header::HOST.as_str()),
        }
    }

    /// Returns the address of the client: see [`ClientAddr`](crate::ClientAddr). Returns `None` if the client is on a
    /// Unix socket, or if the server of the connection does not provide its address.
    #[must_use]
    pub fn client_addr(&self) -> Option<SocketAddr> {
        self.0.client.peer.addr()
    }

    /// Returns the client, which has an address and may have connected by TLS. Behind a [trusted
    /// proxy](crate::App::trusted_proxies), it is the client that the proxy names, and otherwise the peer of the
    /// transport.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.client.peer
    }

    /// Returns the endpoint that the request was routed to.
    #[must_use]
    pub fn endpoint(&self) -> &EndpointInfo {
        &self.0.endpoint
    }

    /// Returns the app's state of type `T`, if there is one.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.state.get()
    }

    /// Returns the function that a test puts in the place of a dependency.
    #[cfg(feature = "test-client")]
    pub(crate) fn replacement(&self, dependency: TypeId) -> Option<Arc<dyn Any + Send + Sync>> {
        self.0.state.replacement(dependency)
    }

    /// Returns the query, which is still percent-encoded, and empty if there is none.
    pub(crate) fn raw_query(&self) -> &str {
        self.0.request.query()
    }

    /// Returns the values of a header, one for each line.
    pub(crate) fn header_lines(&self, name: &str) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.request.get_all(name)
    }

    pub(crate) fn cookie_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.header_lines(header::COOKIE.as_str())
    }

    /// Returns a path parameter, which is still percent-encoded.
    pub(crate) fn captured(&self, name: &str) -> Option<&str> {
        self.0.captures.get(self.raw_path(), name)
    }
}

/// Leaves out the query, cookies and headers, because they carry secrets.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("path", &self.raw_path())
            .field("endpoint", &self.endpoint().name())
            .finish_non_exhaustive()
    }
}
