//! The endpoints on `ws-runtime`.

use tokio::net::TcpListener;
use ws_runtime::{
    App, ClientAddr, Compression, Message, Rejection, Result, Rooms, Router, ServeError, State, WebSocket,
    rooms::SlowMember, routes, websocket,
};

pub(super) async fn serve(listener: TcpListener) -> Result<(), ServeError> {
    App::new()
        .routes(routes![echo, item, subscribe, publish])
        // The other servers refuse by HTTP.
        .rejection(Rejection::Http)
        // This applies to clients that offer it.
        .compression(Compression::deflate())
        .nest("/close", Router::new().routes(routes![item]).rejection(Rejection::Close))
        // The other servers' channels behave in the same way.
        .state(Rooms::<Message>::new().slow_member(SlowMember::Drop))
        .serve(listener)
        .await
}

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/items/<id>/ws")]
async fn item(id: u64, #[query] q: i64, #[cookie] session: String, mut ws: WebSocket) -> Result {
    let _ = (id, q, session);
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

/// The other servers' channels hold 1024 messages for each subscriber, of any size.
const ROOM_BUFFER: usize = 1024 * 1024;

#[websocket("/room/ws", send_buffer = ROOM_BUFFER)]
async fn subscribe(client: ClientAddr, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let _member = rooms.room("room").join(&client.0.to_string(), ws.sender()).await?;
    loop {
        ws.recv().await?;
    }
}

#[websocket("/room/pub")]
async fn publish(rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let room = rooms.room("room");
    loop {
        room.broadcast(&ws.recv().await?)?;
    }
}
