//! [`Opening`]: a handshake, from its checks to its answer.

use std::{
    future::{Future, poll_fn, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{Response, header, request::Parts};
use hyper::upgrade::OnUpgrade;
use tokio::{sync::oneshot, time::timeout};
use tracing::{Instrument, Span};

use super::{
    answer::Answer,
    connections::Entry,
    service::Inner,
    serving::detach,
    span::{OnSpan, span},
    transport::Connection,
};
use crate::{
    AcceptTimeout, Body, Close, CloseError, ErrorContext, Handshake, Rejection, Upgrade,
    connection::{Attach, Outbox, Running},
    endpoint::{Mounted, Start, close_for},
    handshake::{
        Accept, Captures, Client, HttpError, check_host, check_origin, check_request, http_rejection,
        none_agreed, switching_protocols,
    },
    observe::{self, HandshakeTimer, OpenConnection},
    protocol::{Deflater, Inflater, accept_compression},
    websocket::Acceptance,
};

/// Runs an endpoint until it accepts or ends. It is polled once in place, without a box or a timer. Only a handshake
/// that has to wait is boxed, timed, and kept alive if the request is dropped.
pub(super) async fn decide(mut opening: Opening) -> Answer {
    let on_span = opening.on_span.take();
    let span = span(&opening.handshake, on_span.as_deref());
    // The waker is taken out of the poll, so that the span is entered only once.
    let task = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
    let deciding = span.in_scope(|| match opening.lacks_subprotocol() {
        Some(close) => Ok(opening.refuse(Some(close))),
        None => opening.begin().poll(&mut Context::from_waker(&task)),
    });
    match deciding {
        Ok(answer) => answer,
        Err(deciding) => Undropped(Some(Box::pin(deciding.wait().instrument(span)))).await,
    }
}

/// A handshake that continues as a task of its own when it is dropped.
///
/// hyper drops the future of a request when the client leaves, and a layer may drop it on a timeout. An endpoint that
/// has begun must not be dropped for that.
struct Undropped(Option<Pin<Box<dyn Future<Output = Answer> + Send>>>);

impl Future for Undropped {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        let Some(handshake) = &mut self.0 else { return Poll::Pending };
        let answer = ready!(handshake.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(answer)
    }
}

impl Drop for Undropped {
    fn drop(&mut self) {
        if let Some(handshake) = self.0.take() {
            detach(async {
                handshake.await.spawn();
            });
        }
    }
}

/// A handshake that has passed the checks of [`open`].
pub(super) struct Opening {
    mounted: Arc<Mounted>,
    handshake: Handshake,
    outbox: Outbox,
    /// The upgrade of the HTTP server, if there is one.
    pub(super) on_upgrade: Option<OnUpgrade>,
    entry: Entry,
    timer: HandshakeTimer,
    on_span: Option<Arc<OnSpan>>,
}

/// Checks what RFC 6455 requires of a request for an endpoint.
pub(super) fn open(
    service: &Inner,
    mounted: &Arc<Mounted>,
    captures: Captures,
    mut parts: Parts,
    client: Client,
) -> Result<Opening, HttpError> {
    let timer = HandshakeTimer::start();
    let checked = check_request(&parts, &client)?;
    let settings = &mounted.settings;
    check_host(&checked, &settings.hosts, &mounted.refusals)?;
    check_origin(&checked, &settings.origins, &mounted.refusals)?;
    // The connections are told a moment after the shutdown was requested.
    if service.is_draining() {
        return Err(HttpError::Unavailable);
    }
    let outbox = Outbox::new(Arc::clone(&settings.limits));
    let entry = service.connections.enter(&outbox, client.peer.client(), &service.server.limits)?;
    let info = Arc::clone(&mounted.info);
    let on_upgrade = parts.extensions.remove::<OnUpgrade>();
    #[cfg(feature = "http2")]
    if parts.version == http::Version::HTTP_2 {
        into_http1(&mut parts);
    }
    let handshake = Handshake::new(parts, client, captures, info, Arc::clone(&service.mounts.state));
    let on_span = service.server.on_span.clone();
    Ok(Opening { mounted: Arc::clone(mounted), handshake, outbox, on_upgrade, entry, timer, on_span })
}

/// Makes the view of a request over HTTP/2 the same as that of one over HTTP/1.1: the target is a path, and the host is
/// in a header.
#[cfg(feature = "http2")]
fn into_http1(parts: &mut Parts) {
    let host = parts.uri.authority().and_then(|host| http::HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        parts.headers.insert(header::HOST, host);
    }
    if let Some(target) = parts.uri.path_and_query() {
        parts.uri = http::Uri::from(target.clone());
    }
    parts.extensions.remove::<hyper::ext::Protocol>();
}

impl Opening {
    /// Returns how long the client may take no byte of the answer.
    pub(super) fn send_timeout(&self) -> Duration {
        self.outbox.limits().send_timeout
    }

    /// Returns the close for a client that has to offer one of the endpoint's subprotocols and offers none.
    fn lacks_subprotocol(&self) -> Option<Close> {
        let settings = &self.mounted.settings;
        let close = settings.require_subprotocol.as_ref()?;
        if settings.negotiate(&self.handshake).is_some() {
            return None;
        }
        none_agreed(&self.handshake, &settings.subprotocols);
        Some(Close::clone(close))
    }

    fn begin(self) -> Deciding {
        let subprotocol = self.mounted.settings.negotiate(&self.handshake);
        let (upgrade, accepted) = Upgrade::new(self.handshake.clone(), self.outbox.clone(), subprotocol);
        let running = (self.mounted.run)(Start {
            mounted: Arc::clone(&self.mounted),
            handshake: self.handshake.clone(),
            outbox: self.outbox.clone(),
            upgrade,
        });
        Deciding { opening: self, running, accepted }
    }

    /// Returns the close that the error handlers choose for the timeout. The handlers have the same time again.
    async fn time_out(&self) -> Option<Close> {
        let rejection = self.mounted.settings.rejection;
        let cx = || ErrorContext::new(self.handshake.clone(), self.outbox.clone(), rejection);
        let close = close_for(&self.mounted, AcceptTimeout.into(), cx);
        let close = timeout(self.mounted.settings.accept_timeout, close).await;
        close.unwrap_or_else(|_| Some(AcceptTimeout.close()))
    }

    /// Refuses the handshake. `close` is `None` if the endpoint ended as though its connection were gone, although it
    /// never had one.
    fn refuse(self, close: Option<Close>) -> Answer {
        let close = close.unwrap_or_else(Close::internal_error);
        let endpoint = &self.outbox.limits().endpoint;
        observe::rejected(Some(endpoint.path()), || format!("close_{}", close.code()));
        self.timer.stop(endpoint, "rejected");
        match self.mounted.settings.rejection {
            Rejection::Http => {
                Answer { response: http_rejection(close), connection: None, entry: Some(self.entry) }
            }
            Rejection::Close => {
                // A client that offered subprotocols must fail the connection on a 101 without one (RFC 6455, section
                // 4.1), and would never see the Close frame.
                let subprotocol = self.mounted.settings.negotiate(&self.handshake);
                let subprotocol = subprotocol
                    .or_else(|| self.handshake.selectable_subprotocols().next().map(str::to_owned));
                let accept = Accept { subprotocol, ..Accept::default() };
                // The close is kept until the connection has ended, so its HTTP part is removed.
                self.accept(accept, Box::pin(ready(Some(close.without_http()))), None)
            }
        }
    }

    /// Accepts one of the client's offers of compression, if any is acceptable (RFC 7692, section 7.1).
    fn agree_on_compression(&self, response: &mut Response<Body>) {
        let option = &self.mounted.settings.compression;
        let offers = self.handshake.header_lines(header::SEC_WEBSOCKET_EXTENSIONS.as_str());
        if let Some((agreed, answer)) = accept_compression(option, offers) {
            response.headers_mut().insert(header::SEC_WEBSOCKET_EXTENSIONS, answer);
            self.outbox.deflate(Deflater::new(option, agreed), Inflater::new(agreed));
        }
    }

    /// Completes the handshake.
    fn accept(self, accept: Accept, running: Running, endpoint: Option<(Attach, OpenConnection)>) -> Answer {
        let mut response = switching_protocols(&self.handshake, accept);
        // A connection that is refused at once has nothing to compress.
        if endpoint.is_some() {
            self.agree_on_compression(&mut response);
        }
        let Self { handshake, outbox, on_upgrade, entry, .. } = self;
        let connection =
            Connection { entry, handshake, on_upgrade, outbox, running, endpoint, span: Span::current() };
        Answer { response, connection: Some(connection), entry: None }
    }
}

/// A handshake whose endpoint is running.
struct Deciding {
    opening: Opening,
    running: Running,
    accepted: oneshot::Receiver<Acceptance>,
}

/// What an endpoint decided about its handshake.
enum Decision {
    Accepted(Acceptance),
    Ended(Option<Close>),
}

impl Deciding {
    /// Polls the endpoint once. Returns the answer if it decides at once.
    fn poll(mut self, cx: &mut Context<'_>) -> Result<Answer, Self> {
        match self.poll_decision(cx) {
            Poll::Ready(decision) => Ok(self.answer(decision)),
            Poll::Pending => Err(self),
        }
    }

    fn poll_decision(&mut self, cx: &mut Context<'_>) -> Poll<Decision> {
        let ended = self.running.as_mut().poll(cx);
        // An upgrade that was dropped can no longer be accepted, so the endpoint will end by itself.
        if self.accepted.is_terminated() {
            return ended.map(Decision::Ended);
        }
        if let Poll::Ready(Ok(acceptance)) = Pin::new(&mut self.accepted).poll(cx) {
            if let Poll::Ready(close) = ended {
                // The endpoint has accepted and then ended without waiting for its connection.
                self.running = Box::pin(ready(close));
            }
            return Poll::Ready(Decision::Accepted(acceptance));
        }
        ended.map(Decision::Ended)
    }

    async fn wait(mut self) -> Answer {
        let patience = self.opening.mounted.settings.accept_timeout;
        match timeout(patience, poll_fn(|cx| self.poll_decision(cx))).await {
            Ok(decision) => self.answer(decision),
            Err(_elapsed) => {
                let Self { opening, running, .. } = self;
                drop(running);
                let close = opening.time_out().await;
                opening.refuse(close)
            }
        }
    }

    fn answer(self, decision: Decision) -> Answer {
        let Self { opening, running, .. } = self;
        match decision {
            Decision::Accepted(Acceptance { accept, attach }) => {
                if accept.subprotocol.is_none() {
                    none_agreed(&opening.handshake, &opening.mounted.settings.subprotocols);
                }
                let endpoint = &opening.outbox.limits().endpoint;
                opening.timer.stop(endpoint, "accepted");
                let open = OpenConnection::new(endpoint);
                opening.accept(accept, running, Some((attach, open)))
            }
            Decision::Ended(close) => opening.refuse(close),
        }
    }
}
