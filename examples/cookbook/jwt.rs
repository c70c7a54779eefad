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
    time::{Duration, SystemTime},
};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, errors::ErrorKind,
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};
use ws_runtime::{
    App, CloseError, FromHandshake, Handshake, Requirements, SocketError, WebSocket, routes, websocket,
};

/// What the token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    /// Seconds since 1970.
    exp: u64,
}

/// The secret that signs tokens.
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

impl FromHandshake for User {
    type Error = AuthError;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, AuthError> {
        let keys = handshake.state::<Keys>().expect("`requires` names `Keys`");
        let token = token_of(handshake).ok_or(AuthError::Missing)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        let claims =
            decode::<Claims>(token, &keys.decoding, &validation).map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => AuthError::Expired,
                _ => AuthError::Invalid(error),
            })?;
        let left = Duration::from_secs(claims.claims.exp.saturating_sub(now()));
        Ok(Self { name: claims.claims.sub, until: Instant::now() + left })
    }

    fn requires(requirements: &mut Requirements) {
        requirements.state::<Keys>();
    }
}

/// Returns the token, from the first place that has one.
fn token_of(handshake: &Handshake) -> Option<&str> {
    let header = handshake.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let subprotocol = || {
        let mut offered = handshake.subprotocols().skip_while(|name| *name != "bearer");
        offered.nth(1)
    };
    header.or_else(|| handshake.cookie("token")).or_else(subprotocol)
}

#[websocket("/me", subprotocols = ["bearer"])]
async fn me(user: User, mut ws: WebSocket) -> Result<(), AuthError> {
    ws.send_text(format!("hello {}", user.name)).await?;
    loop {
        tokio::select! {
            text = ws.recv_text() => ws.send_text(format!("{}: {}", user.name, text?)).await?,
            () = sleep_until(user.until) => return Err(AuthError::Expired),
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret = b"read this from the environment";
    let keys =
        Keys { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret) };
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
    App::new().routes(routes![me]).state(keys).serve(listener).await?;
    Ok(())
}
