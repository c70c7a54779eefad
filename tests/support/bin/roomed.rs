//! A process with rooms on Redis, for the tests of rooms in several processes. It prints to standard output the address that
//! it listens on, and the state of its bridge.

use std::{env, error::Error, time::Duration};

use tokio::net::TcpListener;
use ws_runtime::{
    App, Message,
    rooms::{Redis, Rooms},
    routes,
};
use ws_tests::room::talk;

/// Takes two arguments: the URL of Redis, and the length of a lease in milliseconds.
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).expect("a URL");
    let lease = Duration::from_millis(env::args().nth(2).expect("a lease").parse()?);
    let rooms = Rooms::<Message>::new().redis(Redis::open(&url)?.lease(lease))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let mut state = rooms.bridge_state().expect("there is a bridge");
    tokio::spawn(async move {
        loop {
            println!("{:?}", *state.borrow_and_update());
            if state.changed().await.is_err() {
                return;
            }
        }
    });
    App::new().state(rooms.clone()).routes(routes![talk]).ping_interval(None).serve(listener).await?;
    rooms.flush().await;
    Ok(())
}
