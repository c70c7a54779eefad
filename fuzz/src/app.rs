//! The app that the targets talk to.

use std::future::pending;

use ws_runtime::{
    App, Compression, Handshake, SendBuffer, Service, SocketError, WebSocket, routes, websocket,
};

/// The largest message that the app and the client take, in bytes.
pub const LIMIT: usize = 64 * 1024;

/// The byte that fills the messages of `/stream`.
pub const STREAMED: u8 = 7;

pub(crate) fn service() -> Service {
    App::new()
        .routes(routes![echo, plain, stream, plain_stream, path, rest, query, cookies, session])
        .ping_interval(None)
        .max_message_size(LIMIT)
        .into_service()
}

#[websocket("/echo", compression = Compression::deflate())]
async fn echo(ws: WebSocket) -> Result<(), SocketError> {
    send_back(ws).await
}

#[websocket("/plain")]
async fn plain(ws: WebSocket) -> Result<(), SocketError> {
    send_back(ws).await
}

async fn send_back(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

/// Sends without end. Meanwhile it receives, or leaves incoming messages unread.
#[websocket("/stream", compression = Compression::deflate(), send_buffer = SendBuffer::bytes(4 * 1024))]
async fn stream(#[query] size: usize, #[query] drain: bool, ws: WebSocket) -> Result<(), SocketError> {
    send_for_ever(size, drain, ws).await
}

#[websocket("/plain/stream", send_buffer = SendBuffer::bytes(4 * 1024))]
async fn plain_stream(#[query] size: usize, #[query] drain: bool, ws: WebSocket) -> Result<(), SocketError> {
    send_for_ever(size, drain, ws).await
}

async fn send_for_ever(size: usize, drain: bool, ws: WebSocket) -> Result<(), SocketError> {
    let (sender, mut receiver) = ws.split();
    let send = async {
        loop {
            sender.send(vec![STREAMED; size]).await?;
        }
    };
    let receive = async {
        while drain {
            receiver.recv().await?;
        }
        pending().await
    };
    tokio::select! {
        result = send => result,
        result = receive => result,
    }
}

#[websocket("/path/<segment>")]
async fn path(segment: String, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(segment).await
}

#[websocket("/rest/<segments..>")]
async fn rest(segments: Vec<String>, mut ws: WebSocket) -> Result<(), SocketError> {
    for segment in segments {
        ws.send_text(segment).await?;
    }
    Ok(())
}

#[websocket("/query")]
async fn query(
    #[query] value: Option<String>,
    #[query] number: Option<i64>,
    #[query] many: Vec<String>,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    ws.send_text(format!("{number:?} {many:?}")).await?;
    ws.send_text(value.unwrap_or_default()).await
}

/// Sends every value of the cookie, as a parameter reads them.
#[websocket("/cookies")]
async fn cookies(
    #[cookie(name = "__Host-id")] values: Vec<String>,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    for value in values {
        ws.send_text(value).await?;
    }
    Ok(())
}

async fn id(handshake: &Handshake) -> Result<Option<String>, SocketError> {
    Ok(handshake.cookie("__Host-id").map(str::to_owned))
}

/// Sends the value that counts, as the handshake returns it.
#[websocket("/session")]
async fn session(#[depends(id)] id: Option<String>, mut ws: WebSocket) -> Result<(), SocketError> {
    if let Some(id) = id {
        ws.send_text(id).await?;
    }
    Ok(())
}
