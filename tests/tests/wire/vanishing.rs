//! Clients that vanish while the server is in the middle of something. `leaving.rs` covers what endpoints see of clients that
//! leave while they listen.

use std::{future::pending, sync::Arc};

use tokio::sync::Notify;
use tracing::Level;
use ws_runtime::{
    App, Close, Closed, Handshake, Rejection, SocketError, State, Upgrade, WebSocket, close_code, routes,
    websocket,
};
use ws_tests::{Ear, Frame, Logs, Opening, Raw, Server, Tell, ear, op, settle};

/// More than fits anywhere, if nothing holds a sender back.
const MANY: usize = 10_000;

/// Sends for as long as it can.
#[websocket("/sending")]
async fn sending(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    tell.say("sending");
    for _ in 0..MANY {
        if let Err(error) = ws.send_binary(vec![7; 10_000]).await {
            tell.show(&error);
            return Err(error);
        }
    }
    panic!("nothing held it back")
}

/// Sends from another task, and does not look at the connection itself.
#[websocket("/clone")]
async fn clone(tell: State<Tell>, ws: WebSocket) -> Result<(), SocketError> {
    let sender = ws.sender();
    let sending = tokio::spawn(async move {
        for _ in 0..MANY {
            if let Err(error) = sender.send_binary(vec![7; 10_000]).await {
                return error;
            }
        }
        panic!("nothing held it back")
    });
    let error = sending.await.expect("it does not panic");
    tell.show(&error);
    Err(error)
}

/// Closes, and reports what happened to the close.
#[websocket("/closing")]
async fn closing(tell: State<Tell>, wake: State<Arc<Notify>>, mut ws: WebSocket) -> Result<(), SocketError> {
    tell.say("closing");
    wake.notified().await;
    let closed = ws.close(Close::new(close_code!(4000), "done")).await;
    tell.say(closed.is_ok());
    closed
}

async fn hesitates(handshake: &Handshake) -> Result<(), Close> {
    let tell = handshake.state::<Tell>().expect("the app has it");
    let _dropped = tell.when_dropped("dropped");
    tell.say("deciding");
    handshake.state::<Arc<Notify>>().expect("the app has it").notified().await;
    Ok(())
}

/// Has not been accepted yet when the client vanishes.
#[websocket("/deciding", before_accept = [hesitates])]
async fn deciding(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    tell.say("accepted");
    let error = ws.recv().await.expect_err("the client is gone");
    tell.show(&error);
    Err(error)
}

#[websocket("/upgrade")]
async fn upgrade(tell: State<Tell>, wake: State<Arc<Notify>>, upgrade: Upgrade) -> Result<(), SocketError> {
    let _dropped = tell.when_dropped("dropped");
    tell.say("deciding");
    wake.notified().await;
    let _ws = upgrade.accept().await?;
    pending().await
}

struct Scene {
    logs: Logs,
    ear: Ear,
    wake: Arc<Notify>,
    server: Server,
}

async fn scene(rejection: Rejection) -> Scene {
    let logs = Logs::capture();
    let (tell, ear) = ear();
    let wake = Arc::new(Notify::new());
    let app = App::new()
        .routes(routes![sending, clone, closing, deciding, upgrade])
        .state(tell)
        .state(Arc::clone(&wake))
        .rejection(rejection);
    Scene { logs, ear, wake, server: Server::start(app).await }
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Fin,
    Reset,
}

impl Way {
    fn vanish(self, raw: Raw) {
        match self {
            Self::Fin => drop(raw),
            Self::Reset => raw.reset(),
        }
    }
}

fn lost() -> String {
    format!("{:?}", SocketError::Closed(Closed::Lost))
}

#[tokio::test]
async fn an_endpoint_that_sends_learns_that_the_client_is_gone() {
    for way in [Way::Fin, Way::Reset] {
        let mut scene = scene(Rejection::Close).await;
        let raw = scene.server.raw_open("/sending").await;
        assert_eq!(scene.ear.next().await, "sending");
        settle().await;
        raw.abandon(matches!(way, Way::Reset));
        assert_eq!(scene.ear.next().await, lost(), "{way:?}");
        scene.logs.assert_quiet();
    }
}

