//! The endpoints on `ws-runtime`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use ws_runtime::{
    App, Message, Rejection, Result, Router, Sender, ServeError, State, WebSocket, routes, websocket,
};

pub(super) async fn serve(listener: TcpListener) -> Result<(), ServeError> {
    App::new()
        .routes(routes![echo, item, subscribe, publish])
        // The other servers refuse by HTTP.
        .rejection(Rejection::Http)
        .nest("/close", Router::new().routes(routes![item]).rejection(Rejection::Close))
        .state(Room::default())
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

#[websocket("/room/ws")]
async fn subscribe(room: State<Room>, mut ws: WebSocket) -> Result {
    let _seat = room.join(ws.sender());
    loop {
        ws.recv().await?;
    }
}

#[websocket("/room/pub")]
async fn publish(room: State<Room>, mut ws: WebSocket) -> Result {
    loop {
        room.publish(&ws.recv().await?);
    }
}

/// Who receives what is published.
#[derive(Default)]
struct Room {
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    next: u64,
    senders: Vec<(u64, Sender)>,
}

impl Room {
    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, sender: Sender) -> Seat<'_> {
        let mut members = self.lock();
        let id = members.next;
        members.next += 1;
        members.senders.push((id, sender));
        Seat { room: self, id }
    }

    /// A member whose queue is full misses the message: nobody waits for the slow.
    fn publish(&self, message: &Message) {
        for (_, sender) in &self.lock().senders {
            let _ = sender.try_send(message.clone());
        }
    }
}

/// Membership of a room, until it is dropped.
struct Seat<'a> {
    room: &'a Room,
    id: u64,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.room.lock().senders.retain(|(id, _)| *id != self.id);
    }
}
