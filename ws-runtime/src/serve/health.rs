//! [`Health`]: the path that tells load balancers whether the server takes connections.

use std::panic::Location;

use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::{
    Body,
    handshake::{HttpError, http_error},
};

/// The path of the health check, and where the app sets it.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    pub(crate) path: String,
    pub(crate) declared: &'static Location<'static>,
}

impl Health {
    /// Answers a request for the path. It has no side effects, so nothing is logged or counted.
    pub(super) fn answer(method: &Method, is_draining: bool) -> Response<Body> {
        if *method != Method::GET && *method != Method::HEAD {
            return method_not_allowed();
        }
        let mut response = Response::new(Body::from("ok\n"));
        if is_draining {
            response = http_error(HttpError::Unavailable).map(|_| Body::from("shutting down\n"));
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        // A proxy in between must not answer for the server.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

fn method_not_allowed() -> Response<Body> {
    let mut response = Response::new(Body::from("only GET and HEAD read the health\n"));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}
