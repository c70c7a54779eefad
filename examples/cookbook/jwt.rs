//! A JSON Web Token in the three places where clients can send it: in a header, in a cookie, or as a subprotocol.
//!
//! ```sh
//! cargo run -p cookbook --bin jwt     # prints a token
//! ```
//!
//! - A service sets `Authorization: Bearer <token>`.
//! - A page of the same site has it in a cookie, `token=<token>`, which the browser sends by itself.
//! - Any other page offers two subprotocols, `new WebSocket(url, ["bearer", token])`, as it cannot set headers. The server
//!   selects `bearer`, and the token is in no URL and thus in no log.
//!
//! The connection ends when the token does.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, SystemTime},
};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode,
    errors::ErrorKind,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use ws_runtime::{
    App, BearerToken, CloseError, Handshake, SocketError, State, WebSocket, dependency,
    routes, websocket,
};

/// The contents of a token.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    /// Seconds since 1970.
    exp: u64,
}

/// The secret that signs tokens, in the forms that the library needs.
struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// Who is connected, and for how long.
struct User {
    name: String,
    until: Instant,
}

#[derive(Debug, thiserror::Error, CloseError)]
enum AuthError {
    #[error("no token")]
    #[close(3000)]
    Missing,
    #[error("token expired")]
    #[close(4401)]
    Expired,
    /// What exactly is wrong with it is not for the client.
    #[error("invalid token: {0}")]
    #[close(3000, reason = "invalid token")]
    Invalid(jsonwebtoken::errors::Error),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

impl From<jsonwebtoken::errors::Error> for AuthError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        match error.kind() {
            ErrorKind::ExpiredSignature => Self::Expired,
            _ => Self::Invalid(error),
        }
    }
}

/// Reads the token from the first place that has one, and checks it before the connection
/// is accepted.
#[dependency]
async fn user(
    handshake: &Handshake,
    #[cookie(secret)] token: Option<String>,
    State(keys): State<Arc<Keys>>,
) -> Result<User, AuthError> {
    let token = BearerToken::of(handshake)
        .map(String::from)
        .ok()
        .or(token)
        .ok_or(AuthError::Missing)?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    let Claims { sub, exp } = decode(token, &keys.decoding, &validation)?.claims;
    let left = Duration::from_secs(exp.saturating_sub(now()));
    Ok(User { name: sub, until: Instant::now() + left })
}

#[websocket("/me")]
async fn me(#[depends(user)] user: User, mut ws: WebSocket) -> Result<(), AuthError> {
    ws.expires_at(user.until, AuthError::Expired.close());
    ws.send_text(format!("hello {}", user.name)).await?;
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("{}: {text}", user.name)).await?;
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret = b"read this from the environment";
    let keys = Keys {
        encoding: EncodingKey::from_secret(secret),
        decoding: DecodingKey::from_secret(secret),
    };
    let token = |sub: &str, exp: u64| {
        encode(&Header::default(), &Claims { sub: sub.to_owned(), exp }, &keys.encoding)
    };
    let tokens = [
        ("token", token("ann", now() + 3600)?),
        ("short", token("ann", now() + 3)?),
        ("expired", token("ann", 1)?),
    ];
    let listener = examples::listen().await?;
    for (name, token) in tokens {
        println!("{name}: {token}");
    }
    App::new().routes(routes![me]).state(Arc::new(keys)).serve(listener).await?;
    Ok(())
}
