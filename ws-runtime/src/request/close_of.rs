//! `close_of`: the error of the server that a close was made from.

use crate::{CloseError, Closed, SocketError};

impl Closed {
    /// Returns the error that the peer closed the connection with, if its type says which one that is; see
    /// [`CloseError::from_close`].
    ///
    /// ```
    /// use ws_runtime::{CloseError, Closed, PeerClose};
    ///
    /// #[derive(Debug, PartialEq, thiserror::Error, CloseError)]
    /// enum ItemError {
    ///     #[error("session cookie missing")]
    ///     #[close(4001)]
    ///     NoSession,
    ///     #[error("item {0} is gone")]
    ///     #[close(4004)]
    ///     Gone(u64), // its field cannot be known from the text of a reason
    /// }
    ///
    /// let closed = Closed::Peer(Some(PeerClose::new(4001, "session cookie missing")));
    /// assert_eq!(closed.close_of::<ItemError>(), Some(ItemError::NoSession));
    /// let closed = Closed::Peer(Some(PeerClose::new(4004, "item 5 is gone")));
    /// assert_eq!(closed.close_of::<ItemError>(), None);
    /// ```
    #[must_use]
    pub fn close_of<E: CloseError>(&self) -> Option<E> {
        match self {
            Self::Peer(Some(close)) => E::from_close(close.code, &close.reason),
            _ => None,
        }
    }
}

impl SocketError {
    /// Returns the error that the peer closed the connection with; see [`Closed::close_of`].
    #[must_use]
    pub fn close_of<E: CloseError>(&self) -> Option<E> {
        match self {
            Self::Closed(closed) => closed.close_of(),
            _ => None,
        }
    }
}

/// Returns the error that the body of a refusal over HTTP was made from: `{"code":…,"reason":…}`.
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) fn close_in_body<E: CloseError>(body: &[u8]) -> Option<E> {
    let refusal: serde_json::Value = serde_json::from_slice(body).ok()?;
    let code = refusal.get("code")?.as_u64()?;
    E::from_close(u16::try_from(code).ok()?, refusal.get("reason")?.as_str()?)
}
