//! The client that the Autobahn|Testsuite's fuzzing server tests: it connects once for each case and sends every message
//! back, text as text and binary as binary. See `docs/conformance.md`.
//!
//! ```sh
//! cargo run -p ws-tests --bin conformance_client -- ws://127.0.0.1:9001                # every case that the server has
//! cargo run -p ws-tests --bin conformance_client -- ws://127.0.0.1:9001 6.4.3 7.9.1    # these
//! ```

use std::{convert::Infallible, env, error::Error, time::Duration};

use tokio::time::timeout;
use ws_runtime::{
    Compression,
    client::{Client, ClientBuilder, ConnectError},
};

/// The name under which the suite reports.
const AGENT: &str = "ws-runtime";

/// The suite's largest messages, in section 9, have 16 MiB, in one frame or in many.
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// The suite gives its slowest cases 480 s, and ends them itself.
const CASE_TIMEOUT: Duration = Duration::from_secs(500);

/// The server writes its reports before it answers the handshake that asks for them.
const CONNECT_TIMEOUT: Duration = Duration::from_mins(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Options { suite, cases } = Options::parse(env::args().skip(1))?;
    if cases.is_empty() {
        for number in 1..=suite.case_count().await? {
            suite.run("case", &number.to_string()).await;
        }
    } else {
        for case in &cases {
            suite.run("casetuple", case).await;
        }
    }
    suite.update_reports().await?;
    Ok(())
}

struct Options {
    suite: Suite,
    /// The IDs of the cases to run; all if there are none.
    cases: Vec<String>,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, &'static str> {
        let (mut url, mut cases, mut compression) = (None, Vec::new(), Compression::off());
        for argument in arguments {
            match argument.as_str() {
                "--deflate" => compression = Compression::deflate(),
                _ if url.is_none() => url = Some(argument),
                _ => cases.push(argument),
            }
        }
        let url = url.ok_or("usage: conformance_client URL [CASE]...")?;
        Ok(Self { suite: Suite { url, compression }, cases })
    }
}

/// The fuzzing server. The path tells it what to do, and the query for which case.
struct Suite {
    url: String,
    compression: Compression,
}

impl Suite {
    /// Returns how many cases the server is configured with. They are numbered from 1.
    async fn case_count(&self) -> Result<u32, Box<dyn Error>> {
        let mut client: Client = self.at("/getCaseCount").connect().await?;
        Ok(client.recv().await?.into_text()?.parse()?)
    }

    /// Runs one case and prints how it ended. The server's reports say if it passed.
    async fn run(&self, key: &str, case: &str) {
        match timeout(CASE_TIMEOUT, self.echo(key, case)).await {
            Ok(Err(end)) => println!("{case}: {end}"),
            Err(_elapsed) => println!("{case}: does not end"),
        }
    }

    /// Sends every message back until the connection ends.
    async fn echo(&self, key: &str, case: &str) -> Result<Infallible, Box<dyn Error>> {
        let mut client: Client = self.at("/runCase").query(key, case).connect().await?;
        loop {
            let message = client.recv().await?;
            client.send(message).await?;
        }
    }

    /// Makes the server write its reports.
    async fn update_reports(&self) -> Result<(), ConnectError> {
        let client: Client = self.at("/updateReports").connect().await?;
        client.closed().await;
        Ok(())
    }

    fn at(&self, path: &str) -> ClientBuilder {
        Client::builder(format!("{}{path}", self.url))
            .query("agent", AGENT)
            .max_message_size(LARGEST_MESSAGE)
            .compression(self.compression.clone())
            .connect_timeout(CONNECT_TIMEOUT)
            // A case is one connection.
            .retry_on(|_ended| false)
    }
}
