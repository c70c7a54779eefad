//! Requests of endpoints: URLs, cookies and headers that fit the endpoint's parameters (requires the feature `request`,
//! which `client` and `test-client` enable).
//!
//! `#[websocket]` and [`contract`](macro@crate::contract) give an endpoint a function `at`. It takes the required
//! parameters as arguments, in the order in which the endpoint has them. Parameters that may be absent are methods with
//! the names of the parameters: those with a `default`, and those whose type is written `Option<T>` or `Vec<T>`.
//!
//! ```
//! # use ws_runtime::{Result, WebSocket, websocket};
//! #[websocket("/items/<id>/ws")]
//! async fn item(
//!     id: u64,
//!     #[query] q: Option<i32>,
//!     #[query] tag: Vec<String>,
//!     #[query(name = "page-size", default = 10)] page_size: u32,
//!     #[cookie] session: Option<String>,
//!     ws: WebSocket,
//! ) -> Result {
//! #   drop(ws);
//!     Ok(())
//! }
//!
//! assert_eq!(item::at(5).q(1).to_string(), "/items/5/ws?q=1");
//! assert_eq!(item::at(5).tag(["a b", "c&d"]).page_size(20).to_string(), "/items/5/ws?tag=a%20b&tag=c%26d&page-size=20");
//! assert_eq!(item::at(5).session("abc").url("ws://localhost:8000")?, "ws://localhost:8000/items/5/ws");
//! # Ok::<(), ws_runtime::request::RequestError>(())
//! ```
//!
//! The result dereferences to a [`Request`], whose methods make a URL of it. It is also what
//! [`TestClient::call`](crate::TestClient::call) and [`ClientBuilder::call`](crate::client::ClientBuilder::call) take:
//! they send its cookies and headers too, offer the subprotocols of the endpoint, and know the types of its messages.
//!
//! # Values
//!
//! A value of type `T` is written by its [`Display`](std::fmt::Display), which must be the form that its `FromStr` reads.
//! A reference to a value is written in the same way, and a `&str` is a value of a `String`. A type that does not
//! implement `Display` can be read by the server only: the argument, or the method, then accepts no value.
//!
//! - A parameter of type `Option<T>` takes a `T` or an `Option<T>`. `None` removes the value.
//! - A parameter of type `Vec<T>` takes one `T`, or anything that yields values. Repeated calls add values. All other
//!   methods replace the value.
//! - A parameter of type [`Query<T>`](crate::Query) is a method that takes a `T` or a `&T`, if `T` implements
//!   `Serialize`.
//! - An alias of an `Option` or a `Vec` cannot be recognized. Such a parameter is an argument of `at`, which takes the
//!   same values.
//! - A parameter named `at` is set by `set_at`.
//! - `#[depends]`, `State` and other `FromHandshake` types are not part of the request, and neither are the headers that
//!   every client sends by itself: `Host`, `Connection`, `Upgrade` and `Sec-WebSocket-…`.
//!
//! The path and the query are percent-encoded as RFC 3986 requires. A value that cannot be sent is an error when the
//! request is [checked](Request::check), when its URL is made, or on connecting; see [`RequestError`]. The constraints of
//! a parameter (`ge`, `pattern`, …) are left to the server.
//!
//! # Routers
//!
//! An endpoint knows the path in its attribute, and not the prefix of the routers that it is nested in. A
//! [`TestClient`](crate::TestClient) finds the prefix in its app. Elsewhere [`Request::under`] adds it, or the URL of the
//! server contains it: `Client::builder("ws://localhost:8000/api")`. A parameter of the prefix that the endpoint reads by
//! `#[path]` is an argument of `at` too; the prefix is then named by its pattern: `.under("/<tenant>")`.
//!
//! Parameters that a dependency reads are not part of the request. The client sets them: `TestRequest` and
//! `ClientBuilder` have `query`, `cookie` and `header`.

mod argument;
mod call;
mod close_of;
mod error;
mod text;

