//! A server that compresses, for the tests with independent clients (`tests/python/test_compression*.py`). It prints to
//! standard output the address that it listens on.

use std::{
    error::Error,
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::net::TcpListener;
use ws_runtime::{
    App, Compression, Message, Result, SendBuffer, State, WebSocket, rooms::Rooms, routes, websocket,
};

static LAST_MEMBER: AtomicU64 = AtomicU64::new(0);

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

/// Sends every message back in each of the three ways that a message can take: uncompressed, compressed for this connection,
/// and compressed once for a room. A room closes a member whose send buffer is full, so the buffer is large enough for all
/// three.
#[websocket("/three-ways", send_buffer = SendBuffer::bytes(1 << 20))]
async fn three_ways(rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let id = LAST_MEMBER.fetch_add(1, Ordering::Relaxed).to_string();
    let member = rooms.room(&id).join(&id, ws.sender()).await?;
    loop {
        let message = ws.recv().await?;
        ws.send_uncompressed(message.clone()).await?;
        ws.send(message.clone()).await?;
        member.broadcast(&message)?;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    App::new()
        .routes(routes![echo, three_ways])
        .state(Rooms::<Message>::new())
        .compression(Compression::deflate())
        .serve(listener)
        .await?;
    Ok(())
}
