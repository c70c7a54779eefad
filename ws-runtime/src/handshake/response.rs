//! The responses to a handshake: 101, a refusal by the endpoint, or a refusal in plain HTTP.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header};
use serde_json::json;
use tungstenite::handshake::derive_accept_key;

use super::{Handshake, HttpError};
use crate::{Body, Close, close::HttpAnswer};

/// After how many seconds a client that has too many connections may try again.
const RETRY_AFTER: &str = "5";

/// How a guard, a parameter or an endpoint refuses a connection before it is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Rejection {
    /// Completes the handshake and sends the Close frame at once, so that every client, including browsers, sees the
    /// code and the reason. In a browser, `onopen` fires first, then `onclose`. If the client offered subprotocols and
    /// none was agreed on, the 101 response selects the first one offered, because clients fail a handshake that
    /// selects none.
    #[default]
    Close,
    /// Refuses the handshake with an HTTP response: 422 and FastAPI's `{"detail":[…]}` for parameters, and otherwise
    /// the [status of the close](Close::status) and `{"code":…,"reason":…}`. Scripts in a browser see neither: for
    /// them, every refused handshake is 1006.
    Http,
}

/// What the 101 response contains in addition to its required headers.
#[derive(Debug, Default)]
pub(crate) struct Accept {
    pub(crate) subprotocol: Option<String>,
    pub(crate) headers: HeaderMap,
}

/// Builds the response that completes the handshake (RFC 6455, section 4.2.2, item 5).
pub(crate) fn switching_protocols(handshake: &Handshake, accept: Accept) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    *headers = accept.headers;
    // A client fails a handshake that selects something it did not offer (RFC 6455, section 4.1, items 5 and 6).
    headers.remove(header::SEC_WEBSOCKET_EXTENSIONS);
    headers.remove(header::SEC_WEBSOCKET_PROTOCOL);
    // The response has no body (RFC 9110, section 8.6).
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    let key =
        handshake.header(header::SEC_WEBSOCKET_KEY.as_str()).map(|key| derive_accept_key(key.as_bytes()));
    let key = key.and_then(|key| HeaderValue::try_from(key).ok());
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, key.unwrap_or(HeaderValue::from_static("")));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    if let Some(subprotocol) =
        accept.subprotocol.and_then(|subprotocol| HeaderValue::try_from(subprotocol).ok())
    {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    response
}

/// Builds the HTTP response that says what a Close frame would say.
pub(crate) fn http_rejection(mut close: Close) -> Response<Body> {
    let status = close.status();
    let HttpAnswer { mut headers, details, .. } = close.take_http();
    let details = details.and_then(|details| details.write());
    let body = details.unwrap_or_else(|| {
        json!({ "code": close.code(), "reason": close.reason() }).to_string().into_bytes()
    });
    // These headers follow from the body.
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    end_connection(&mut headers);
    let mut response = Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Builds the response to a request that is not a valid handshake.
pub(crate) fn http_error(error: HttpError) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{error}\n")));
    *response.status_mut() = error.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    match error {
        HttpError::Method => {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET"));
        }
        #[cfg(feature = "http2")]
        HttpError::NoConnect => {
            headers.insert(header::ALLOW, HeaderValue::from_static("CONNECT"));
        }
        // RFC 9110, section 15.5.22, requires `Upgrade`, and RFC 6455, section 4.4, the version.
        HttpError::NoUpgrade | HttpError::UnsupportedVersion => {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        HttpError::TooManyFromClient => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        HttpError::Unavailable => {
            // RFC 9110, section 10.2.3. Clients that were refused together should not come back together.
            headers.insert(header::RETRY_AFTER, HeaderValue::from(fastrand::u32(1..=3)));
        }
        _ => {}
    }
    if error.ends_connection() {
        end_connection(headers);
    }
    response
}

/// Makes a response to a handshake one for HTTP/2: a stream is opened by 200 instead of 101 (RFC 8441, section 5), and
/// has no headers that concern the connection (RFC 9113, section 8.2.2).
#[cfg(feature = "http2")]
pub(crate) fn into_http2(mut response: Response<Body>) -> Response<Body> {
    let opened = response.status() == http::StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.remove(header::CONNECTION);
    headers.remove(header::UPGRADE);
    if opened {
        headers.remove(header::SEC_WEBSOCKET_ACCEPT);
        *response.status_mut() = http::StatusCode::OK;
    }
    response
}

/// Ends the connection, because after a handshake clients send frames, and not another request.
fn end_connection(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
}
