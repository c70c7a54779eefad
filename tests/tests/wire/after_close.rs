//! What happens before and after a close, and which handles outlive it.

use tracing::Level;
use ws_runtime::{
    App, Close, CloseCode, CloseError, Closed, Result, SocketError, State, WebSocket, close_code, routes,
    websocket,
};
use ws_tests::{End, Frame, Logs, Memory, Server, Tell, ear};

#[derive(Debug, thiserror::Error, CloseError)]
#[error("too late")]
#[close(1008)]
struct TooLate;

// An error after the close.
#[websocket("/error-after-close")]
async fn error_after_close(mut ws: WebSocket) -> Result {
    ws.close(Close::new(close_code!(4000), "first")).await?;
    Err(TooLate)?
}

#[websocket("/panic-after-close")]
async fn panic_after_close(mut ws: WebSocket) -> Result {
    ws.close(Close::new(close_code!(4000), "first")).await?;
    panic!("after the close")
}

// Sending, closing and receiving after the close.
#[websocket("/after-close")]
async fn after_close(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    let sender = ws.sender();
    ws.close(Close::new(close_code!(4000), "first")).await?;
    tell.show(&ws.send_text("never").await);
    tell.show(&ws.close(Close::new(close_code!(4001), "second")).await);
    tell.show(&ws.recv().await);
    tell.show(&sender.send_text("never").await);
    tell.show(&ws.closed().await);
    ws.send_text("never").await
}

#[websocket("/queued")]
async fn queued(#[query] count: u32, #[query] by_hand: bool, mut ws: WebSocket) -> Result {
    for number in 0..count {
        ws.send_text(format!("{number:0100}")).await?;
    }
    if by_hand {
        ws.close(Close::new(CloseCode::POLICY_VIOLATION, "too late")).await?;
    }
    Err(TooLate)?
}

#[websocket("/sender")]
async fn sender(tell: State<Tell>, ws: WebSocket) {
    let sender = ws.sender();
    let tell = tell.clone();
    tokio::spawn(async move {
        tell.show(&sender.closed().await);
        tell.show(&sender.send_text("never").await);
    });
}

#[websocket("/split")]
async fn split(ws: WebSocket) -> Result<(), SocketError> {
    let (sender, mut receiver) = ws.split();
    let text = receiver.recv_text().await?;
    sender.send_text(format!("{text} back")).await?;
    sender.close(Close::new(close_code!(4000), "by the sender")).await
}

fn app() -> App {
    App::new()
        .routes(routes![error_after_close, panic_after_close, after_close, queued, sender, split])
        .state(ear().0)
}

async fn end(target: &str) -> End {
    Server::start(app()).await.at(target).end().await
}

#[tokio::test]
async fn an_error_after_the_close_changes_nothing_and_is_no_error_in_the_log() {
    let logs = Logs::capture();
    assert_eq!(end("/error-after-close").await.close(), (4000, "first"));
    assert!(logs.at(Level::ERROR).is_empty(), "{:#?}", logs.loud());
}

#[tokio::test]
async fn a_panic_after_the_close_leaves_the_close_but_is_logged() {
    let logs = Logs::capture();
    assert_eq!(end("/panic-after-close").await.close(), (4000, "first"));
    assert!(logs.only(Level::ERROR).text.contains("after the close"));
}

#[tokio::test]
async fn what_comes_after_the_first_close_is_a_typed_error() {
    let logs = Logs::capture();
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![after_close]).state(tell)).await;
    let mut raw = server.raw_open("/after-close").await;
    raw.send(Frame::text("crossing")).await;
    assert_eq!(raw.closed().await, (Some(4000), "first".to_owned()));

    let first = Closed::Local(Close::new(close_code!(4000), "first"));
    let error = format!("Err({:?})", SocketError::Closed(first.clone()));
    let heard = ear.take(5).await;
    assert!(heard[..4].iter().all(|line| *line == error), "{heard:?}");
    assert_eq!(heard[4], format!("{first:?}"));
    logs.assert_quiet();
}

#[tokio::test]
async fn messages_queued_before_the_close_arrive_before_it() {
    for (count, by_hand) in [(1, true), (1, false), (10, true), (10, false), (5_000, true), (5_000, false)] {
        let end = end(&format!("/queued?count={count}&by_hand={by_hand}")).await;
        assert_eq!(end.close(), (1008, "too late"));
        let expected: Vec<String> = (0..count).map(|number| format!("{number:0100}")).collect();
        assert_eq!(end.messages, expected);
    }
}

#[tokio::test]
async fn messages_that_found_no_room_in_the_socket_arrive_before_the_close_too() {
    // This is 101 kB. The pipe takes 64 KiB before the client reads.
    let mut memory = Memory::open(app(), "/queued?count=1000&by_hand=false").await;
    ws_tests::settle().await;
    for number in 0..1000 {
        assert_eq!(memory.raw.text().await, format!("{number:0100}"));
    }
    assert_eq!(memory.raw.closed().await, (Some(1008), "too late".to_owned()));
}

#[tokio::test]
async fn a_sender_does_not_keep_the_connection_open() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![sender]).state(tell)).await;
    assert_eq!(server.at("/sender").end().await.close(), (1000, ""));
    let closed = Closed::Local(CloseCode::NORMAL_CLOSURE.into());
    assert_eq!(ear.next().await, format!("{closed:?}"));
    assert_eq!(ear.next().await, format!("Err({:?})", SocketError::Closed(closed)));
}

#[tokio::test]
async fn the_halves_work_on_their_own() {
    let server = Server::start(app()).await;
    let mut client = server.at("/split").open().await;
    assert_eq!(client.ask("there").await, "there back");
    assert_eq!(client.end().await.close(), (4000, "by the sender"));
}
