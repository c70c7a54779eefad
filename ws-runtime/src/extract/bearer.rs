//! [`BearerToken`]: the token with which a client authenticates.

use std::{fmt, ops::Deref};

use http::{HeaderValue, StatusCode, header};

use crate::{
    Close, CloseError, Closes, FromHandshake, Handshake, close::ours, description::CloseDescription,
};

/// The bearer token with which a client authenticates (RFC 6750): the header `Authorization: Bearer <token>`, or else
/// the two subprotocols `bearer, <token>`, as scripts in browsers cannot set headers.
///
/// ```
/// # use ws_runtime::{BearerToken, Close, CloseCode, Handshake, Result, WebSocket, websocket};
/// # async fn find_user(token: &str) -> Option<String> { (token == "secret").then(|| "alice".to_owned()) }
/// async fn user(handshake: &Handshake) -> Result<String> {
///     let token = BearerToken::of(handshake)?;
///     let user = find_user(&token).await;
///     Ok(user.ok_or_else(|| Close::new(CloseCode::POLICY_VIOLATION, "unknown token"))?)
/// }
///
/// #[websocket("/account")]
/// async fn account(#[depends(user)] user: String, mut ws: WebSocket) -> Result {
///     ws.send_text(format!("Hello {user}")).await?;
///     Ok(())
/// }
/// ```
///
/// In a browser, `new WebSocket(url, ["bearer", token])` sends the token, and
/// `new WebSocket(url, ["chat", "bearer", token])` another subprotocol with it. The browser accepts only characters that
/// a subprotocol may have, which those of a JSON Web Token and of base64url without padding are.
///
/// The subprotocol that is agreed on is one of the option [`subprotocols`](crate::App::subprotocols), or else `bearer`. An
/// offer that follows `bearer` is never selected, so the token is never part of the answer. It is not logged either, and
/// `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(Box<str>);

impl BearerToken {
    /// Reads the token from a handshake, for guards and dependencies.
    ///
    /// # Errors
    ///
    /// Returns [`NoBearerToken`] if there is none, if it is malformed, or if the header is repeated.
    pub fn of(handshake: &Handshake) -> Result<Self, NoBearerToken> {
        handshake.bearer_token().map(|token| Self(token.into())).ok_or(NoBearerToken)
    }

    /// Returns the token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for BearerToken {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for BearerToken {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<BearerToken> for String {
    fn from(token: BearerToken) -> Self {
        token.0.into()
    }
}

/// Leaves out the token, because it is a secret.
impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BearerToken").finish_non_exhaustive()
    }
}

/// The error of a handshake that has no bearer token, or a malformed one. It closes with 1008, and refuses over HTTP
/// with 401 and `WWW-Authenticate: Bearer`.
#[derive(Debug, thiserror::Error)]
#[error("{}", ours::NO_BEARER.reason)]
#[non_exhaustive]
pub struct NoBearerToken;

impl CloseError for NoBearerToken {
    fn close(&self) -> Close {
        ours::NO_BEARER
            .close()
            .with_status(StatusCode::UNAUTHORIZED)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    fn closes(closes: &mut Closes) {
        let close = CloseDescription::from(&Self.close());
        closes.push(close.docs("The handshake has no bearer token, or a malformed one."));
    }
}

impl FromHandshake for BearerToken {
    type Error = NoBearerToken;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, NoBearerToken> {
        Self::of(handshake)
    }
}
