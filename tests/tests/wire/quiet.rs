//! Errors that only say that the connection is over are quiet, and errors caused by the peer stay the peer's, no matter how an
//! endpoint has wrapped them.

use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use tracing::Level;
use ws_runtime::{
    App, Close, CloseCode, CloseError, Error, ErrorContext, Sender, SocketError, State, WebSocket,
    close_code, routes, websocket,
};
use ws_tests::{Frame, Logs, Memory, Server, Tell, ear, op, settle};

type Boxed = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error, CloseError)]
enum Own {
    #[error("io: {0}")]
    #[close(1011)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    #[close(1011)]
    Other(#[from] anyhow::Error),
    #[error("boxed: {0}")]
    #[close(1011)]
    Boxed(#[source] Boxed),
    #[error("named: {0}")]
    #[close(4001)]
    Named(#[source] SocketError),
}

#[derive(Debug, Deserialize)]
struct Numbers {
    #[allow(dead_code, reason = "it never arrives")]
    numbers: Vec<u32>,
}

async fn text(ws: &mut WebSocket) -> anyhow::Result<()> {
    loop {
        ws.recv_text().await?;
    }
}

async fn json(ws: &mut WebSocket) -> anyhow::Result<()> {
    loop {
        ws.recv_json::<Numbers>().await?;
    }
}

#[websocket("/anyhow")]
async fn by_anyhow(mut ws: WebSocket) -> Result<(), Boxed> {
    Ok(text(&mut ws).await?)
}

#[websocket("/context")]
async fn by_context(mut ws: WebSocket) -> Result<(), Boxed> {
    Ok(text(&mut ws).await.context("while reading").context("in a session")?)
}

#[websocket("/derived")]
async fn by_derive(mut ws: WebSocket) -> Result<(), Own> {
    Ok(text(&mut ws).await?)
}

#[websocket("/derived/box")]
async fn by_derived_box(mut ws: WebSocket) -> Result<(), Own> {
    text(&mut ws).await.map_err(|error| Own::Boxed(error.into()))
}

#[websocket("/box")]
async fn by_box(mut ws: WebSocket) -> Result<(), Boxed> {
    loop {
        ws.recv_text().await?;
    }
}

/// The library's own error type, in `anyhow`, in a box.
#[websocket("/ours")]
async fn by_ours(mut ws: WebSocket) -> Result<(), Boxed> {
    let ended: anyhow::Result<()> = async { Err(Error::from(text_ours(&mut ws).await))? }.await;
    Ok(ended?)
}

async fn text_ours(ws: &mut WebSocket) -> SocketError {
    loop {
        if let Err(error) = ws.recv_text().await {
            return error;
        }
    }
}

#[websocket("/json")]
async fn by_json(mut ws: WebSocket) -> Result<(), Boxed> {
    Ok(json(&mut ws).await?)
}

async fn typed(ws: &mut WebSocket<Numbers>) -> anyhow::Result<()> {
    ws.recv().await?;
    Ok(())
}

#[websocket("/typed")]
async fn by_type(mut ws: WebSocket<Numbers>) -> Result<(), Boxed> {
    Ok(typed(&mut ws).await?)
}

#[websocket("/idle", idle_timeout = Duration::from_secs(1))]
async fn idle(mut ws: WebSocket) -> Result<(), Boxed> {
    Ok(text(&mut ws).await?)
}

#[websocket("/named")]
async fn named(mut ws: WebSocket) -> Result<(), Own> {
    ws.recv_text().await.map(drop).map_err(Own::Named)
}

#[websocket("/after")]
async fn after(mut ws: WebSocket) -> Result<(), Own> {
    ws.close(Close::new(CloseCode::NORMAL_CLOSURE, "bye")).await.context("closing")?;
    Err(std::io::Error::other("disk"))?
}

#[websocket("/behind")]
async fn behind(tell: State<Tell>, ws: WebSocket) -> Result<(), Own> {
    ws.closed().await;
    tell.say("closed");
    Err(std::io::Error::other("disk"))?
}

#[websocket("/panics")]
async fn panics(tell: State<Tell>, ws: WebSocket) {
    ws.closed().await;
    tell.say("closed");
    panic!("still a fault");
}

#[websocket("/fault")]
async fn fault(_ws: WebSocket) -> Result<(), Boxed> {
    Err(anyhow::anyhow!("disk").context("while saving"))?
}

const WRAPPED: [&str; 6] = ["/anyhow", "/context", "/derived", "/derived/box", "/box", "/ours"];

fn app(tell: Tell) -> App {
    App::new()
        .routes(routes![by_anyhow, by_context, by_derive, by_derived_box, by_box, by_ours])
        .routes(routes![by_json, by_type, idle, named, after, behind, panics, fault])
        .state(tell)
        .ping_interval(None)
}

/// Lets endpoints end, and waits until their ends are logged.
async fn ended() {
    for _ in 0..10 {
        settle().await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_quiet_however_the_error_is_wrapped() {
    let logs = Logs::capture();
    let (tell, mut heard) = ear();
    let handled = tell.clone();
    let app = app(tell).on_error(move |error: Error, cx: ErrorContext| {
        handled.say(&error);
        error.into_own_close(cx)
    });
    let service = app.into_service();
    for target in WRAPPED {
        let mut memory = Memory::enter(&service, target).await;
        memory.raw.send(Frame::text("hi")).await;
        memory.raw.leave().await;
        // Without a Close frame.
        drop(Memory::enter(&service, target).await);
        ended().await;
        assert_eq!(heard.rest(), [""; 0], "{target}");
    }
    logs.assert_quiet();
}

#[tokio::test]
async fn an_error_behind_a_close_is_quiet() {
    let logs = Logs::capture();
    let (tell, mut heard) = ear();
    let service = app(tell).into_service();
    let mut memory = Memory::enter(&service, "/after").await;
    assert_eq!(memory.raw.closed().await, (Some(1000), "bye".to_owned()));
    let mut memory = Memory::enter(&service, "/behind").await;
    memory.raw.leave().await;
    assert_eq!(heard.next().await, "closed");
    ended().await;
    logs.assert_quiet();
}

#[tokio::test]
async fn a_panic_behind_a_close_is_a_fault_all_the_same() {
    let logs = Logs::capture();
    let (tell, mut heard) = ear();
    let service = app(tell).into_service();
    let mut memory = Memory::enter(&service, "/panics").await;
    memory.raw.leave().await;
    assert_eq!(heard.next().await, "closed");
    ended().await;
    assert!(logs.only(Level::ERROR).text.contains("still a fault"));
}

#[tokio::test]
async fn a_wrong_kind_of_message_closes_1003_however_the_error_is_wrapped() {
    let logs = Logs::capture();
    let server = Server::start(app(ear().0)).await;
    for target in WRAPPED {
        let mut raw = server.raw_open(target).await;
        raw.send(Frame::new(op::BINARY, "x")).await;
        assert_eq!(raw.closed().await, (Some(1003), "expected a text message".to_owned()), "{target}");
    }
    logs.assert_quiet();
}

#[tokio::test]
async fn other_errors_of_the_peers_keep_their_codes() {
    let logs = Logs::capture();
    let server = Server::start(app(ear().0)).await;
    let mut raw = server.raw_open("/json").await;
    raw.send(Frame::text("no JSON")).await;
    assert_eq!(raw.closed().await, (Some(1007), r#"[{"type":"json_invalid","loc":["message"]}]"#.to_owned()));
    let mut raw = server.raw_open("/typed").await;
    raw.send(Frame::text(r#"{"numbers":["x"]}"#)).await;
    let reason = r#"[{"type":"int_type","loc":["message","numbers",0]}]"#;
    assert_eq!(raw.closed().await, (Some(1007), reason.to_owned()));
    logs.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_closed_as_ever() {
    let logs = Logs::capture();
    let mut memory = Memory::open(app(ear().0), "/idle").await;
    assert_eq!(memory.raw.closed().await, (Some(1000), "inactivity timeout".to_owned()));
    logs.assert_quiet();
}

#[tokio::test]
async fn a_code_that_the_user_chose_stays() {
    let server = Server::start(app(ear().0)).await;
    let mut raw = server.raw_open("/named").await;
    raw.send(Frame::new(op::BINARY, "x")).await;
    assert_eq!(
        raw.closed().await,
        (Some(close_code!(4001).as_u16()), "named: expected a text message".to_owned())
    );
}

#[tokio::test]
async fn a_fault_of_ours_is_one_still() {
    let logs = Logs::capture();
    let server = Server::start(app(ear().0)).await;
    let mut raw = server.raw_open("/fault").await;
    assert_eq!(raw.closed().await, (Some(1011), "internal server error".to_owned()));
    assert!(logs.only(Level::ERROR).text.contains("while saving"));
}

// The end of another connection is not the end of this one, whose peer must still get a Close frame.
#[tokio::test]
async fn the_end_of_another_connection_closes_this_one() {
    type First = std::sync::Arc<std::sync::Mutex<Option<Sender>>>;

    #[websocket("/first")]
    async fn first(State(first): State<First>, ws: WebSocket) {
        *first.lock().expect("nobody panics with the lock") = Some(ws.sender());
        ws.closed().await;
    }

    #[websocket("/second")]
    async fn second(State(first): State<First>, mut ws: WebSocket) -> Result<(), SocketError> {
        ws.recv().await?;
        let sender = first.lock().expect("nobody panics with the lock").clone().expect("there is a first");
        sender.send_text("to the first").await
    }

    let app = App::new().routes(routes![first, second]).state(First::default());
    let server = Server::start(app).await;
    let mut one = server.raw_open("/first").await;
    let mut other = server.raw_open("/second").await;
    one.leave().await;
    other.send(Frame::text("go")).await;
    assert_eq!(other.closed().await.0, Some(1000));
}
