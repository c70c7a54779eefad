//! The benchmark's server on `ws-runtime` by itself, for load generators of other kinds.
//!
//! ```sh
//! cargo run --release -p bench --bin bench_server -- 9000      # one worker thread
//! cargo run --release -p bench --bin bench_server -- 9000 2    # two
//! ```

use std::{env::args, error::Error};

use bench::servers::Server;

fn main() -> Result<(), Box<dyn Error>> {
    let port = args().nth(1).ok_or("usage: bench_server PORT [WORKERS]")?.parse()?;
    let workers = args().nth(2).map_or(Ok(1), |workers| workers.parse())?;
    Server::WsRuntime.run(port, workers)
}
