//! The endpoints on tokio-tungstenite, which leaves routing and parameters to its user.

use std::io;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::broadcast::{self, error::RecvError},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message, Utf8Bytes,
        handshake::server::{ErrorResponse, Request, Response},
        http::{StatusCode, header::COOKIE},
    },
};

type Room = broadcast::Sender<Utf8Bytes>;

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    let room = Room::new(1024);
    loop {
        let (stream, _address) = listener.accept().await?;
        tokio::spawn(connection(stream, room.clone()));
    }
}

#[derive(Clone, Copy)]
enum Endpoint {
    Echo,
    Subscribe,
    Publish,
}

async fn connection(stream: TcpStream, room: Room) {
    let mut endpoint = Endpoint::Echo;
    // This is the type of the library's callback.
    #[allow(clippy::result_large_err)]
    let choose = |request: &Request, response: Response| match route(request) {
        Ok(found) => {
            endpoint = found;
            Ok(response)
        }
        Err(status) => {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = status;
            Err(refusal)
        }
    };
    let Ok(ws) = accept_hdr_async(stream, choose).await else { return };
    match endpoint {
        Endpoint::Echo => send_back(ws).await,
        Endpoint::Subscribe => subscribe(ws, room).await,
        Endpoint::Publish => publish(ws, room).await,
    }
}

fn route(request: &Request) -> Result<Endpoint, StatusCode> {
    match request.uri().path() {
        "/echo" => return Ok(Endpoint::Echo),
        "/room/ws" => return Ok(Endpoint::Subscribe),
        "/room/pub" => return Ok(Endpoint::Publish),
        _ => {}
    }
    let path = request.uri().path().strip_prefix("/items/").and_then(|rest| rest.strip_suffix("/ws"));
    let id = path.ok_or(StatusCode::NOT_FOUND)?.parse::<u64>();
    let query = request.uri().query().unwrap_or_default();
    let q = query.split('&').find_map(|pair| pair.strip_prefix("q=")).unwrap_or_default().parse::<i64>();
    if id.is_err() || q.is_err() {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let cookies = request.headers().get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let session = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session="));
    session.map(|_session| Endpoint::Echo).ok_or(StatusCode::FORBIDDEN)
}

async fn send_back(mut ws: WebSocketStream<TcpStream>) {
    while let Some(Ok(message)) = ws.next().await {
        let is_data = message.is_text() || message.is_binary();
        if is_data && ws.send(message).await.is_err() {
            return;
        }
    }
}

async fn subscribe(mut ws: WebSocketStream<TcpStream>, room: Room) {
    let mut published = room.subscribe();
    loop {
        tokio::select! {
            text = published.recv() => match text {
                Ok(text) => if ws.send(Message::Text(text)).await.is_err() { return },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            received = ws.next() => if !matches!(received, Some(Ok(_))) { return },
        }
    }
}

async fn publish(mut ws: WebSocketStream<TcpStream>, room: Room) {
    while let Some(Ok(message)) = ws.next().await {
        if let Message::Text(text) = message {
            // An error means that there is no receiver.
            let _ = room.send(text);
        }
    }
}
