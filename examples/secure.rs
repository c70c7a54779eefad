//! Authenticates clients before the connection is accepted.
//!
//! ```sh
//! cargo run -p examples --bin secure
//! .venv/bin/python examples/talk.py --header 'Authorization: Bearer secret' ws://127.0.0.1:8000/account hi
//! # prints: Hello alice
//! #         alice said: hi
//! .venv/bin/python examples/talk.py --protocol bearer --protocol secret ws://127.0.0.1:8000/account hi
//! # prints: Hello alice
//! #         alice said: hi
//! .venv/bin/python examples/talk.py --protocol bearer --protocol guess ws://127.0.0.1:8000/account
//! # prints: closed: 1008 Authentication failed
//! .venv/bin/python examples/talk.py --protocol bearer --protocol outage ws://127.0.0.1:8000/account
//! # prints: closed: 1011 internal server error
//! .venv/bin/python examples/talk.py --protocol bearer --protocol secret ws://127.0.0.1:8000/audit
//! # prints: closed: 1008 Administrators only
//! .venv/bin/python examples/talk.py 'ws://127.0.0.1:8000/http/account?token=guess'
//! # prints: refused: HTTP 401 {"code":1008,"reason":"Authentication failed"}
//! #         www-authenticate: Bearer
//! ```
//!
//! The two subprotocols are what a script in a browser can send: `new WebSocket(url, ["bearer", token])`. The last command
//! shows that the query works too, which is handy for a try, and what it costs: proxies and servers write queries to their
//! logs, and pages that the browser goes to may learn them.
//!
//! With `--tls` it makes a certificate of its own, and serves `https://` and `wss://`. cargo then builds it with the feature
//! `tls`:
//!
//! ```sh
//! cargo run -p examples --bin secure -- --tls
//! .venv/bin/python examples/talk.py --insecure --protocol bearer --protocol secret wss://127.0.0.1:8000/account hi
//! ```
//!
//! `root` is the administrator's token. `/rooms/<name>` is open to all, but there is only the room `lobby`. Every endpoint
//! stands a second time under `/http`, where a refusal is an HTTP answer. Without `/http` the handshake is completed and the
//! close frame follows at once, because that is all a script in a browser can see; its `onopen` fires first.
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

use std::{error::Error, io};

use http::{HeaderValue, StatusCode, header};
use ws_runtime::{
    App, BearerToken, Close, CloseCode, CloseError, FromHandshake, Handshake, Rejection,
    Requirements, Router, Upgrade, WebSocket, close_code, routes, websocket,
};

/// Finds the user of a token. A real server would ask a database.
struct Accounts;

impl Accounts {
    async fn find(&self, token: &str) -> io::Result<Option<User>> {
        match token {
            "secret" => Ok(Some(User { name: "alice", is_admin: false })),
            "root" => Ok(Some(User { name: "root", is_admin: true })),
            "outage" => Err(io::Error::other("accounts-db-3 does not answer")),
            _ => Ok(None),
        }
    }
}

/// The user whose token the client sends. Any endpoint can ask for it.
struct User {
    name: &'static str,
    is_admin: bool,
}

impl FromHandshake for User {
    type Error = AuthError;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, AuthError> {
        let accounts =
            handshake.state::<Accounts>().expect("`requires` names `Accounts`");
        let token = match BearerToken::of(handshake) {
            Ok(token) => token.into(),
            // For a try by hand only: a URL, and the token with it, ends up in the logs
            // of every proxy.
            Err(_) => handshake.query("token").ok_or(AuthError::Failed)?,
        };
        accounts.find(&token).await?.ok_or(AuthError::Failed)
    }

    /// An app that has no `Accounts` fails when it is built, not when the first client
    /// comes.
    fn requires(requirements: &mut Requirements) {
        requirements.state::<Accounts>();
    }
}

/// Why a client cannot be authenticated.
#[derive(Debug, thiserror::Error)]
enum AuthError {
    #[error("unknown or missing token")]
    Failed,
    #[error("accounts: {0}")]
    Backend(#[from] io::Error),
}

/// Implemented by hand instead of derived, because one close has a header.
///
/// Status and header apply if the handshake is refused over HTTP; a Close frame carries
/// the code and the reason.
impl CloseError for AuthError {
    fn close(&self) -> Close {
        match self {
            Self::Failed => {
                Close::new(CloseCode::POLICY_VIOLATION, "Authentication failed")
                    .with_status(StatusCode::UNAUTHORIZED)
                    .with_header(
                        header::WWW_AUTHENTICATE,
                        HeaderValue::from_static("Bearer"),
                    )
            }
            Self::Backend(_) => Close::internal_error(),
        }
    }
}

/// A guard lets the handshake continue, or ends it. Guards run before any parameter is
/// read.
async fn admins_only(handshake: &Handshake) -> ws_runtime::Result {
    if User::from_handshake(handshake).await?.is_admin {
        Ok(())
    } else {
        Err(Close::new(CloseCode::POLICY_VIOLATION, "Administrators only"))?
    }
}

#[websocket("/account")]
async fn account(user: User, mut ws: WebSocket) -> ws_runtime::Result {
    ws.send_text(format!("Hello {}", user.name)).await?;
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("{} said: {text}", user.name)).await?;
    }
}

#[websocket("/audit", before_accept = [admins_only])]
async fn audit(mut ws: WebSocket) -> ws_runtime::Result {
    ws.send_text("Nothing happened today").await?;
    Ok(())
}

/// With `Upgrade` instead of `WebSocket`, the endpoint itself decides if it accepts, and
/// how it answers.
#[websocket("/rooms/<name>")]
async fn room(name: String, upgrade: Upgrade) -> ws_runtime::Result {
    if name != "lobby" {
        Err(Close::new(close_code!(4004), "No such room")
            .with_status(StatusCode::NOT_FOUND))?;
    }
    let mut ws = upgrade.accept().await?;
    ws.send_text("Welcome to the lobby").await?;
    Ok(())
}

const USAGE: &str = "Usage: secure [OPTIONS] [ADDRESS]

  [ADDRESS]  Where to listen [default: 127.0.0.1:8000]
  --tls      Serve https:// and wss://, with a certificate that is made for this run";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = App::new().state(Accounts).routes(routes![account, audit, room]).nest(
        "/http",
        Router::new().rejection(Rejection::Http).routes(routes![account, audit, room]),
    );
    let (tls, address) = examples::read_arguments(USAGE, |arguments| {
        Ok((arguments.contains("--tls"), examples::read_address(arguments)?))
    });
    if tls {
        serve_tls(app, &address).await
    } else {
        Ok(app.serve(examples::listen_on(&address, "http").await?).await?)
    }
}

/// A real server has a certificate that its clients trust: `Tls::pem_files("cert.pem",
/// "key.pem")?`.
#[cfg(feature = "tls")]
async fn serve_tls(app: App, address: &str) -> Result<(), Box<dyn Error>> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let own = rcgen::generate_simple_self_signed(names)?;
    let tls = ws_runtime::Tls::pem(own.cert.pem(), own.signing_key.serialize_pem())?;
    Ok(app.serve(tls.listen(examples::listen_on(address, "https").await?)).await?)
}

/// The other examples compile faster without TLS.
#[cfg(not(feature = "tls"))]
async fn serve_tls(_app: App, _address: &str) -> Result<(), Box<dyn Error>> {
    examples::run_with_feature("tls", "secure")
}