use std::{
    fmt::{self, Write as _},
    marker::PhantomData,
};

use serde::Serialize;

pub use argument::{Argument, Value, Whole};
pub use call::Call;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use call::prepare;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use close_of::close_in_body;
pub use error::RequestError;
pub use text::Values;
use text::{is_dots, push_encoded};

pub use crate::endpoint::Messages;
use crate::handshake::is_token;

/// A request of the endpoint `E`; see the [module](self).
pub struct Request<E> {
    pub(crate) parts: Parts,
    endpoint: PhantomData<fn() -> E>,
}

/// The parts of a request, independent of its endpoint.
#[derive(Clone)]
pub(crate) struct Parts {
    /// The pattern, in which values replace the parameters one after the other.
    path: String,
    pattern: &'static str,
    prefix: Option<String>,
    /// The parameters that the prefix of a router has, with their encoded values.
    outer: Vec<(&'static str, String)>,
    query: Vec<QueryPart>,
    pub(crate) cookies: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The first mistake.
    mistake: Option<RequestError>,
}

/// What one parameter adds to the query.
#[derive(Clone)]
struct QueryPart {
    parameter: &'static str,
    /// `true` for the whole query of a struct, whose parameter may have the name of a value.
    whole: bool,
    /// `name=value`, percent-encoded.
    text: String,
}

impl<E> Request<E> {
    /// Creates a request of the endpoint with this pattern. Generated code then sets the parameters.
    #[doc(hidden)]
    #[must_use]
    pub fn new(pattern: &'static str) -> Self {
        let parts = Parts {
            path: pattern.to_owned(),
            pattern,
            prefix: None,
            outer: Vec::new(),
            query: Vec::new(),
            cookies: Vec::new(),
            headers: Vec::new(),
            mistake: None,
        };
        Self { parts, endpoint: PhantomData }
    }

    /// Returns the request under the prefix of a router, such as `/api`. If it is under a prefix already, the new one
    /// comes first, as routers are nested from the inside out.
    ///
    /// ```
    /// # use ws_runtime::{Result, WebSocket, websocket};
    /// # #[websocket("/items/<id>")]
    /// # async fn item(id: u64, ws: WebSocket) -> Result { drop(ws); Ok(()) }
    /// assert_eq!(item::at(5).under("/v1").under("/api").to_string(), "/api/v1/items/5");
    /// ```
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        let mut request = self.clone();
        let outer = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_path = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        if !(outer.is_empty() || outer.starts_with('/')) || !is_path(outer) {
            request.parts.fail(RequestError::Prefix(prefix.to_owned()));
        }
        let inner = request.parts.prefix.unwrap_or_default();
        request.parts.prefix = Some(format!("{outer}{inner}"));
        request
    }

    /// Returns the path and the query, percent-encoded. `Display` writes the same text.
    ///
    /// This also has a result if the request is [not sound](Self::check).
    #[must_use]
    pub fn path_and_query(&self) -> String {
        self.parts.path_and_query()
    }

    /// Returns the URL of the request on a server, such as `ws://localhost:8000`. The URL of the server may have a path,
    /// which comes first. A URL has no room for cookies and headers.
    ///
    /// # Errors
    ///
    /// Returns [`RequestError::Base`] if the text is not the URL of a server, and otherwise the same errors as
    /// [`check`](Self::check).
    pub fn url(&self, base: &str) -> Result<String, RequestError> {
        self.check()?;
        self.parts.url(base)
    }

    /// Checks that the request can be sent.
    ///
    /// # Errors
    ///
    /// Returns the first value that cannot be sent.
    pub fn check(&self) -> Result<(), RequestError> {
        self.parts.check()
    }
}

