//! Messages under pressure: clients that do not read or do not stop, handles in other tasks, several threads.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _, stream::FuturesUnordered};
use tokio::sync::{Notify, mpsc::UnboundedSender};
use tokio_tungstenite::tungstenite::Message as ClientMessage;
use ws_runtime::{
    App, Close, CloseCode, Closed, ErrorContext, Result, Sender, SocketError, State, WebSocket, close_code,
    routes, websocket,
};
use ws_tests::{Frame, Memory, Server, Tell, ear, op, settle, within};

const CHUNK: usize = 16 * 1024;

/// Sends more than fits anywhere.
#[websocket("/pour")]
async fn pour(
    #[query(default = 100)] count: u8,
    tell: State<Tell>,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    let _dropped = tell.when_dropped("dropped");
    for number in 0..count {
        ws.send_binary(vec![number; CHUNK]).await?;
        tell.say(number);
    }
    Ok(())
}

#[websocket("/refuse")]
async fn refuse(mut ws: WebSocket) -> Result {
    ws.recv().await?;
    Err(Close::new(CloseCode::POLICY_VIOLATION, "enough"))?
}

/// Gives its sender away, and sleeps.
#[websocket("/lend")]
async fn lend(lent: State<UnboundedSender<Sender>>, wake: State<Arc<Notify>>, ws: WebSocket) {
    lent.send(ws.sender()).expect("the test listens");
    wake.notified().await;
}

#[websocket("/drop")]
async fn drops(tell: State<Tell>, wake: State<Arc<Notify>>, ws: WebSocket) {
    let _dropped = tell.when_dropped("dropped");
    drop(ws);
    wake.notified().await;
    tell.say("awake");
}

#[websocket("/elsewhere")]
async fn elsewhere(tell: State<Tell>, ws: WebSocket) {
    let (_sender, mut receiver) = ws.split();
    tokio::spawn(async move {
        let outcome = receiver.recv().await;
        tell.show(&outcome);
    });
}

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

/// Receives through a combinator that uses wakers of its own.
#[websocket("/unordered")]
async fn unordered(mut ws: WebSocket) -> Result<(), SocketError> {
    let sender = ws.sender();
    loop {
        let mut waiting = FuturesUnordered::new();
        waiting.push(ws.recv_text());
        let text = waiting.next().await.expect("there is one")?;
        sender.send_text(text).await?;
    }
}

