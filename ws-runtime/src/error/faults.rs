//! The errors that the runtime itself raises. Handlers can handle them like any other.

use std::any::Any;

use super::CloseError;
use crate::{Close, CloseCode, ValidationError, close::ours};

/// The error of an endpoint, a guard or a dependency that panicked. It closes with 1011 and a fixed reason.
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

    /// Returns the message of the panic. It is meant for the log, not for the client.
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

/// The error of guards, parameters and an endpoint that did not accept the connection within `accept_timeout`. It
/// closes with 1013.
#[derive(Debug, thiserror::Error)]
#[error("not accepted in time")]
#[non_exhaustive]
pub struct AcceptTimeout;

impl CloseError for AcceptTimeout {
    fn close(&self) -> Close {
        ours::NOT_ACCEPTED.close()
    }
}

/// The error of an endpoint that returned `Ok(())` without having accepted its [`Upgrade`](crate::Upgrade). It closes
/// with 1011. To refuse a connection, return an error or a [`Close`].
#[derive(Debug, thiserror::Error)]
#[error("the endpoint returned without accepting its connection")]
#[non_exhaustive]
pub struct NeverAccepted;

impl CloseError for NeverAccepted {
    fn close(&self) -> Close {
        Close::internal_error()
    }
}

/// The error of an endpoint that accepted its [`Upgrade`](crate::Upgrade) with a subprotocol that the client did not
/// offer. RFC 6455, section 4.2.2, forbids that, and a client fails such a handshake. It closes with 1011.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the client did not offer the subprotocol {subprotocol:?}")]
pub struct SubprotocolNotOffered {
    subprotocol: String,
}

impl SubprotocolNotOffered {
    pub(crate) fn new(subprotocol: String) -> Self {
        Self { subprotocol }
    }

    /// Returns the subprotocol that the endpoint chose.
    #[must_use]
    pub fn subprotocol(&self) -> &str {
        &self.subprotocol
    }
}

impl CloseError for SubprotocolNotOffered {
    fn close(&self) -> Close {
        Close::internal_error()
    }
}

impl CloseError for ValidationError {
    fn close(&self) -> Close {
        self.to_close(CloseCode::POLICY_VIOLATION)
    }
}
