//! The page, and the scripts that it loads.

use std::convert::Infallible;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use ws_runtime::Body;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Answers what is no endpoint.
pub(crate) async fn page(request: Request<Body>) -> Result<Response<String>, Infallible> {
    let file = match request.uri().path() {
        "/" => Some((HTML, include_str!("index.html"))),
        "/page.js" => Some((SCRIPT, include_str!("page.js"))),
        "/client.js" => Some((SCRIPT, include_str!("client.js"))),
        _ => None,
    };
    let (status, (kind, body)) = match (file, request.method()) {
        (Some(file), &Method::GET | &Method::HEAD) => (StatusCode::OK, file),
        (Some(_), _) => (StatusCode::METHOD_NOT_ALLOWED, (HTML, "")),
        (None, _) => (StatusCode::NOT_FOUND, (HTML, "")),
    };
    let mut response = Response::new(body.to_owned());
    *response.status_mut() = status;
    // The page may load its own scripts and talk to this server, and nothing else.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; \
                  img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    Ok(response)
}
