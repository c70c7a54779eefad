//! [`HandshakeBuilder`]: handshakes for unit tests.

use std::{
    fmt::{self, Display, Write as _},
    net::SocketAddr,
    sync::Arc,
};

use http::{Extensions, HeaderName, HeaderValue, Request, header};
use percent_encoding::utf8_percent_encode;

use super::{Captures, Handshake};
use crate::{EndpointInfo, Peer, state::StateMap, text::ENCODED};

/// Makes a [`Handshake`] for a unit test of a guard, a dependency or a [`FromHandshake`](crate::FromHandshake) type
/// (requires the feature `test-client`); returned by [`Handshake::builder`].
///
/// ```
/// use ws_runtime::{Close, CloseCode, Handshake};
///
/// async fn session(handshake: &Handshake) -> Result<String, Close> {
///     let cookie = handshake.cookie("session").map(str::to_owned);
///     cookie.ok_or_else(|| Close::new(CloseCode::POLICY_VIOLATION, "session cookie missing"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let handshake = Handshake::builder().cookie("session", "abc").build();
/// assert_eq!(session(&handshake).await.unwrap(), "abc");
/// assert_eq!(session(&Handshake::builder().build()).await.unwrap_err().code(), CloseCode::POLICY_VIOLATION);
/// # }
/// ```
#[derive(Default)]
#[must_use = "a handshake is made by `build`"]
pub struct HandshakeBuilder {
    /// The path as set, or empty.
    path: String,
    path_params: Vec<(Arc<str>, String)>,
    query: String,
    cookies: String,
    headers: Vec<(String, Vec<u8>)>,
    extensions: Extensions,
    state: StateMap,
    client_addr: Option<SocketAddr>,
}

impl Handshake {
    /// Prepares a handshake for a unit test.
    pub fn builder() -> HandshakeBuilder {
        HandshakeBuilder::default()
    }
}

impl HandshakeBuilder {
    /// Sets the path of the request, which may include a query. Both must be percent-encoded where necessary. Default:
    /// `/`, followed by the values of the path parameters.
    pub fn path(self, target: impl Into<String>) -> Self {
        let target = target.into();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        Self { path: path.to_owned(), query: query.to_owned(), ..self }
    }

    /// Adds a path parameter. The value is percent-encoded. It is the first segment of the path with this value that no
    /// other parameter has, or a new segment at the end of the path.
    pub fn path_param(mut self, name: &str, value: impl Display) -> Self {
        let value = utf8_percent_encode(&value.to_string(), ENCODED).to_string();
        self.path_params.push((name.into(), value));
        self
    }

    /// Adds a query parameter and percent-encodes it. The same name can be added repeatedly.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        let separator = if self.query.is_empty() { "" } else { "&" };
        let value = value.to_string();
        let (name, value) = (utf8_percent_encode(name, ENCODED), utf8_percent_encode(&value, ENCODED));
        // Writing to a string cannot fail.
        let _ = write!(self.query, "{separator}{name}={value}");
        self
    }

    /// Adds a header. `Host` replaces the default one, which is `localhost`.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds a cookie. The value is used verbatim.
    pub fn cookie(mut self, name: &str, value: impl Display) -> Self {
        let separator = if self.cookies.is_empty() { "" } else { "; " };
        let _ = write!(self.cookies, "{separator}{name}={value}");
        self
    }

    /// Sets the header `Origin`, as browsers do.
    pub fn origin(self, origin: &str) -> Self {
        self.header(header::ORIGIN, origin)
    }

    /// Offers subprotocols, in order of preference.
    pub fn subprotocols(self, subprotocols: impl IntoIterator<Item: Into<String>>) -> Self {
        let names: Vec<String> = subprotocols.into_iter().map(Into::into).collect();
        self.header(header::SEC_WEBSOCKET_PROTOCOL, names.join(", "))
    }

    /// Adds a state of the app, as [`App::state`](crate::App::state) does. It replaces another one of its type.
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, state: T) -> Self {
        self.state.insert(state);
        self
    }

    /// Adds an extension of the request, as a layer in front of the service does.
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, extension: T) -> Self {
        self.extensions.insert(extension);
        self
    }

    /// Sets the address of the client. Default: none, as in servers that do not provide it.
    pub fn client_addr(mut self, address: SocketAddr) -> Self {
        self.client_addr = Some(address);
        self
    }

    /// Makes the handshake.
    ///
    /// # Panics
    ///
    /// Panics if the path or a header is not valid in HTTP.
    #[must_use]
    #[track_caller]
    pub fn build(mut self) -> Handshake {
        let (path, captures) = self.captures();
        let target = if self.query.is_empty() { path } else { format!("{path}?{}", self.query) };
        if !self.cookies.is_empty() {
            self.headers.push((header::COOKIE.to_string(), self.cookies.into_bytes()));
        }
        let mut parts = match Request::builder().uri(&target).body(()) {
            Ok(request) => request.into_parts().0,
            Err(error) => panic!("`{target}` is no path: {error}"),
        };
        for (name, value) in self.headers {
            let parsed = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&value));
            let (Ok(name), Ok(value)) = parsed else { panic!("the header `{name}` is not valid") };
            parts.headers.append(name, value);
        }
        parts.headers.entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
        parts.extensions = self.extensions;
        let endpoint = EndpointInfo::new("unit_test", "/", module_path!(), file!(), line!());
        Handshake::new(
            parts,
            Peer::from(self.client_addr).into(),
            captures,
            Arc::new(endpoint),
            Arc::new(self.state),
        )
    }

    /// Returns the path with all parameters, and where in it they are.
    fn captures(&self) -> (String, Captures) {
        let mut path = self.path.clone();
        let mut taken: Vec<(Arc<str>, std::ops::Range<usize>)> = Vec::new();
        for (name, value) in &self.path_params {
            let mut start = 0;
            let free = path.split('/').find_map(|segment| {
                let range = start..start + segment.len();
                start = range.end + 1;
                let is_free = range.start > 0 && taken.iter().all(|(_, other)| *other != range);
                (segment == value && is_free).then_some(range)
            });
            let range = free.unwrap_or_else(|| {
                path.truncate(path.trim_end_matches('/').len());
                path.push('/');
                path.push_str(value);
                path.len() - value.len()..path.len()
            });
            taken.push((Arc::clone(name), range));
        }
        if path.is_empty() {
            path.push('/');
        }
        let values = taken.iter().map(|(name, range)| (Arc::clone(name), &path[range.clone()]));
        let captures = Captures::new(&path, values);
        (path, captures)
    }
}

/// Leaves out the query, cookies and headers, as a [`Handshake`] does.
impl fmt::Debug for HandshakeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeBuilder").field("path", &self.path).finish_non_exhaustive()
    }
}
