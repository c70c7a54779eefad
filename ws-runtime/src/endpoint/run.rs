//! One run of an endpoint: its guards, its parameters, its body, and the close that follows from its outcome.

use std::{pin::pin, sync::Arc};

use super::{
    Endpoint, Handlers, Outcome, SharedGuard,
    dispatch::{catch_panic, dispatch},
};
use crate::{
    Close, CloseCode, EndpointInfo, Error, ErrorContext, Extraction, Handshake, NeverAccepted, Phase,
    Upgrade,
    connection::{Outbox, Running},
    handshake::Refusals,
    options::Settings,
};

/// An endpoint with its place in the table and everything that the scopes around it set.
pub(crate) struct Mounted {
    pub(crate) info: Arc<EndpointInfo>,
    pub(crate) run: fn(Start) -> Running,
    pub(crate) settings: Settings,
    /// The guards, from the outside in.
    pub(crate) guards: Vec<SharedGuard>,
    /// The handlers, from the inside out.
    pub(crate) handlers: Vec<Arc<Handlers>>,
    pub(crate) refusals: Refusals,
    pub(crate) parameters: Vec<Arc<str>>,
    #[cfg(feature = "test-client")]
    pub(crate) requested_as: std::any::TypeId,
}

/// The values that a run of an endpoint starts with.
pub(crate) struct Start {
    pub(crate) mounted: Arc<Mounted>,
    pub(crate) handshake: Handshake,
    pub(crate) outbox: Outbox,
    pub(crate) upgrade: Upgrade,
}

/// Runs an endpoint until it chooses a close. The future is boxed only here, as a connection holds it for its whole
/// life.
pub(crate) fn run_endpoint<E: Endpoint>(start: Start) -> Running {
    let Start { mounted, handshake, outbox, upgrade } = start;
    Box::pin(async move {
        let outcome = {
            let body = pin!(async {
                for guard in &mounted.guards {
                    guard.check(&handshake).await?;
                }
                E::run(Extraction::new(handshake.clone()), upgrade).await
            });
            catch_panic(body).await
        };
        let outcome: Outcome = outcome.unwrap_or_else(|panic| Err(panic.into()));
        let error = match outcome {
            Ok(Some(close)) => return Some(close),
            Ok(None) if outbox.is_accepted() => return Some(CloseCode::NORMAL_CLOSURE.into()),
            Ok(None) => Error::from(NeverAccepted),
            Err(error) => error,
        };
        close_for(&mounted, error, || ErrorContext::new(handshake, outbox, mounted.settings.rejection)).await
    })
}

/// Returns the close for an error, or `None` if the connection is already over.
pub(crate) async fn close_for(
    mounted: &Mounted,
    error: Error,
    cx: impl FnOnce() -> ErrorContext,
) -> Option<Close> {
    let cx = cx();
    // The error may also say that another connection is over, which does not end this one.
    if cx.is_closed() && error.is_quiet() {
        tracing::debug!(endpoint = mounted.info.name(), %error, "an endpoint ended");
        return None;
    }
    let accepted = cx.phase() == Phase::AfterAccept;
    // The future is boxed so that connections reserve no room for it before there is an error.
    let close = Box::pin(dispatch(&mounted.handlers, error, cx)).await;
    // The close is kept until the connection has ended, so its HTTP part is removed.
    Some(if accepted { close.without_http() } else { close })
}
