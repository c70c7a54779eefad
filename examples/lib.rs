//! What the examples share: where they listen, and how they say so.

use std::{env, io};

use tokio::net::TcpListener;

/// Turns on logging and binds the address given as the first argument, else 127.0.0.1:8000.
///
/// Prints `listening on http://…` once clients can connect; the port is the real one, also when 0 was asked for.
///
/// # Errors
///
/// The address cannot be bound, for example because another example still listens there.
pub async fn listen() -> io::Result<TcpListener> {
    // RUST_LOG=debug also shows who left, and how.
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|err| {
        io::Error::new(
            err.kind(),
            format!("cannot listen on {address}: {err}; the first argument is the address"),
        )
    })?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(listener)
}

/// Compiles the code of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
