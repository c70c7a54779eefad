//! Serves the contract of `examples/shared/contract`.
//!
//! ```sh
//! cargo run -p items-server                                              # another address can follow after `--`
//! cargo run -p items-client                                              # prints what it is told
//! ```

use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    items_server::app().serve(examples::listen().await?).await?;
    Ok(())
}
