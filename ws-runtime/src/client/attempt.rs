//! [`Attempt`]: the request of one attempt to connect, which may differ from that of the last.

use std::fmt::{self, Display};

use super::{Ended, request::Parts};
use crate::IntoNames;

/// The request of one attempt to connect, for the hook [`before_connect`](super::ClientBuilder::before_connect). It
/// starts with what the builder has.
#[must_use = "the hook has to return it"]
pub struct Attempt {
    pub(super) parts: Parts,
    number: u32,
    last: Option<Ended>,
}

impl Attempt {
    pub(super) fn new(parts: Parts, number: u32, last: Option<Ended>) -> Self {
        Self { parts, number, last }
    }

    /// Returns the number of the attempt: 1 for the first that the client makes, and one more for each after it.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns how the last connection ended, or why the last attempt failed. Returns `None` for the first attempt.
    #[must_use]
    pub fn last(&self) -> Option<&Ended> {
        self.last.as_ref()
    }

    /// Sets the URL. The parameters of [`query`](Self::query) are added to it.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.parts.set_url(url.into());
        self
    }

    /// Adds a parameter to the query of the URL. The name and the value are percent-encoded.
    pub fn query(mut self, name: impl AsRef<str>, value: impl Display) -> Self {
        self.parts.query(name.as_ref(), &value.to_string());
        self
    }

    /// Sets a header of the handshake, in place of those of that name that the builder has.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.parts.set_header(name.as_ref(), value.as_ref());
        self
    }

    /// Sets the header `Authorization` to `Bearer` and this token.
    pub fn bearer_token(mut self, token: impl Display) -> Self {
        self.parts.bearer_token(&token.to_string());
        self
    }

    /// Sets a cookie, in place of that of the same name that the builder has. The value is sent verbatim.
    pub fn cookie(mut self, name: impl AsRef<str>, value: impl Display) -> Self {
        self.parts.set_cookie(name.as_ref(), &value.to_string());
        self
    }

    /// Offers these subprotocols, in order of preference, in place of those of the builder.
    pub fn subprotocols(mut self, subprotocols: impl IntoNames) -> Self {
        self.parts.set_subprotocols(subprotocols.into_names());
        self
    }
}

/// Leaves out the request, because it may contain secrets.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("number", &self.number)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}
