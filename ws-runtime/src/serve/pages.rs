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
    pub(crate) path: String,
    pub(crate) declared: &'static Location<'static>,
    pub(crate) content: Content,
}

/// What a page shows. Documents do not change while the server runs, and are empty until the app is built.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Whether the server takes connections, for load balancers.
    Health,
    /// The endpoints, for people.
    #[cfg(feature = "docs")]
    Docs(Bytes),
    /// The endpoints, for tools.
    #[cfg(feature = "schema")]
    AsyncApi(Bytes),
}

impl Content {
    /// Returns what the page is called in reports of mistakes and in links. An app has one page of each name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Health => "health",
            #[cfg(feature = "docs")]
            Self::Docs(_) => "docs",
            #[cfg(feature = "schema")]
            Self::AsyncApi(_) => "AsyncAPI",
        }
    }

    /// Returns `true` if the page of the endpoints links to it.
    #[cfg(feature = "docs")]
    pub(crate) fn is_linked(&self) -> bool {
        match self {
            Self::Health | Self::Docs(_) => false,
            #[cfg(feature = "schema")]
            Self::AsyncApi(_) => true,
        }
    }
}

impl Page {
    /// Answers a request for the path. It has no side effects, so nothing is logged or counted.
    pub(super) fn answer(&self, method: &Method, is_draining: bool) -> Response<Body> {
        if !reads(method) {
            return method_not_allowed();
        }
        match &self.content {
            Content::Health => health(is_draining),
            #[cfg(feature = "docs")]
            Content::Docs(text) => document("text/html; charset=utf-8", crate::docs::POLICY, text),
            #[cfg(feature = "schema")]
            Content::AsyncApi(text) => document("application/json", "default-src 'none'", text),
        }
    }
}

/// Returns `true` for the methods that a page has.
pub(super) fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
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
fn document(content_type: &'static str, policy: &'static str, text: &Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(text.clone()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // The next version of the program has other endpoints.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Leads to another page.
pub(super) fn redirect(path: &HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    response.headers_mut().insert(header::LOCATION, path.clone());
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
