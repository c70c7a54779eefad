//! The endpoints on axum.

use std::io;

use axum::{
    Router,
    extract::{
        Path, Query, State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use tokio::{
    net::TcpListener,
    sync::broadcast::{self, error::RecvError},
};

type Room = broadcast::Sender<Utf8Bytes>;

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    let room = Room::new(1024);
    let router = Router::new()
        .route("/echo", get(echo))
        .route("/items/{id}/ws", get(item))
        .route("/room/ws", get(subscribe))
        .route("/room/pub", get(publish))
        .with_state(room);
    axum::serve(listener, router).await
}

async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(send_back)
}

#[derive(Deserialize)]
struct ItemQuery {
    q: i64,
}

async fn item(
    Path(id): Path<u64>,
    Query(query): Query<ItemQuery>,
    cookies: CookieJar,
    upgrade: WebSocketUpgrade,
) -> Response {
    if cookies.get("session").is_none() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let _ = (id, query.q);
    upgrade.on_upgrade(send_back)
}

async fn send_back(mut ws: WebSocket) {
    while let Some(Ok(message)) = ws.recv().await {
        let is_data = matches!(message, Message::Text(_) | Message::Binary(_));
        if is_data && ws.send(message).await.is_err() {
            return;
        }
    }
}

async fn subscribe(State(room): State<Room>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |mut ws| async move {
        let mut published = room.subscribe();
        loop {
            tokio::select! {
                text = published.recv() => match text {
                    Ok(text) => if ws.send(Message::Text(text)).await.is_err() { return },
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                received = ws.recv() => if !matches!(received, Some(Ok(_))) { return },
            }
        }
    })
}

async fn publish(State(room): State<Room>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |mut ws| async move {
        while let Some(Ok(message)) = ws.recv().await {
            if let Message::Text(text) = message {
                // An error means that there is no receiver.
                let _ = room.send(text);
            }
        }
    })
}
