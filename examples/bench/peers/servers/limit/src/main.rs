//! The limit of the machine: what its sockets allow if no work for WebSockets is done.
//!
//! Bytes are counted, not parsed: the first message determines how long a frame is. From then on, as many ready-made frames are
//! sent as have arrived, in one write for each read. `limit PORT` is one loop over epoll. `limit PORT tokio` does the same in a
//! tokio task for each connection, which is the limit for everything on tokio. Only the first one also has rooms and refuses.

mod counter;
mod poll;
mod tasks;

use std::net::{Ipv4Addr, SocketAddr};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|port| port.parse().ok()).expect("a port");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match arguments.next().as_deref() {
        Some("tokio") => tasks::serve(address),
        _ => poll::serve(address),
    }
}