/// What generated code calls: one method for each source of a parameter.
#[doc(hidden)]
impl<E> Request<E> {
    #[must_use]
    pub fn path<T, S>(mut self, name: &'static str, value: impl Argument<T, S>) -> Self {
        let mut values = Values::of(value);
        match values.texts.pop() {
            _ if values.failed => self.parts.fail(RequestError::Text(name)),
            Some(text) if values.texts.is_empty() => self.parts.segment(name, &text),
            _ => self.parts.fail(RequestError::NoSegment(name)),
        }
        self
    }

    #[must_use]
    pub fn rest<T, S>(mut self, name: &'static str, value: impl Argument<T, S>) -> Self {
        let values = Values::of(value);
        if values.failed {
            self.parts.fail(RequestError::Text(name));
        }
        self.parts.rest(name, &values);
        self
    }

    #[must_use]
    pub fn query<T, S>(mut self, name: &'static str, value: impl Argument<T, S>) -> Self {
        let values = self.parts.take(name, value);
        let query = &mut self.parts.query;
        query.retain(|part| values.adds || part.whole || part.parameter != name);
        query.extend(values.texts.iter().map(|value| {
            let mut text = String::new();
            push_encoded(&mut text, name);
            text.push('=');
            push_encoded(&mut text, value);
            QueryPart { parameter: name, whole: false, text }
        }));
        self
    }

    #[must_use]
    pub fn cookie<T, S>(mut self, name: &'static str, value: impl Argument<T, S>) -> Self {
        let values = self.parts.take(name, value);
        self.parts.cookies.retain(|(cookie, _)| values.adds || *cookie != name);
        self.parts.cookies.extend(values.texts.into_iter().map(|value| (name, value)));
        self
    }

    #[must_use]
    pub fn header<T, S>(mut self, name: &'static str, value: impl Argument<T, S>) -> Self {
        let values = self.parts.take(name, value);
        self.parts.headers.retain(|(header, _)| values.adds || *header != name);
        self.parts.headers.extend(values.texts.into_iter().map(|value| (name, value)));
        self
    }

    #[must_use]
    pub fn whole_query<Q, S>(mut self, parameter: &'static str, value: impl Whole<Q, S>) -> Self {
        self.parts.query.retain(|part| !part.whole || part.parameter != parameter);
        match to_query(value.__fields()) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => self.parts.query.push(QueryPart { parameter, whole: true, text }),
            Err(error) => self.parts.fail(RequestError::Query(parameter, error)),
        }
        self
    }
}

