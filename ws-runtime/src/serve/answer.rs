//! [`answer`]: answers a request with an endpoint, the fallback or a refusal.

use std::future::Future;

use super::{
    connections::Entry,
    fallback,
    opening::{Opening, decide, open},
    pages::{reads, redirect},
    service::Inner,
    transport::Connection,
};
#[cfg(feature = "http2")]
use crate::handshake::into_http2;
use crate::{
    Body, ClientAddr, Peer,
    handshake::{Client, HttpError, asks_for_websocket, http_error, refused},
};
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Body as HttpBody;

/// The answer to a request, and the connection that begins once the 101 has been sent.
pub(super) struct Answer {
    pub(super) response: Response<Body>,
    pub(super) connection: Option<Connection>,
    /// The entry of a handshake that was refused, which counts until the answer is written.
    pub(super) entry: Option<Entry>,
}

impl From<Response<Body>> for Answer {
    fn from(response: Response<Body>) -> Self {
        Self { response, connection: None, entry: None }
    }
}

impl Answer {
    /// Spawns a task for the connection, and returns the response.
    pub(super) fn spawn(self) -> Response<Body> {
        if let Some(connection) = self.connection {
            tokio::spawn(connection.run());
        }
        self.response
    }
}

/// Answers a request from a peer of the transport. If the transport does not know the peer, it is the one that a layer
/// has set.
///
/// The function is not `async`, as the future would then store the whole request, and twice. For a handshake the
/// future stores only the parts that are still needed.
pub(super) fn answer<B>(
    service: &Inner,
    request: Request<B>,
    peer: Peer,
) -> impl Future<Output = Answer> + Send + use<B>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    #[cfg(feature = "http2")]
    let is_http2 = request.version() == http::Version::HTTP_2;
    let peer = match request.extensions().get() {
        Some(ClientAddr(address)) if peer.is_unknown() => (*address).into(),
        _ => peer,
    };
    let client = service.server.proxies.client(request.headers(), peer);
    let peer = client.as_ref().map_or(peer, |client| client.peer);
    // Beside a fallback, the path of an endpoint has other methods and a page, too.
    let is_ours = service.fallback.is_none() || asks_for_websocket(&request);
    let found = service.mounts.route(request.uri().path()).filter(|_| is_ours);
    let disposition = match found {
        Some((mounted, captures)) => {
            let (parts, _body) = request.into_parts();
            let opened = match client.and_then(|client| open(service, mounted, captures, parts, client)) {
                Ok(opening) if opening.on_upgrade.is_none() => Err(HttpError::NotUpgradable),
                opened => opened,
            };
            match opened {
                Ok(opening) => Disposition::Decide(opening),
                Err(error) => {
                    refused(error, Some(mounted.info.path()), "", peer);
                    Disposition::Refuse(error)
                }
            }
        }
        None => beside_endpoints(service, request, client, peer),
    };
    async move {
        #[cfg_attr(not(feature = "http2"), allow(unused_mut))]
        let mut answer = match disposition {
            Disposition::Decide(opening) => decide(opening).await,
            Disposition::Fallback(answering) => return answering.await.into(),
            Disposition::Refuse(error) => refuse(error),
            Disposition::Page(response) => response.into(),
        };
        #[cfg(feature = "http2")]
        if is_http2 {
            answer.response = into_http2(answer.response);
        }
        answer
    }
}

/// Decides about a request that does not belong to an endpoint.
fn beside_endpoints<B>(
    service: &Inner,
    mut request: Request<B>,
    client: Result<Client, HttpError>,
    peer: Peer,
) -> Disposition
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let path = request.uri().path();
    if let Some(page) = service.page(path) {
        return Disposition::Page(page.answer(request.method(), service.is_draining()));
    }
    let refuse = |error| {
        refused(error, None, path, peer);
        Disposition::Refuse(error)
    };
    let Some(fallback) = &service.fallback else {
        return match &service.server.index {
            Some(index) if path == "/" && reads(request.method()) => Disposition::Page(redirect(index)),
            _ => refuse(HttpError::NotFound),
        };
    };
    if service.is_draining() {
        return refuse(HttpError::Unavailable);
    }
    match client {
        Ok(client) => {
            if let Some(address) = ClientAddr::of(client.peer) {
                request.extensions_mut().insert(address);
            }
            Disposition::Fallback(fallback.answer(request))
        }
        Err(error) => refuse(error),
    }
}

/// The ways to answer a request.
enum Disposition {
    Decide(Opening),
    Fallback(fallback::Answer),
    Refuse(HttpError),
    Page(Response<Body>),
}

/// Answers a request that is not a valid handshake, or one that is not allowed.
pub(super) fn refuse(error: HttpError) -> Answer {
    http_error(error).into()
}
