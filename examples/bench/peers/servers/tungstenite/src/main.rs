//! tokio-tungstenite 0.30 on bare TCP connections, with default settings.
//!
//! With `tungstenite PORT forward`, `/echo` is the crate's own example of an echo server: `split` and `forward`, which
//! flushes when nothing more can be read.

use std::sync::OnceLock;

use futures_util::{SinkExt, StreamExt, TryStreamExt};
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

static ROOM: OnceLock<broadcast::Sender<Utf8Bytes>> = OnceLock::new();

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().expect("a port");
    let forwards = arguments.next().as_deref() == Some("forward");
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("a free port");
    while let Ok((stream, _address)) = listener.accept().await {
        tokio::spawn(serve(stream, forwards));
    }
}

#[derive(Clone, Copy)]
enum Endpoint {
    Echo,
    Subscribe,
    Publish,
}

async fn serve(stream: TcpStream, forwards: bool) {
    let mut endpoint = Endpoint::Echo;
    // The library's callback has this type.
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
        Endpoint::Echo if forwards => forward(ws).await,
        Endpoint::Echo => send_back(ws).await,
        Endpoint::Subscribe => subscribe(ws).await,
        Endpoint::Publish => publish(ws).await,
    }
}

fn route(request: &Request) -> Result<Endpoint, StatusCode> {
    match request.uri().path() {
        "/echo" => return Ok(Endpoint::Echo),
        "/room/ws" => return Ok(Endpoint::Subscribe),
        "/room/pub" => return Ok(Endpoint::Publish),
        _ => {}
    }
    let id = request.uri().path().strip_prefix("/items/").and_then(|rest| rest.strip_suffix("/ws"));
    let id = id.ok_or(StatusCode::NOT_FOUND)?.parse::<u64>();
    let query = request.uri().query().unwrap_or_default();
    let q = query.split('&').find_map(|pair| pair.strip_prefix("q=")).unwrap_or_default().parse::<i64>();
    if id.is_err() || q.is_err() {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let cookies = request.headers().get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let session = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session="));
    session.map(|_session| Endpoint::Echo).ok_or(StatusCode::FORBIDDEN)
}

fn room() -> &'static broadcast::Sender<Utf8Bytes> {
    ROOM.get_or_init(|| broadcast::Sender::new(1024))
}

async fn forward(ws: WebSocketStream<TcpStream>) {
    let (sink, stream) = ws.split();
    let data = stream.try_filter(|message| std::future::ready(message.is_text() || message.is_binary()));
    let _ = data.forward(sink).await;
}

async fn send_back(mut ws: WebSocketStream<TcpStream>) {
    while let Some(Ok(message)) = ws.next().await {
        let is_data = message.is_text() || message.is_binary();
        if is_data && ws.send(message).await.is_err() {
            return;
        }
    }
}

async fn subscribe(mut ws: WebSocketStream<TcpStream>) {
    let mut published = room().subscribe();
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

async fn publish(mut ws: WebSocketStream<TcpStream>) {
    while let Some(Ok(message)) = ws.next().await {
        if let Message::Text(text) = message {
            // An error says that nobody is there to receive it.
            let _ = room().send(text);
        }
    }
}
