//! [`Page`]: a path that the server answers by itself, beside its endpoints.

use std::panic::Location;

#[cfg(any(feature = "docs", feature = "schema"))]
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::{
    Body,
    handshake::{HttpError, http_error},
};

/// A path that the server answers by itself, and where the app sets it.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// What it is called in reports of mistakes.
    pub(crate) name: &'static str,
    pub(crate) path: String,
    pub(crate) declared: &'static Location<'static>,
    pub(crate) content: Content,
}

/// What a page shows.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Whether the server takes connections, for load balancers.
    Health,
    /// A document that does not change while the server runs.
    #[cfg(any(feature = "docs", feature = "schema"))]
    Document { content_type: &'static str, policy: &'static str, body: Bytes },
}

#[cfg(any(feature = "docs", feature = "schema"))]
impl Content {
    /// A document that is written when the app is built.
    pub(crate) fn unwritten() -> Self {
        Self::document("", "", String::new())
    }

    pub(crate) fn document(content_type: &'static str, policy: &'static str, text: String) -> Self {
        Self::Document { content_type, policy, body: Bytes::from(text) }
    }
}

impl Page {
    /// Answers a request for the path. It has no side effects, so nothing is logged or counted.
    pub(super) fn answer(&self, method: &Method, is_draining: bool) -> Response<Body> {
        if *method != Method::GET && *method != Method::HEAD {
            return method_not_allowed();
        }
        match &self.content {
            Content::Health => health(is_draining),
            #[cfg(any(feature = "docs", feature = "schema"))]
            Content::Document { content_type, policy, body } => document(content_type, policy, body.clone()),
        }
    }
}

fn health(is_draining: bool) -> Response<Body> {
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

#[cfg(any(feature = "docs", feature = "schema"))]
fn document(content_type: &'static str, policy: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // The next version of the program has other endpoints.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Leads to the page that describes the app.
pub(super) fn lead_to(path: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    if let Ok(path) = HeaderValue::try_from(path) {
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

fn method_not_allowed() -> Response<Body> {
    let mut response = Response::new(Body::from("only GET and HEAD read this page\n"));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}
