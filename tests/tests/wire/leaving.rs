//! Clients that leave, politely or not: the endpoint sees how, keeps running, and nothing is logged above debug.

use std::sync::Arc;

use tokio::sync::Notify;
use ws_runtime::{App, Close, Closed, PeerClose, SocketError, State, WebSocket, routes, websocket};
use ws_tests::{Ear, Frame, Logs, Memory, Opening, Raw, Server, Tell, ear, op};

/// Receives until the client leaves, and then keeps running for a while.
#[websocket("/recv")]
async fn receiving(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    let _dropped = tell.when_dropped("dropped");
    let error = loop {
        match ws.recv().await {
            Ok(message) => tell.show(&message),
            Err(error) => break error,
        }
    };
    tell.show(&error);
    tokio::task::yield_now().await;
    tell.show(&ws.send_text("anybody there?").await.is_err());
    Err(error)
}

/// Waits for the end without receiving.
#[websocket("/closed")]
async fn waiting(tell: State<Tell>, ws: WebSocket) {
    let _dropped = tell.when_dropped("dropped");
    tell.show(&ws.closed().await);
}

/// Sleeps while the client leaves, and then sends.
#[websocket("/asleep")]
async fn asleep(tell: State<Tell>, wake: State<Arc<Notify>>, mut ws: WebSocket) -> Result<(), SocketError> {
    let _dropped = tell.when_dropped("dropped");
    wake.notified().await;
    tell.say("awake");
    let error = loop {
        match ws.send_text("x".repeat(1000)).await {
            Ok(()) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    tell.show(&error);
    Err(error)
}

struct Scene {
    logs: Logs,
    ear: Ear,
    wake: Arc<Notify>,
    server: Server,
}

async fn scene() -> Scene {
    let logs = Logs::capture();
    let (tell, ear) = ear();
    let wake = Arc::new(Notify::new());
    let handler_tell = tell.clone();
    let app =
        App::new().routes(routes![receiving, waiting, asleep]).state(tell).state(Arc::clone(&wake)).on_error(
            move |err: ws_runtime::Error, _| {
                handler_tell.say(format!("handled {err}"));
                async { Close::internal_error() }
            },
        );
    Scene { logs, ear, wake, server: Server::start(app).await }
}

/// The ways to leave, and how an endpoint sees them.
#[derive(Debug, Clone, Copy)]
enum Way {
    Close(Option<(u16, &'static str)>),
    Fin,
    Reset,
}

const WAYS: [Way; 8] = [
    Way::Close(Some((1000, "done"))),
    Way::Close(Some((1001, ""))),
    Way::Close(Some((4321, "tschüss"))),
    Way::Close(Some((3000, ""))),
    Way::Close(Some((1011, "client broke"))),
    Way::Close(None),
    Way::Fin,
    Way::Reset,
];

impl Way {
    async fn leave(self, mut raw: Raw) {
        match self {
            Self::Close(close) => {
                let frame =
                    close.map_or(Frame::new(op::CLOSE, []), |(code, reason)| Frame::close(code, reason));
                raw.send(frame).await;
                let answer = raw.frame().await.expect("a Close frame, not the end").into_close();
                assert_eq!(answer.0, close.map(|(code, _)| code), "the answer repeats the code");
                raw.eof().await;
            }
            Self::Fin => drop(raw),
            Self::Reset => raw.reset(),
        }
    }

    fn seen(self) -> Closed {
        match self {
            Self::Close(close) => Closed::Peer(close.map(|(code, reason)| PeerClose::new(code, reason))),
            Self::Fin | Self::Reset => Closed::Lost,
        }
    }
}

// The client vanishes, or closes with any code.
#[tokio::test]
async fn a_receiving_endpoint_sees_how_the_client_left_and_ends_quietly() {
    for way in WAYS {
        let mut scene = scene().await;
        let mut raw = scene.server.raw_open("/recv").await;
        raw.send(Frame::text("before")).await;
        assert_eq!(scene.ear.next().await, r#"Text("before")"#, "{way:?}");
        way.leave(raw).await;
        let error = SocketError::Closed(way.seen());
        assert_eq!(scene.ear.take(3).await, [format!("{error:?}"), "true".to_owned(), "dropped".to_owned()]);
        ws_tests::settle().await;
        assert!(scene.ear.rest().is_empty(), "no handler runs: {way:?}");
        scene.logs.assert_quiet();
    }
}

#[tokio::test]
async fn a_close_with_a_code_that_was_registered_later_is_seen_too() {
    let mut scene = scene().await;
    let raw = scene.server.raw_open("/closed").await;
    let way = Way::Close(Some((1014, "bad gateway")));
    way.leave(raw).await;
    assert_eq!(scene.ear.next().await, format!("{:?}", way.seen()));
}

#[tokio::test]
async fn a_waiting_endpoint_sees_how_the_client_left() {
    for way in WAYS {
        let mut scene = scene().await;
        let raw = scene.server.raw_open("/closed").await;
        way.leave(raw).await;
        assert_eq!(scene.ear.take(2).await, [format!("{:?}", way.seen()), "dropped".to_owned()]);
        scene.logs.assert_quiet();
    }
}

#[tokio::test]
async fn a_sleeping_endpoint_is_not_dropped_and_sees_it_when_it_sends() {
    for way in WAYS {
        let mut scene = scene().await;
        let raw = scene.server.raw_open("/asleep").await;
        way.leave(raw).await;
        ws_tests::settle().await;
        assert!(scene.ear.rest().is_empty(), "it still sleeps: {way:?}");
        scene.wake.notify_one();
        let error = SocketError::Closed(way.seen());
        assert_eq!(
            scene.ear.take(3).await,
            ["awake".to_owned(), format!("{error:?}"), "dropped".to_owned()],
            "{way:?}"
        );
        scene.logs.assert_quiet();
    }
}

#[tokio::test]
async fn messages_before_the_close_are_received_before_it() {
    let mut scene = scene().await;
    let mut raw = scene.server.raw().await;
    let frames = [Frame::text("one").bytes(), Frame::text("two").bytes(), Frame::close(1000, "").bytes()];
    raw.open(&Opening::new("/recv").then(frames.concat())).await;
    assert_eq!(scene.ear.take(2).await, [r#"Text("one")"#, r#"Text("two")"#]);
    assert!(scene.ear.next().await.contains("1000"));
}

#[tokio::test]
async fn a_client_gone_in_the_middle_of_a_frame_is_lost() {
    for cut in [1, 3, 8] {
        let mut scene = scene().await;
        let mut raw = scene.server.raw_open("/recv").await;
        raw.write(&Frame::text("whole").bytes()[..cut]).await;
        drop(raw);
        let error = SocketError::Closed(Closed::Lost);
        assert_eq!(scene.ear.next().await, format!("{error:?}"));
        scene.ear.take(2).await;
        scene.logs.assert_quiet();
    }
}

#[tokio::test]
async fn a_client_gone_before_the_answer_is_quiet() {
    let logs = Logs::capture();
    let (tell, mut ear) = ear();
    let mut memory = Memory::connect(App::new().routes(routes![receiving, waiting]).state(tell));
    memory.raw.write(Opening::new("/recv").bytes()).await;
    drop(memory);
    ws_tests::settle().await;
    // The runtime may or may not start the endpoint's body. If it does, the body ends.
    if let [first, .., last] = &*ear.rest() {
        assert!(first.contains("Closed(Lost)"), "{first}");
        assert_eq!(last, "dropped");
    }
    logs.assert_quiet();
}

#[tokio::test]
async fn the_client_leaving_while_the_endpoint_says_goodbye_is_quiet() {
    let scene = scene().await;
    let mut raw = scene.server.raw_open("/asleep").await;
    // Both close at the same time: the client's Close frame is in transit while the endpoint sends.
    scene.wake.notify_one();
    raw.send(Frame::close(1000, "")).await;
    loop {
        let frame = raw.frame().await.expect("a Close frame, not the end");
        if frame.opcode == op::CLOSE {
            assert_eq!(frame.into_close().0, Some(1000));
            break;
        }
    }
    raw.eof().await;
    scene.logs.assert_quiet();
}