#[tokio::test]
async fn a_clone_in_another_task_learns_that_the_client_is_gone() {
    for way in [Way::Fin, Way::Reset] {
        let mut scene = scene(Rejection::Close).await;
        let raw = scene.server.raw_open("/clone").await;
        settle().await;
        raw.abandon(matches!(way, Way::Reset));
        assert_eq!(scene.ear.next().await, lost(), "{way:?}");
        scene.logs.assert_quiet();
    }
}

#[tokio::test]
async fn a_client_that_vanishes_instead_of_answering_our_close_is_quiet() {
    for way in [Way::Fin, Way::Reset] {
        let mut scene = scene(Rejection::Close).await;
        let mut raw = scene.server.raw_open("/closing").await;
        assert_eq!(scene.ear.next().await, "closing");
        scene.wake.notify_one();
        assert_eq!(raw.frame().await, Some(Frame::close(4000, "done").unmasked()));
        way.vanish(raw);
        assert_eq!(scene.ear.next().await, "true", "{way:?}");
        settle().await;
        scene.logs.assert_quiet();
    }
}

#[tokio::test]
async fn a_close_after_the_client_has_vanished_is_a_typed_error_and_quiet() {
    for way in [Way::Fin, Way::Reset] {
        let mut scene = scene(Rejection::Close).await;
        let raw = scene.server.raw_open("/closing").await;
        assert_eq!(scene.ear.next().await, "closing");
        way.vanish(raw);
        settle().await;
        scene.wake.notify_one();
        // Nothing is logged, no matter if the close or the reset came first.
        scene.ear.next().await;
        settle().await;
        scene.logs.assert_quiet();
    }
}

#[tokio::test]
async fn a_client_that_vanishes_before_it_is_accepted_is_quiet_and_the_server_goes_on() {
    for rejection in [Rejection::Close, Rejection::Http] {
        for target in ["/deciding", "/upgrade"] {
            for way in [Way::Fin, Way::Reset] {
                let mut scene = scene(rejection).await;
                let mut raw = scene.server.raw().await;
                raw.write(Opening::new(target).bytes()).await;
                assert_eq!(scene.ear.next().await, "deciding");
                way.vanish(raw);
                settle().await;
                scene.wake.notify_one();
                // It is dropped with the handshake, or runs to its end. It is over in both cases.
                loop {
                    let line = scene.ear.next().await;
                    if line == "dropped" {
                        break;
                    }
                }
                scene.logs.assert_quiet();
                assert!(scene.logs.at(Level::WARN).is_empty());

                let mut raw = scene.server.raw_open("/sending").await;
                assert_eq!(raw.frame().await.map(|frame| frame.opcode), Some(op::BINARY));
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_vanishes_with_messages_unread_loses_none_of_them_to_the_endpoint() {
    /// Receives only when it is woken.
    #[websocket("/later")]
    async fn later(tell: State<Tell>, wake: State<Arc<Notify>>, mut ws: WebSocket) {
        tell.say("asleep");
        wake.notified().await;
        loop {
            match ws.recv_text().await {
                Ok(text) => tell.say(text),
                Err(error) => return tell.show(&error),
            }
        }
    }

    let logs = Logs::capture();
    let (tell, mut ear) = ear();
    let wake = Arc::new(Notify::new());
    let server = Server::start(App::new().routes(routes![later]).state(tell).state(Arc::clone(&wake))).await;
    let mut raw = server.raw_open("/later").await;
    assert_eq!(ear.next().await, "asleep");
    for number in 0..100 {
        raw.send(Frame::text(&number.to_string())).await;
    }
    drop(raw);
    settle().await;
    wake.notify_one();
    let expected: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(ear.take(100).await, expected);
    assert_eq!(ear.next().await, lost());
    logs.assert_quiet();
}
