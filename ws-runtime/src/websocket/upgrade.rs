//! [`Upgrade`]: a handshake that the endpoint has not answered yet.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::oneshot;

use super::WebSocket;
use crate::{
    Closed, Handshake, SocketError, SubprotocolNotOffered,
    connection::{Attach, Attached, Outbox},
    handshake::Accept,
};

/// A connection that is waiting to be accepted, for endpoints that choose the subprotocol and headers themselves, or
/// decide whether to accept at all.
///
/// Returning an error, or a [`Close`](crate::Close), refuses the connection, as a guard would. Returning `Ok(())`
/// without having accepted is an error, [`NeverAccepted`](crate::NeverAccepted).
///
/// ```
/// # use ws_runtime::{Close, CloseCode, Result, Upgrade, websocket};
/// #[websocket("/chat")]
/// async fn chat(upgrade: Upgrade) -> Result {
///     let newest = upgrade.handshake().subprotocols().find(|name| *name == "chat.v2").map(str::to_owned);
///     let Some(subprotocol) = newest else {
///         return Err(Close::new(CloseCode::POLICY_VIOLATION, "chat.v2 is required"))?;
///     };
///     let mut ws = upgrade.subprotocol(subprotocol).accept().await?;
///     ws.send_text("welcome").await?;
///     Ok(())
/// }
/// ```
// This is a single pointer because it is moved through several futures, each of which holds it twice.
pub struct Upgrade(Box<Inner>);

struct Inner {
    handshake: Handshake,
    outbox: Outbox,
    accept: Accept,
    answer: oneshot::Sender<Acceptance>,
}

/// The answer of an endpoint that has accepted its [`Upgrade`].
pub(crate) struct Acceptance {
    pub(crate) accept: Accept,
    /// The endpoint is waiting for this.
    pub(crate) attach: Attach,
}

impl Upgrade {
    /// Creates an upgrade and the receiver of its answer. `subprotocol` is the one that follows from the options.
    pub(crate) fn new(
        handshake: Handshake,
        outbox: Outbox,
        subprotocol: Option<String>,
    ) -> (Self, oneshot::Receiver<Acceptance>) {
        let (answer, accepted) = oneshot::channel();
        let accept = Accept { subprotocol, headers: HeaderMap::new() };
        (Self(Box::new(Inner { handshake, outbox, accept, answer })), accepted)
    }

    /// Returns the opening handshake.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.0.handshake
    }

    /// Sets the subprotocol, in place of the one that follows from the option `subprotocols`.
    ///
    /// It must be one of those that the client [offered](Handshake::subprotocols), or [`accept`](Self::accept) fails: a
    /// client fails a handshake that selects any other (RFC 6455, section 4.2.2).
    #[must_use]
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.0.accept.subprotocol = Some(subprotocol.into());
        self
    }

    /// Adds a header to the 101 response, such as `Set-Cookie`. The headers of the handshake itself cannot be changed.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.accept.headers.append(name, value);
        self
    }

    /// Completes the handshake.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] if the client is gone, and [`SocketError::Subprotocol`] if the client did not
    /// offer the chosen subprotocol.
    pub async fn accept(self) -> Result<WebSocket, SocketError> {
        self.open().await
    }

    #[doc(hidden)]
    #[allow(clippy::needless_pass_by_value, clippy::unused_self, missing_docs)]
    pub fn on_upgrade<F: crate::NoOnUpgrade>(self, _: F) {
        unreachable!("nothing implements the trait")
    }

    pub(crate) async fn open<In, Out, C>(self) -> Result<WebSocket<In, Out, C>, SocketError> {
        let (attaching, open) = (*self.0).answer()?;
        match attaching.await {
            Ok(inbox) => Ok(open.websocket(inbox)),
            Err(_) => Err(SocketError::Closed(Closed::Lost)),
        }
    }
}

impl Inner {
    /// Accepts the connection, and keeps what it will need.
    fn answer(self) -> Result<(oneshot::Receiver<Attached>, Answered), SocketError> {
        let Self { handshake, outbox, mut accept, answer } = self;
        let is_offered =
            |subprotocol: &String| handshake.selectable_subprotocols().any(|offered| offered == subprotocol);
        if let Some(subprotocol) = accept.subprotocol.as_ref().filter(|subprotocol| !is_offered(subprotocol))
        {
            return Err(SocketError::Subprotocol(SubprotocolNotOffered::new(subprotocol.clone())));
        }
        if accept.subprotocol.is_none() {
            accept.subprotocol = handshake.bearer_subprotocol().map(str::to_owned);
        }
        let subprotocol = accept.subprotocol.clone();
        outbox.accept();
        let (attach, attaching) = oneshot::channel();
        // If nobody is waiting for the answer, no transport will be attached either.
        let _ = answer.send(Acceptance { accept, attach });
        Ok((attaching, Answered { handshake, outbox, subprotocol }))
    }
}

/// A handshake that has been answered, and waits for its transport.
struct Answered {
    handshake: Handshake,
    outbox: Outbox,
    subprotocol: Option<String>,
}

impl Answered {
    fn websocket<In, Out, C>(self, inbox: Attached) -> WebSocket<In, Out, C> {
        WebSocket::new(inbox, self.outbox, self.handshake, self.subprotocol)
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade")
            .field("handshake", &self.0.handshake)
            .field("accept", &self.0.accept)
            .finish_non_exhaustive()
    }
}
