//! The page, which may run its own script and talk to this server, and nothing else.

use std::convert::Infallible;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use ws_runtime::Body;

use super::person::{self, COOKIE};

/// Path, type and contents. The scripts are compiled from the `.ts` files beside them.
const FILES: [(&str, &str, &str); 9] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/page.css", CSS, include_str!("page/page.css")),
    ("/page.js", SCRIPT, include_str!("page/page.js")),
    ("/client.js", SCRIPT, include_str!("page/client.js")),
    ("/dom.js", SCRIPT, include_str!("page/dom.js")),
    ("/log.js", SCRIPT, include_str!("page/log.js")),
    ("/people.js", SCRIPT, include_str!("page/people.js")),
    ("/session.js", SCRIPT, include_str!("page/session.js")),
    ("/words.js", SCRIPT, include_str!("page/words.js")),
];

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers what is not for an endpoint.
pub(crate) async fn page(request: Request<Body>) -> Result<Response<String>, Infallible> {
    let file = FILES.iter().find(|(path, _, _)| *path == request.uri().path());
    let mut response = Response::new(String::new());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let status = match (file, request.method()) {
        (None, _) => StatusCode::NOT_FOUND,
        (Some((path, kind, contents)), &Method::GET | &Method::HEAD) => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            // Another version of the program has another script.
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            if *path == "/" && !has_secret(&request) {
                headers.extend(new_cookie().map(|cookie| (header::SET_COOKIE, cookie)));
            }
            (*contents).clone_into(response.body_mut());
            StatusCode::OK
        }
        (Some(_), _) => {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            StatusCode::METHOD_NOT_ALLOWED
        }
    };
    *response.status_mut() = status;
    Ok(response)
}

fn has_secret(request: &Request<Body>) -> bool {
    let lines = request
        .headers()
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split("; "))
        .any(|cookie| cookie.split_once('=').is_some_and(|(name, _)| name == COOKIE))
}

/// Scripts cannot read the cookie, and other sites cannot send it. Behind TLS, it should
/// be `Secure` as well.
fn new_cookie() -> Option<HeaderValue> {
    let secret = person::new_secret();
    format!("{COOKIE}={secret}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict")
        .parse()
        .ok()
}
