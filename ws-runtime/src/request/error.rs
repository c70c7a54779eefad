//! [`RequestError`]: the reasons why a request cannot be sent.

/// The reason why a request cannot be sent. It names the parameter, and never contains the value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// A parameter of the path has no value, or an empty one. Such a path is the path of another endpoint, or of none.
    #[error("the path parameter `{0}` is empty")]
    NoSegment(&'static str),
    /// A segment of the path is `.` or `..`. Browsers and proxies resolve such a path, however it is encoded, and then
    /// request another one.
    #[error("the path parameter `{0}` is `.` or `..`, which clients resolve before they ask")]
    Dots(&'static str),
    /// A cookie cannot have this value: a control character, a semicolon, white space at either end, or a pair of quotes
    /// around it.
    #[error("the cookie `{0}` cannot have this value")]
    Cookie(&'static str),
    /// A header cannot have this value: a control character, such as a line break, or white space at either end.
    #[error("the header `{0}` cannot have this value")]
    Header(&'static str),
    /// The `Display` implementation of a value returned an error.
    #[error("the value of `{0}` cannot be written as text")]
    Text(&'static str),
    /// The struct of a whole query cannot be serialized, for example because it is nested.
    #[error("`{0}` cannot be written as a query: {1}")]
    Query(&'static str, String),
    /// The prefix of [`Request::under`](super::Request::under) is not a path.
    #[error("the prefix `{0}` is no path; write one such as `/api`")]
    Prefix(String),
    /// The path parameter belongs to the prefix of a router, and the request is under no prefix that has it.
    #[error("the path parameter `{0}` is in the prefix of a router: name it by `.under(\"/<{0}>\")`")]
    NoPrefix(&'static str),
    /// The URL of the server is not one, or has a query or a fragment. The error does not contain the URL.
    #[error("the URL of the server cannot be used; write one such as `ws://127.0.0.1:8000`")]
    Base,
    /// The app of a [`TestClient`](crate::TestClient) does not have the endpoint.
    #[error("the app has no endpoint `{0}`: mount it by `.routes(routes![..])`")]
    NotMounted(&'static str),
    /// The app of a [`TestClient`](crate::TestClient) has the endpoint under several prefixes.
    #[error("the app has the endpoint at {0}: choose one by `.under(\"/prefix\")`")]
    Ambiguous(String),
}
