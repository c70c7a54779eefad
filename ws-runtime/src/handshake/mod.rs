//! The opening handshake (RFC 6455, section 4): the request as endpoints see it, the checks, and the two answers.

#[cfg(any(feature = "client", feature = "test-client"))]
mod accepted;
mod authority;
mod captures;
mod check;
mod cookies;
mod hosts;
mod http_error;
mod origins;
mod packed;
mod query;
mod raw_value;
mod refusals;
mod response;

use std::{
    borrow::Cow,
    fmt,
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use http::{Extensions, HeaderMap, Method, Uri, header, request::Parts};

use crate::{EndpointInfo, state::StateMap};

#[cfg(feature = "client")]
pub(crate) use accepted::Accepted;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use accepted::check_accepted;
pub(crate) use captures::Captures;
pub(crate) use check::{check_request, is_token, offered_protocols, trim_ows};
pub(crate) use cookies::cookies;
pub(crate) use hosts::{Hosts, check_host};
pub(crate) use http_error::HttpError;
pub use origins::Origins;
pub(crate) use origins::check_origin;
use packed::Packed;
pub(crate) use query::{Pair, query_pairs, query_values};
pub(crate) use raw_value::percent_decode;
pub use raw_value::{NotText, RawValue};
pub(crate) use refusals::{Refusals, Unmatchable, none_agreed, refused};
pub use response::Rejection;
pub(crate) use response::{Accept, http_error, http_rejection, switching_protocols};

/// The opening handshake of a connection, to read. Cloning is cheap.
///
/// Guards and dependencies are given one; [`WebSocket::handshake`](crate::WebSocket::handshake) has it later.
#[derive(Clone)]
pub struct Handshake(Arc<Inner>);

struct Inner {
    request: Packed,
    extensions: Extensions,
    client_addr: Option<SocketAddr>,
    captures: Captures,
    endpoint: Arc<EndpointInfo>,
    state: Arc<StateMap>,
    /// Those whose value stands in no header as it is meant, once one of them is asked for.
    escaped_cookies: OnceLock<Box<[(String, String)]>>,
}

impl Handshake {
    pub(crate) fn new(
        parts: Parts,
        client_addr: Option<SocketAddr>,
        captures: Captures,
        endpoint: Arc<EndpointInfo>,
        state: Arc<StateMap>,
    ) -> Self {
        let Parts { uri, headers, extensions, .. } = parts;
        let request = Packed::new(&uri, &headers);
        // Empty ones may still hold room.
        let extensions = if extensions.is_empty() { Extensions::new() } else { extensions };
        Self(Arc::new(Inner {
            request,
            extensions,
            client_addr,
            captures,
            endpoint,
            state,
            escaped_cookies: OnceLock::new(),
        }))
    }

    /// The method: `GET`.
    #[must_use]
    pub fn method(&self) -> &Method {
        static GET: Method = Method::GET;
        &GET
    }

    /// The request target.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        self.0.request.uri()
    }

    /// The path, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.request.path()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.0.request.headers()
    }

    /// What layers in front of the service left with the request.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// A header's value, the last one if it is repeated; `None` too for one that is not UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.0.request.get_all(name).next_back()?).ok()
    }

    /// A cookie's value, without the quotes and escapes that a library put around it (`a="x y"`); `None` too for one
    /// that is not UTF-8.
    ///
    /// Of several cookies of one name the last one counts, as in FastAPI and whatever else reads cookies by Python's
    /// `http.cookies`: two halves of one site read the same session. Browsers send the cookie with the longer path
    /// first, and of equal paths the older one (RFC 6265, section 5.4), so the last one is the newest for the widest
    /// path. The RFC lets no server rely on that order, for a sibling domain may have set either. A name that starts
    /// with `__Host-` cannot be set from elsewhere, and never stands there twice.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        if let Cow::Borrowed(value) = cookies(self.cookie_lines(), name).last()?.ok()? {
            return Some(value);
        }
        // The last one that is called so is the last one of these, too.
        let escaped = self.0.escaped_cookies.get_or_init(|| cookies::escaped_cookies(self.cookie_lines()));
        escaped.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter, percent-decoded, the last one if it is repeated; `None` too for one that is not UTF-8.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        query_values(self.raw_query(), name).last()?.ok().map(Cow::into_owned)
    }

    /// The subprotocols that the client offers, the one it likes best first (RFC 6455, section 1.9).
    pub fn protocols(&self) -> impl Iterator<Item = &str> {
        offered_protocols(self.header_lines(header::SEC_WEBSOCKET_PROTOCOL.as_str()))
    }

    /// The `Origin` header: browsers always send it, other clients seldom.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.header(header::ORIGIN.as_str())
    }

    /// The host and the port that the client asks for: the `Host` header, or what stands in a request target such as
    /// `http://example.com/chat`, whose `Host` says nothing (RFC 9112, section 3.2.2).
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match self.uri().authority() {
            Some(authority) => Some(authority.as_str()),
            None => self.header(header::HOST.as_str()),
        }
    }

    /// The address of the TCP peer, if whoever serves the connection told: see [`ClientAddr`](crate::ClientAddr).
    #[must_use]
    pub fn client_addr(&self) -> Option<SocketAddr> {
        self.0.client_addr
    }

    /// The endpoint that the request was routed to.
    #[must_use]
    pub fn endpoint(&self) -> &EndpointInfo {
        &self.0.endpoint
    }

    /// The app's state of type `T`, if there is one.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.state.get()
    }

    pub(crate) fn shared_state<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.state.get_shared()
    }

    /// The query, still percent-encoded; empty if there is none.
    pub(crate) fn raw_query(&self) -> &str {
        self.0.request.query()
    }

    /// The values of a header, a line each.
    pub(crate) fn header_lines(&self, name: &str) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.request.get_all(name)
    }

    pub(crate) fn cookie_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.header_lines(header::COOKIE.as_str())
    }

    /// A path parameter, still percent-encoded.
    pub(crate) fn captured(&self, name: &str) -> Option<&str> {
        self.0.captures.get(self.path(), name)
    }
}

/// Without query, cookies and headers, which carry secrets.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("path", &self.path())
            .field("endpoint", &self.endpoint().name())
            .finish_non_exhaustive()
    }
}
