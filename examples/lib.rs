//! Shared code of the examples: the address that they listen on, and how they print it.

use std::{
    env,
    error::Error,
    fmt::Display,
    io::{self, IsTerminal},
    net::SocketAddr,
    process::{self, Command},
    str::FromStr,
};

use pico_args::Arguments;
use tokio::net::TcpListener;
use tracing_subscriber::filter::LevelFilter;

/// Builds and runs an example again with a feature, in place of this program.
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
    cargo.args(env::args().skip(1));
    run(cargo).map_err(|error| format!("cannot run `{example}`: {error}").into())
}

/// The `main` of an example with a feature of its own: that of `mod program`, or cargo,
/// which compiles it with the feature.
#[macro_export]
macro_rules! launch {
    ($feature:literal, $example:literal) => {
        #[cfg(feature = $feature)]
        fn main() -> Result<(), Box<dyn std::error::Error>> {
            program::main()
        }

        #[cfg(not(feature = $feature))]
        fn main() -> Result<(), Box<dyn std::error::Error>> {
            $crate::run_with_feature($feature, $example)
        }
    };
}

/// A signal to this program reaches the example, which takes its place.
#[cfg(unix)]
fn run(mut cargo: Command) -> io::Result<()> {
    Err(std::os::unix::process::CommandExt::exec(&mut cargo))
}

#[cfg(not(unix))]
fn run(mut cargo: Command) -> io::Result<()> {
    match cargo.status()? {
        status if status.success() => Ok(()),
        status => Err(io::Error::other(status.to_string())),
    }
}

/// What an example says of its command line if it takes nothing but an address.
const USAGE: &str = "Usage: <example> [ADDRESS]

  [ADDRESS]  Where to listen [default: 127.0.0.1:8000]";

/// Reads the command line. With `--help` it prints the usage, and with an argument that
/// `read` does not take an error; the program ends then.
pub fn read_arguments<T>(
    usage: &str,
    read: impl FnOnce(&mut Arguments) -> Result<T, pico_args::Error>,
) -> T {
    let mut arguments = Arguments::from_env();
    if arguments.contains(["-h", "--help"]) {
        println!("{usage}");
        process::exit(0);
    }
    let wrong = match read(&mut arguments) {
        Err(error) => error.to_string(),
        Ok(read) => match arguments.finish().first() {
            None => return read,
            Some(argument) => format!("unexpected argument '{}'", argument.display()),
        },
    };
    eprintln!("error: {wrong}\n\n{usage}");
    process::exit(2);
}

/// Reads the address from the command line. It is 127.0.0.1:8000 without one.
///
/// # Errors
///
/// Fails if the argument is not text.
pub fn read_address(arguments: &mut Arguments) -> Result<String, pico_args::Error> {
    Ok(read_value(arguments)?.unwrap_or_else(|| "127.0.0.1:8000".to_owned()))
}

/// Reads an argument that is not an option.
///
/// # Errors
///
/// Fails if the argument cannot be read as a `T`.
pub fn read_value<T: FromStr<Err: Display>>(
    arguments: &mut Arguments,
) -> Result<Option<T>, pico_args::Error> {
    let unknown = arguments.clone().finish();
    if unknown.first().is_some_and(|first| first.to_string_lossy().starts_with('-')) {
        return Ok(None);
    }
    arguments.opt_free_from_str()
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
    let address = read_arguments(USAGE, read_address);
    announce(&address, "http").await
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