impl Parts {
    #[cfg(feature = "test-client")]
    pub(crate) fn pattern(&self) -> &'static str {
        self.pattern
    }

    #[cfg(feature = "test-client")]
    pub(crate) fn has_prefix(&self) -> bool {
        self.prefix.is_some()
    }

    #[cfg(feature = "test-client")]
    pub(crate) fn set_prefix(&mut self, prefix: &str) {
        self.prefix = Some(prefix.to_owned());
    }

    pub(crate) fn path_and_query(&self) -> String {
        let mut text = self.placed_prefix();
        text.push_str(&self.path);
        for (index, part) in self.query.iter().enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            text.push_str(&part.text);
        }
        text
    }

    pub(crate) fn url(&self, base: &str) -> Result<String, RequestError> {
        let is_server = base.parse::<http::Uri>().is_ok_and(|uri| {
            uri.scheme().is_some() && uri.host().is_some_and(|host| !host.is_empty()) && uri.query().is_none()
        });
        if !is_server || base.contains(['#', '?']) {
            return Err(RequestError::Base);
        }
        Ok(format!("{}{}", base.trim_end_matches('/'), self.path_and_query()))
    }

    /// Returns the mistake in a value, which the request has wherever it is sent.
    pub(crate) fn mistake(&self) -> Result<(), RequestError> {
        self.mistake.clone().map_or(Ok(()), Err)
    }

    pub(crate) fn check(&self) -> Result<(), RequestError> {
        self.mistake()?;
        let prefix = self.prefix.as_deref().unwrap_or_default();
        if let Some((name, _)) = self.outer.iter().find(|(name, _)| !prefix.contains(&format!("<{name}>"))) {
            return Err(RequestError::NoPrefix(name));
        }
        if self.placed_prefix().contains(['<', '>']) {
            return Err(RequestError::Prefix(prefix.to_owned()));
        }
        for (name, value) in &self.cookies {
            if !is_token(name.as_bytes()) || !is_cookie_value(value) {
                return Err(RequestError::Cookie(name));
            }
        }
        for (name, value) in &self.headers {
            if !is_field_value(value) {
                return Err(RequestError::Header(name));
            }
        }
        Ok(())
    }

    /// Returns the prefix with the values of its parameters.
    fn placed_prefix(&self) -> String {
        let prefix = self.prefix.clone().unwrap_or_default();
        self.outer.iter().fold(prefix, |prefix, (name, value)| prefix.replace(&format!("<{name}>"), value))
    }

    /// Keeps the first mistake only.
    fn fail(&mut self, mistake: RequestError) {
        self.mistake.get_or_insert(mistake);
    }

    fn take<T, S>(&mut self, name: &'static str, value: impl Argument<T, S>) -> Values {
        let values = Values::of(value);
        if values.failed {
            self.fail(RequestError::Text(name));
        }
        values
    }

    fn segment(&mut self, name: &'static str, value: &str) {
        if value.is_empty() {
            self.fail(RequestError::NoSegment(name));
        }
        let encoded = self.encode_segment(name, value);
        let written = format!("<{name}>");
        if self.path.contains(&written) {
            // Encoded values contain no `<`, so this cannot find anything but the parameter.
            self.path = self.path.replacen(&written, &encoded, 1);
        } else {
            self.outer.push((name, encoded));
        }
    }

    fn rest(&mut self, name: &'static str, values: &Values) {
        let rest = if values.many {
            // A server cannot tell it from a rest without any segment.
            if matches!(values.texts.as_slice(), [only] if only.is_empty()) {
                self.fail(RequestError::NoSegment(name));
            }
            let segments: Vec<_> = values.texts.iter().map(|text| self.encode_segment(name, text)).collect();
            segments.join("/")
        } else {
            let texts = values.texts.iter().flat_map(|text| text.split('/'));
            let segments: Vec<_> = texts.map(|text| self.encode_segment(name, text)).collect();
            segments.join("/")
        };
        self.path = self.path.replacen(&format!("<{name}..>"), &rest, 1);
    }

    fn encode_segment(&mut self, name: &'static str, value: &str) -> String {
        let mut encoded = String::new();
        if is_dots(value) {
            self.fail(RequestError::Dots(name));
            encoded.push_str(&value.replace('.', "%2E"));
        } else {
            push_encoded(&mut encoded, value);
        }
        encoded
    }
}

/// The server removes white space around a value and a pair of quotes, and a semicolon ends the value.
fn is_cookie_value(value: &str) -> bool {
    is_field_value(value)
        && !value.contains(';')
        && !(value.len() > 1 && value.starts_with('"') && value.ends_with('"'))
}

/// The server removes white space around a value (RFC 9110, section 5.5).
fn is_field_value(value: &str) -> bool {
    http::HeaderValue::from_bytes(value.as_bytes()).is_ok()
        && value.trim_matches([' ', '\t']).len() == value.len()
}

/// Serializes a struct as form data does (WHATWG), with spaces as RFC 3986 writes them.
fn to_query(fields: impl Serialize) -> Result<String, String> {
    // Form data writes a plus as `%2B`, so each `+` is a space.
    serde_html_form::to_string(fields).map(|form| form.replace('+', "%20")).map_err(|error| error.to_string())
}

impl<E> fmt::Display for Request<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.path_and_query())
    }
}

/// Leaves out the values, which may be secrets.
impl<E> fmt::Debug for Request<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request(")?;
        fmt::Debug::fmt(self.parts.pattern, f)?;
        f.write_char(')')
    }
}

impl<E> Clone for Request<E> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), endpoint: PhantomData }
    }
}
