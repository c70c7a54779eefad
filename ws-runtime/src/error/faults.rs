//! The errors that the runtime itself raises, so that handlers can see them.

use std::any::Any;

use super::CloseError;
use crate::{Close, CloseCode, ValidationError};

/// An endpoint, a guard or a dependency panicked. Closes 1011, with fixed text.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {message}")]
pub struct Panicked {
    message: String,
}

impl Panicked {
    pub(crate) fn new(payload: &(dyn Any + Send)) -> Self {
        let message = payload
            .downcast_ref::<&'static str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "(no text)".to_owned());
        Self { message }
    }

    /// What the panic said. It is for the log, not for the client.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl CloseError for Panicked {
    fn close(&self) -> Close {
        Close::internal_error()
    }
}

/// Guards, parameters and the endpoint took longer than `accept_timeout` to accept the connection. Closes 1013.
#[derive(Debug, thiserror::Error)]
#[error("not accepted in time")]
#[non_exhaustive]
pub struct AcceptTimeout;

impl CloseError for AcceptTimeout {
    fn close(&self) -> Close {
        Close::new(CloseCode::TRY_AGAIN_LATER, "Timed out before accept")
    }
}

/// An endpoint returned `Ok(())` without having accepted its [`Upgrade`](crate::Upgrade). Closes 1011: to refuse a
/// connection, return an error or a [`Close`].
#[derive(Debug, thiserror::Error)]
#[error("the endpoint returned without accepting its connection")]
#[non_exhaustive]
pub struct NeverAccepted;

impl CloseError for NeverAccepted {
    fn close(&self) -> Close {
        Close::internal_error()
    }
}

/// An endpoint accepted its [`Upgrade`](crate::Upgrade) with a subprotocol that the client did not offer, which RFC 6455,
/// section 4.2.2, forbids: a client fails such a handshake. Closes 1011.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the client did not offer the subprotocol {protocol:?}")]
pub struct ProtocolNotOffered {
    protocol: String,
}

impl ProtocolNotOffered {
    pub(crate) fn new(protocol: String) -> Self {
        Self { protocol }
    }

    /// The subprotocol that the endpoint chose.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.protocol
    }
}

impl CloseError for ProtocolNotOffered {
    fn close(&self) -> Close {
        Close::internal_error()
    }
}

impl CloseError for ValidationError {
    fn close(&self) -> Close {
        self.to_close(CloseCode::POLICY_VIOLATION)
    }
}
