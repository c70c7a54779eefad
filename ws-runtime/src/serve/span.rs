//! [`span`]: the span of a connection, and [`OnSpan`], what the app does with it.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tracing::{Span, field};

use crate::{Handshake, Panicked, observe};

/// Makes the span of a connection. What the app does with it happens before anything enters it.
pub(super) fn span(handshake: &Handshake, on_span: Option<&OnSpan>) -> Span {
    let info = handshake.endpoint();
    let span = tracing::info_span!(
        "websocket",
        connection_id = handshake.connection_id().as_u64(),
        endpoint = info.name(),
        path = info.path(),
        peer = Some(handshake.peer()).filter(|peer| !peer.is_unknown()).map(field::display),
        code = field::Empty,
        closed_by = field::Empty,
    );
    if let Some(OnSpan(act)) = on_span.filter(|_| !span.is_disabled()) {
        // No handshake fails because of what is recorded about it.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| act(&span, handshake))) {
            observe::error!("the function of `on_span` panicked", panic = Panicked::new(&*payload).message());
        }
    }
    span
}

/// The function of [`App::on_span`](crate::App::on_span).
pub(crate) struct OnSpan(Box<Act>);

type Act = dyn Fn(&Span, &Handshake) + Send + Sync;

impl OnSpan {
    pub(crate) fn new(act: impl Fn(&Span, &Handshake) + Send + Sync + 'static) -> Self {
        Self(Box::new(act))
    }
}

impl fmt::Debug for OnSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnSpan").finish_non_exhaustive()
    }
}
