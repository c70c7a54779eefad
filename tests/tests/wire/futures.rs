//! The futures of sending and receiving: they are small and `Send`, and do nothing before they are awaited.

use std::{borrow::Cow, future::Future, time::Duration};

use tokio::time::timeout;
use ws_runtime::{
    App, Encode, Message, Result, SocketError, TestClient, WebSocket,
    client::{Client, ClientSender},
    routes, websocket,
};

async fn echo(mut ws: WebSocket) -> Result {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("{text}!")).await?;
    }
}

async fn typed(mut ws: WebSocket<Vec<u32>, String>) -> Result {
    loop {
        let numbers = ws.recv().await?;
        ws.send(format!("{numbers:?}")).await?;
    }
}

async fn client(sender: ClientSender) {
    let _ = sender.send("hi").await;
}

async fn connecting(url: String) {
    let _: std::result::Result<Client, _> = Client::builder(url).connect().await;
}

/// Returns the size of the future, which must be `Send`.
fn size_of<A, F: Future + Send>(_: impl Fn(A) -> F) -> usize {
    std::mem::size_of::<F>()
}

/// A connection holds its endpoint's future for all its life.
#[test]
fn an_endpoints_future_is_small() {
    assert!(size_of(echo) <= 240, "{}", size_of(echo));
    assert!(size_of(typed) <= 232, "{}", size_of(typed));
    assert!(size_of(client) <= 136, "{}", size_of(client));
    assert!(size_of(connecting) <= 64, "{}", size_of(connecting));
}

#[websocket("/lazy")]
async fn lazy(mut ws: WebSocket) -> Result {
    let sender = ws.sender();
    drop(ws.send_text("dropped"));
    let second = sender.send_text("second");
    let first = sender.send_text("first");
    drop(sender.close(ws_runtime::CloseCode::GOING_AWAY));
    first.await?;
    second.await?;
    Ok(())
}

#[tokio::test]
async fn a_message_is_sent_when_it_is_awaited() {
    let client = TestClient::new(App::new().routes(routes![lazy]));
    let mut ws = client.get("/lazy").connect().await.unwrap();
    assert_eq!(ws.recv_text().await.unwrap(), "first");
    assert_eq!(ws.recv_text().await.unwrap(), "second");
    assert_eq!(ws.closed().await.code(), Some(1000));
}

/// A format that is never ready to write.
struct Jammed;

impl Encode<String> for Jammed {
    fn encode(_: &String) -> std::result::Result<Cow<'_, Message>, SocketError> {
        Err(SocketError::Full)
    }
}

#[websocket("/jammed")]
async fn jammed(mut ws: WebSocket<Message, String, Jammed>) -> Result {
    // It is the format's error, not the buffer's: waiting for room would be in vain.
    let sent = timeout(Duration::from_secs(5), ws.send("hi")).await;
    assert!(matches!(sent, Ok(Err(SocketError::Full))), "{sent:?}");
    let sent = timeout(Duration::from_secs(5), ws.sender().send("hi")).await;
    assert!(matches!(sent, Ok(Err(SocketError::Full))), "{sent:?}");
    Ok(())
}

#[tokio::test]
async fn a_formats_error_ends_the_sending_whatever_it_is() {
    let client = TestClient::new(App::new().routes(routes![jammed]));
    let mut ws = client.get("/jammed").connect().await.unwrap();
    assert_eq!(ws.closed().await.code(), Some(1000));
}
