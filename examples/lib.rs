//! Shared code of the examples: the address that they listen on, and how they print it.

use std::{
    env,
    error::Error,
    io::{self, IsTerminal},
    net::SocketAddr,
    process::Command,
};

use clap::Parser as _;
use tokio::net::TcpListener;
use tracing_subscriber::filter::LevelFilter;

/// Builds and runs an example again with a feature, and ends when it does.
///
/// # Errors
///
/// Fails if cargo cannot be started, or if the example fails.
pub fn run_with_feature(feature: &str, example: &str) -> Result<(), Box<dyn Error>> {
    eprintln!("building `{example}` with the feature `{feature}`");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let mut cargo = Command::new("cargo");
    cargo.args([
        "run",
        "--manifest-path",
        manifest,
        "--features",
        feature,
        "--bin",
        example,
        "--",
    ]);
    match cargo.args(env::args().skip(1)).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{example}` ended with {status}").into()),
        Err(error) => Err(format!("cannot start cargo: {error}").into()),
    }
}

/// The command line of an example that takes nothing but an address.
#[derive(Debug, clap::Parser)]
pub struct Address {
    /// Where to listen
    #[arg(default_value = "127.0.0.1:8000")]
    pub address: String,
}

/// Turns on logging and binds the address given as the argument, or 127.0.0.1:8000
/// without one. With `--help`, and with other arguments, the program ends here.
///
/// Prints `listening on http://…` once clients can connect. The port is the actual one,
/// even if 0 was given.
///
/// # Errors
///
/// Fails if the address cannot be bound, for example because another example still
/// listens there.
pub async fn listen() -> Result<TcpListener, String> {
    log_to_stderr();
    listen_unlogged().await
}

/// Binds an address as [`listen`] does, in a program that sets up its own logging.
///
/// # Errors
///
/// Fails if the address cannot be bound.
pub async fn listen_unlogged() -> Result<TcpListener, String> {
    announce(&Address::parse().address, "http").await
}

/// Turns on logging and binds an address, as [`listen`] does, and prints it with this
/// scheme.
///
/// # Errors
///
/// Fails if the address cannot be bound.
pub async fn listen_on(address: &str, scheme: &str) -> Result<TcpListener, String> {
    log_to_stderr();
    announce(address, scheme).await
}

/// Binds an address, and prints it.
async fn announce(address: &str, scheme: &str) -> Result<TcpListener, String> {
    match bind(address).await {
        Ok((listener, address)) => {
            println!("listening on {scheme}://{address}");
            Ok(listener)
        }
        Err(err) => Err(format!(
            "cannot listen on {address}: {err}; the first argument is the address"
        )),
    }
}

async fn bind(address: &str) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Logs from `info` on. With `RUST_LOG=debug`, it also logs clients that leave.
fn log_to_stderr() {
    let level = env::var("RUST_LOG")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

/// Compiles the code of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