#[websocket("/fan-out")]
async fn fan_out(ws: WebSocket) -> Result<()> {
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let sender = ws.sender();
            tokio::spawn(async move {
                for number in 0..200 {
                    sender.send_text(format!("{task} {number}")).await?;
                    if number % 7 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                Ok::<(), SocketError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a sender does not panic")?;
    }
    Ok(())
}

fn app(tell: &Tell) -> App {
    let (lent, _) = tokio::sync::mpsc::unbounded_channel::<Sender>();
    App::new()
        .routes(routes![pour, refuse, lend, drops, elsewhere, echo, unordered, fan_out])
        .state(tell.clone())
        .state(lent)
        .state(Arc::new(Notify::new()))
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_the_endpoint_back() {
    let (tell, mut ear) = ear();
    let mut memory = Memory::open(app(&tell), "/pour").await;
    settle().await;
    let sent = ear.rest().len();
    assert!(sent < 20, "{sent} chunks of {CHUNK} bytes wait in memory");
    for number in 0..100 {
        assert_eq!(memory.raw.frame().await.map(|frame| frame.payload), Some(vec![number; CHUNK]));
    }
    assert_eq!(memory.raw.closed().await, (Some(1000), String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_is_held_back_learns_that_the_client_left() {
    let (tell, mut ear) = ear();
    let memory = Memory::open(app(&tell), "/pour").await;
    settle().await;
    drop(memory);
    let mut lines = 0;
    while ear.next().await != "dropped" {
        lines += 1;
    }
    assert!(lines < 20, "{lines}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_let_go_once_the_endpoint_returned() {
    let (tell, mut ear) = ear();
    // More than the pipe holds, and no more than may be queued after it.
    let mut memory = Memory::open(app(&tell), "/pour?count=6").await;
    while ear.next().await != "dropped" {}
    // Longer than a peer may take for the closing handshake.
    tokio::time::sleep(Duration::from_secs(7)).await;
    let rest = memory.raw.rest().await.len();
    assert!(rest < 6 * CHUNK, "{rest} bytes waited for it");
}

#[tokio::test]
async fn the_close_reaches_a_client_that_keeps_sending() {
    let (tell, _ear) = ear();
    let server = Server::start(app(&tell)).await;
    for _ in 0..10 {
        let (mut sink, mut stream) = server.at("/refuse").open().await.split();
        let sending = tokio::spawn(async move {
            while sink.send(ClientMessage::from(vec![0; 1000])).await.is_ok() {
                tokio::task::yield_now().await;
            }
        });
        let message = within("the close", stream.next()).await.expect("not the end").expect("no reset");
        let ClientMessage::Close(Some(frame)) = message else { panic!("expected the close: {message:?}") };
        assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1008, "enough"));
        while let Some(Ok(_)) = within("the end", stream.next()).await {}
        within("sending to end", sending).await.expect("sending does not panic");
    }
}

#[tokio::test]
async fn a_sender_in_another_task_sends_while_the_endpoint_sleeps() {
    let (lent, mut senders) = tokio::sync::mpsc::unbounded_channel::<Sender>();
    let wake = Arc::new(Notify::new());
    let app = App::new().routes(routes![lend]).state(lent).state(Arc::clone(&wake));
    let server = Server::start(app).await;
    let mut client = server.at("/lend").open().await;
    let sender = within("the sender", senders.recv()).await.expect("the endpoint lends it");
    for number in 0..10 {
        sender.send_text(number.to_string()).await.expect("the connection is open");
        assert_eq!(client.text().await, number.to_string());
    }
    sender.send("message").await.expect("the connection is open");
    assert_eq!(client.text().await, "message");
    sender.send_json(&[1, 2]).await.expect("the connection is open");
    assert_eq!(client.text().await, "[1,2]");
    sender.send_binary([3, 4]).await.expect("the connection is open");
    assert_eq!(client.next().await, ClientMessage::from(vec![3, 4]));
    sender.close(Close::new(close_code!(4000), "from outside")).await.expect("the connection is open");
    assert_eq!(client.end().await.close(), (4000, "from outside"));
    wake.notify_one();
    assert_eq!(sender.closed().await, Closed::Local(Close::new(close_code!(4000), "from outside")));
}

#[tokio::test]
async fn a_connection_lives_as_long_as_its_endpoint_whatever_becomes_of_the_handle() {
    let (tell, mut ear) = ear();
    let wake = Arc::new(Notify::new());
    let app = App::new().routes(routes![drops]).state(tell).state(Arc::clone(&wake));
    let server = Server::start(app).await;
    let mut raw = server.raw_open("/drop").await;
    raw.send(Frame::new(op::PING, "alive?")).await;
    assert_eq!(raw.frame().await, Some(Frame::new(op::PONG, "alive?").unmasked()));
    assert!(ear.rest().is_empty());
    wake.notify_one();
    assert_eq!(raw.closed().await, (Some(1000), String::new()));
    assert_eq!(ear.take(2).await, ["awake", "dropped"]);
}

#[tokio::test]
async fn a_receiver_in_another_task_learns_that_the_endpoint_returned() {
    let (tell, mut ear) = ear();
    let server = Server::start(app(&tell)).await;
    assert_eq!(server.at("/elsewhere").end().await.close(), (1000, ""));
    let closed = SocketError::Closed(Closed::Local(CloseCode::NORMAL_CLOSURE.into()));
    assert_eq!(ear.next().await, format!("Err({closed:?})"));
}

#[tokio::test]
async fn any_combinator_may_poll_a_receive() {
    let (tell, _ear) = ear();
    let server = Server::start(app(&tell)).await;
    let mut client = server.at("/unordered").open().await;
    for number in 0..100 {
        assert_eq!(client.ask(&number.to_string()).await, number.to_string());
    }
}

#[tokio::test]
async fn a_message_larger_than_every_buffer_arrives() {
    #[websocket("/large")]
    async fn large(mut ws: WebSocket) -> Result<(), SocketError> {
        ws.send_binary(vec![7; 10_000_000]).await
    }
    let server = Server::start(App::new().routes(routes![large])).await;
    let mut raw = server.raw_open("/large").await;
    let frame = raw.frame().await.expect("a message, not the end");
    assert!(frame.fin && frame.payload == vec![7; 10_000_000]);
    assert_eq!(raw.closed().await.0, Some(1000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_between_threads() {
    let (tell, _ear) = ear();
    let server = Arc::new(Server::start(app(&tell)).await);
    let clients: Vec<_> = (0..16)
        .map(|client| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                if client % 2 == 0 {
                    let end = server.at("/fan-out").end().await;
                    assert_eq!(end.close(), (1000, ""));
                    for task in 0..8 {
                        let prefix = format!("{task} ");
                        let of_task = end.messages.iter().filter_map(|message| message.strip_prefix(&prefix));
                        assert!(of_task.eq((0..200).map(|number| number.to_string())), "in order");
                    }
                } else {
                    let (mut sink, mut stream) = server.at("/echo").open().await.split();
                    let sending = tokio::spawn(async move {
                        for number in 0..1000 {
                            let message = ClientMessage::from(number.to_string());
                            sink.send(message).await.expect("the server reads");
                        }
                        sink
                    });
                    for number in 0..1000 {
                        let message = within("an echo", stream.next()).await.expect("not the end");
                        let message = message.expect("no error");
                        assert_eq!(message.to_text().expect("text"), number.to_string());
                    }
                    drop(sending.await.expect("sending works"));
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("a client does not panic");
    }
}

/// Receives late.
#[websocket("/late")]
async fn late(tell: State<Tell>, wake: State<Arc<Notify>>, mut ws: WebSocket) {
    wake.notified().await;
    loop {
        match ws.recv_text().await {
            Ok(text) => tell.say(text),
            Err(error) => return tell.say(error),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_before_a_violation_is_received() {
    for (violation, code) in [(Frame::new(3, "?"), 1002), (Frame::new(op::TEXT, [0xff]), 1007)] {
        let (tell, mut ear) = ear();
        let wake = Arc::new(Notify::new());
        let app = App::new().routes(routes![late]).state(tell).state(Arc::clone(&wake)).ping_interval(None);
        let mut memory = Memory::open(app, "/late").await;
        memory.raw.send(Frame::text("one")).await;
        memory.raw.send(Frame::text("two")).await;
        memory.raw.send(violation).await;
        assert_eq!(memory.raw.closed().await.0, Some(code));
        wake.notify_one();
        assert_eq!(ear.take(2).await, ["one", "two"]);
        assert!(ear.next().await.contains(&code.to_string()));
    }
}

/// Uses two sinks. One takes the space that the other was promised.
#[websocket("/sinks")]
async fn sinks(ws: WebSocket) -> Result<(), SocketError> {
    let (first, second) = (ws.sender(), ws.sender());
    let mut both = first.fanout(second);
    both.send("x".repeat(70_000).into()).await?;
    both.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_sink_that_was_ready_takes_a_message() {
    let app = App::new().routes(routes![sinks]);
    let mut memory = Memory::open(app, "/sinks").await;
    for _ in 0..2 {
        assert_eq!(memory.raw.text().await.len(), 70_000);
    }
    assert_eq!(memory.raw.closed().await.0, Some(1000));
}

/// Has a send wait for room, and another one in another task. Keeps the first when it is done.
#[websocket("/kept", send_buffer = 1000)]
async fn kept(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    let (first, second) = (ws.sender(), ws.sender());
    // One is being written, and one fills the send buffer.
    ws.send_binary(vec![0; 100_000]).await?;
    ws.send_binary(vec![0; 100_000]).await?;
    let mut one = pin!(first.send("one"));
    assert!(poll_fn(|cx| Poll::Ready(one.as_mut().poll(cx).is_pending())).await, "the peer does not read");
    tokio::spawn(async move { second.send("two").await });
    settle().await;
    tell.say("both wait");
    one.as_mut().await?;
    ws.recv().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_kept_when_it_is_done_holds_up_no_other() {
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![kept]).state(tell).ping_interval(None);
    let mut memory = Memory::open(app, "/kept").await;
    assert_eq!(ear.next().await, "both wait");
    for _ in 0..2 {
        assert_eq!(memory.raw.frame().await.map(|frame| frame.payload.len()), Some(100_000));
    }
    assert_eq!(memory.raw.text().await, "one");
    assert_eq!(memory.raw.text().await, "two");
    memory.raw.send(Frame::text("done")).await;
    assert_eq!(memory.raw.closed().await.0, Some(1000));
}

/// Tries to say why it ends, to a peer that does not read.
#[websocket("/farewell")]
async fn farewell(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    let _dropped = tell.when_dropped("over");
    // One is being written, one waits for it, and there is no space for a third.
    ws.send_binary(vec![0; CHUNK]).await?;
    ws.send_binary(vec![0; CHUNK]).await?;
    ws.sender().try_send(vec![0; CHUNK])
}

#[tokio::test(start_paused = true)]
async fn a_handler_does_not_wait_for_ever_for_a_peer_that_does_not_read() {
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![farewell]).state(tell).ping_interval(None).send_buffer(1000);
    let app =
        app.close_timeout(Duration::from_secs(3)).on_error(async |error: SocketError, cx: ErrorContext| {
            let sent = cx.send_text("goodbye").await;
            cx.state::<Tell>().expect("it is set").show(&sent);
            Close::new(CloseCode::POLICY_VIOLATION, error.to_string())
        });
    let service = app.into_service();
    let _memory = Memory::join(&service, 1000).opened("/farewell").await;
    assert_eq!(ear.take(2).await, ["over", "Err(Full)"]);
}

/// Waits for a message in a future that is dropped when it is woken, as executors do at their end.
#[websocket("/dropped")]
async fn dropped(tell: State<Tell>, ws: WebSocket) {
    let (sender, mut receiver) = ws.split();
    let slot = Arc::new(Slot(Mutex::default()));
    let waker = Waker::from(Arc::clone(&slot));
    let mut future: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
        let _ = receiver.recv().await;
    });
    assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    *slot.0.lock().expect("nobody panics with it") = Some(future);
    tell.say("waits");
    let _ = sender.closed().await;
    tell.show(&slot.0.lock().expect("nobody panics with it").is_none());
}

struct Slot(Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>);

impl Wake for Slot {
    fn wake(self: Arc<Self>) {
        let future = self.0.lock().expect("nobody panics with it").take();
        drop(future);
    }
}

#[test]
fn a_sender_that_is_dropped_when_it_is_woken_blocks_no_other() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let (tell, mut ear) = ear();
    runtime.block_on(async {
        let server = Server::start(App::new().routes(routes![dropped]).state(tell)).await;
        let mut raw = server.raw_open("/dropped").await;
        assert_eq!(ear.next().await, "waits");
        raw.send(Frame::text("hi")).await;
        raw.leave().await;
        assert_eq!(ear.next().await, "true");
    });
    // The test does not wait for one that hangs.
    runtime.shutdown_background();
}

#[tokio::test]
async fn what_a_lost_connection_was_sent_is_forgotten() {
    let (lent, mut borrowed) = tokio::sync::mpsc::unbounded_channel::<Sender>();
    let wake = Arc::new(Notify::new());
    let app = App::new().routes(routes![lend]).state(lent).state(wake).ping_interval(None);
    let mut memory = Memory::open(app, "/lend").await;
    let sender = borrowed.recv().await.expect("an endpoint lends it");
    while sender.try_send(vec![0; CHUNK].as_slice()).is_ok() {
        settle().await;
    }
    assert!(!format!("{sender:?}").contains("waiting_bytes: 0,"), "{sender:?}");
    memory.raw.send(Frame::text("x").with_rsv(1)).await;
    drop(memory);
    sender.closed().await;
    settle().await;
    assert!(format!("{sender:?}").contains("waiting_bytes: 0,"), "{sender:?}");
}
