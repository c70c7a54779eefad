//! Talks to the `echo` example, and survives its restart. Reads lines, sends them, and prints the answers and the state of the
//! connection.
//!
//! ```sh
//! cargo run -p examples --bin echo &
//! cargo run -p examples --bin client                                     # the URL is the first argument
//! ```
//!
//! Type a line, stop `echo`, type another, start `echo` again: the second line is sent when the server is back. Ctrl-D ends.

use std::error::Error;

use clap::Parser as _;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use ws_runtime::{
    CloseCode,
    client::{Client, ClientError, ClientState},
};

/// Talks to the `echo` example, and survives its restart
#[derive(clap::Parser)]
struct Options {
    /// The endpoint
    #[arg(default_value = "ws://127.0.0.1:8000/echo")]
    url: String,
}

#[tokio::main]
pub(super) async fn main() -> Result<(), Box<dyn Error>> {
    let Options { url } = Options::parse();
    // These are untyped messages. The documentation of `ws_runtime::client` has an
    // example of typed ones.
    let mut client: Client = Client::builder(url).retry_first().connect().await?;
    println!("open");
    let mut states = client.states();
    let mut lines = BufReader::new(stdin()).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(line) => client.send(line).await?,
                None => break,
            },
            received = client.recv() => match received {
                Ok(message) => println!("received: {}", message.into_text()?),
                // The server closed with a code that it would send again, such as 1008.
                Err(error @ ClientError::Closed(_)) => return Err(error.into()),
                Err(error) => eprintln!("{error}"),
            },
            Ok(()) = states.changed() => match &*states.borrow_and_update() {
                ClientState::Open => println!("open"),
                ClientState::Waiting { last, .. } => println!("waiting: {last}"),
                _ => {}
            },
        }
    }
    println!("{}", client.close(CloseCode::NORMAL_CLOSURE).await);
    Ok(())
}
