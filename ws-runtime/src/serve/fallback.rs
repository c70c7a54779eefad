//! [`Fallback`]: answers the requests that belong to no endpoint.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Body as HttpBody;
use tower_service::Service;

use crate::{
    Body,
    endpoint::catch_panic,
    handshake::{HttpError, http_error},
    observe,
};

/// A service that answers requests for pages, as [`App::fallback`](crate::App::fallback) takes it: a
/// [tower service](tower_service::Service) for `http::Request<Body>` that never fails, such as an `axum::Router`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot answer requests for pages",
    label = "expected a tower service, such as `axum::Router::new().route(\"/\", get(page))`",
    note = "it answers an `http::Request<ws_runtime::Body>` with an `http::Response`, its error is `Infallible`, and it is `Clone + Send + Sync`",
    note = "a handler of axum becomes one by `axum::Router::new().fallback(handler)`"
)]
pub trait FallbackService: sealed::FallbackService {}

#[diagnostic::do_not_recommend]
impl<T: sealed::FallbackService> FallbackService for T {}

mod sealed {
    use super::{Body, Bytes, Fallback, HttpBody, Infallible, Request, Response, Service};

    pub trait FallbackService {
        fn into_fallback(self) -> Fallback;
    }

    impl<S, B> FallbackService for S
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        fn into_fallback(self) -> Fallback {
            Fallback::new(self)
        }
    }
}

/// A tower service with its types erased. Each request is answered by a clone of it.
#[derive(Clone)]
pub struct Fallback(Arc<dyn Fn(Request<Body>) -> Answer + Send + Sync>);

/// A boxed future that yields a response.
pub(super) type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

impl Fallback {
    pub(crate) fn new<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self(Arc::new(move |request| {
            let mut service = service.clone();
            Box::pin(async move {
                let answering = pin!(async {
                    let Ok(()) = poll_fn(|cx| service.poll_ready(cx)).await;
                    let Ok(response) = service.call(request).await;
                    response.map(Body::new)
                });
                catch_panic(answering).await.unwrap_or_else(|panic| {
                    observe::error!("the fallback panicked", panic = panic.message());
                    http_error(HttpError::Panicked)
                })
            })
        }))
    }

    /// Answers a request. The function is not `async`, so that the request is moved into the box at once and the
    /// returned future is small.
    pub(super) fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        (self.0)(request.map(Body::new))
    }
}
