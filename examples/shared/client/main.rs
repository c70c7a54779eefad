//! Asks for the price of item 5, buys one, and then more than there are.
//!
//! ```sh
//! cargo run -p items-server &
//! cargo run -p items-client                                              # the server's URL is the first argument
//! ```
//!
//! It prints `Price { cents: 375 }`, `bought` and `try again tomorrow`.

use std::{env, error::Error};

use items_contract::{Command, Event, ItemError, item};
use ws_runtime::client::{Client, ClientError};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8000".to_owned());
    let request = item::at(5).coupon("half off").session("abc");
    let mut client = Client::builder(server).call(request).connect().await?;
    for command in [
        Command::Price { count: 3 },
        Command::Buy { count: 1 },
        Command::Buy { count: 9 },
    ] {
        client.send(command).await?;
    }
    loop {
        match client.recv().await {
            Ok(Event::Bought) => println!("bought"),
            Ok(event) => println!("{event:?}"),
            Err(error) => return explain(error),
        }
    }
}

/// Says what to do about the end of the connection.
fn explain(error: ClientError) -> Result<(), Box<dyn Error>> {
    match error.close_of::<ItemError>() {
        Some(ItemError::SoldOut) => println!("try again tomorrow"),
        Some(ItemError::NotFound) => println!("choose another item"),
        Some(ItemError::NoSession) => println!("log in first"),
        // The server went away, or it closed with something that the contract does not
        // know.
        None => return Err(error.into()),
    }
    Ok(())
}
