//! What happens to messages that wait: to be sent, across connections, and to be received.

use std::{
    future::ready,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    net::TcpListener,
    time::Instant,
};
use ws_runtime::{
    App, CloseCode, Message, Result, SocketError, State, WebSocket,
    client::{Backoff, Client, ClientBuilder, ClientError, ClientState},
    routes, websocket,
};
use ws_tests::{Dialed, Frame, Peer, Server, Tell, dialed, ear, op, settle, within};

const SECOND: Duration = Duration::from_secs(1);

/// How many bytes a message takes in the send buffer beyond its payload.
const OVERHEAD: usize = 64;

#[websocket("/listen")]
async fn listen(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        tell.say(ws.recv_text().await?);
    }
}

fn client() -> ClientBuilder {
    Client::builder("ws://localhost/chat")
}

/// A client and its server's end, over a pipe that holds so many bytes in each direction.
async fn pair(builder: ClientBuilder, capacity: usize) -> (Client, Peer, Dialed) {
    let (dial, mut dialed) = dialed(capacity);
    let (client, peer) = tokio::join!(builder.connect_with(dial), dialed.accept());
    (client.expect("a client"), peer, dialed)
}

async fn not_open(client: &Client) {
    let mut states = client.states();
    states.wait_for(|state| !state.is_open()).await.expect("the client is there");
}

#[tokio::test]
async fn what_was_not_sent_goes_out_in_order_when_the_server_is_back() {
    let (tell, mut ear) = ear();
    let app = || App::new().routes(routes![listen]).state(tell.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (first, stop) = (app(), app());
    let handle = first.shutdown_handle();
    drop(stop);
    let serving = tokio::spawn(first.serve(listener));
    let quickly = Backoff::new().min_delay(Duration::from_millis(5)).max_delay(Duration::from_millis(50));
    let client: Client =
        Client::builder(format!("ws://{addr}/listen")).backoff(quickly).connect().await.unwrap();
    client.send("before").await.unwrap();
    assert_eq!(ear.next().await, "before");
    handle.shutdown();
    within("the server to end", serving).await.unwrap().unwrap();
    not_open(&client).await;
    for number in 0..100 {
        client.send(number.to_string()).await.unwrap();
    }
    let listener = TcpListener::bind(addr).await.expect("the port is free again");
    let app = app();
    let _server = Server::run(&addr, async move { app.serve(listener).await.unwrap() });
    for number in 0..100 {
        assert_eq!(ear.next().await, number.to_string());
    }
    client.send("after").await.unwrap();
    assert_eq!(ear.next().await, "after");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_cut_off_is_sent_again_and_no_other_is() {
    // Each is a frame of 6 + 94 bytes, so the pipe holds two and a half.
    let (client, mut peer, mut dialed) = pair(client(), 250).await;
    let message = |number: usize| format!("{number:094}");
    for number in 0..5 {
        client.send(message(number)).await.unwrap();
    }
    settle().await;
    assert_eq!(peer.text().await, message(0));
    // Now the pipe has space for another: the transport has taken 350 bytes.
    settle().await;
    drop(peer);
    not_open(&client).await;
    client.send(message(5)).await.unwrap();
    // 1 and 2 were taken completely, 3 in part.
    let mut peer = dialed.accept().await;
    for number in 3..6 {
        assert_eq!(peer.text().await, message(number));
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_stays_in_order_over_many_connections() {
    let (client, mut peer, mut dialed) = pair(client(), 250).await;
    let message = |number: usize| format!("{number:094}");
    let sender = client.sender();
    let sending = tokio::spawn(async move {
        for number in 0..1000 {
            sender.send(message(number)).await.unwrap();
        }
    });
    let mut next = 0;
    while next < 1000 {
        for _ in 0..7 {
            if next == 1000 {
                break;
            }
            let text = peer.text().await;
            let number: usize = text.parse().unwrap();
            // At most what the pipe holds is lost with it, and nothing arrives twice.
            assert!((next..next + 5).contains(&number), "{number}, not {next}");
            next = number + 1;
        }
        // The test would wait for a message that is lost with the last connection.
        if next < 990 {
            settle().await;
            drop(peer);
            peer = dialed.accept().await;
        }
    }
    sending.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_at_once_takes_nothing_of_the_queue() {
    let (client, peer, mut dialed) = pair(client(), 4096).await;
    peer.leave(1012, "").await;
    client.send("kept").await.unwrap();
    for _ in 0..3 {
        // The Close frame arrives with the 101, like that of a server without capacity.
        let mut peer = dialed.next().await;
        let key = peer.accept_key();
        let head = format!(
            "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {key}\r\n\r\n"
        );
        peer.write([head.into_bytes(), Frame::close(1013, "").unmasked().bytes()].concat()).await;
        assert_eq!(peer.close().await.0, Some(1013));
    }
    assert_eq!(dialed.accept().await.text().await, "kept");
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_bounded_and_sending_waits() {
    let (client, peer, mut dialed) = pair(client().send_buffer(10 * OVERHEAD), 4096).await;
    peer.leave(1012, "").await;
    not_open(&client).await;
    for number in 0..10 {
        assert!(client.try_send("").is_ok(), "{number}");
    }
    let error = client.try_send("").unwrap_err();
    assert!(matches!(error, ClientError::Full), "{error}");
    let sender = client.sender();
    let mut waiting = tokio::spawn(async move { sender.send("late").await });
    settle().await;
    assert!(!waiting.is_finished());
    // A caller that stops waiting has sent nothing.
    assert!(tokio::time::timeout(Duration::ZERO, client.send("never")).await.is_err());
    let mut peer = dialed.accept().await;
    for _ in 0..10 {
        assert_eq!(peer.text().await, "");
    }
    (&mut waiting).await.unwrap().unwrap();
    assert_eq!(peer.text().await, "late");
    client.send("last").await.unwrap();
    assert_eq!(peer.text().await, "last");
}

#[tokio::test(start_paused = true)]
async fn a_message_larger_than_the_queue_finds_room_when_it_is_empty() {
    let (client, mut peer, _dialed) = pair(client().send_buffer(0), 4096).await;
    let sender = client.sender();
    tokio::spawn(async move {
        for _ in 0..3 {
            sender.send(vec![7; 3000]).await.unwrap();
        }
    });
    for _ in 0..3 {
        let frame = peer.frame().await.unwrap();
        assert_eq!((frame.opcode, frame.payload), (op::BINARY, vec![7; 3000]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_waits_for_room_is_told_of_the_end() {
    let (mut client, peer, mut dialed) = pair(client().send_buffer(OVERHEAD), 4096).await;
    peer.leave(1012, "").await;
    not_open(&client).await;
    client.send("").await.unwrap();
    let waiting =
        [client.sender(), client.sender()].map(|sender| tokio::spawn(async move { sender.send("").await }));
    settle().await;
    let mut peer = dialed.next().await;
    peer.write("HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n").await;
    assert!(client.recv().await.is_err());
    for waiting in waiting {
        let error = within("the end", waiting).await.unwrap().unwrap_err();
        assert!(matches!(error, ClientError::Closed(_)), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_receive_holds_the_server_back_and_loses_nothing() {
    let (mut client, mut peer, _dialed) = pair(client(), 1024).await;
    let mut sending = tokio::spawn(async move {
        for number in 0..1000 {
            peer.send(Frame::text(&number.to_string())).await;
        }
        peer
    });
    // It is held back for longer than the client would wait for a silent server.
    let start = Instant::now();
    for _ in 0..10 {
        let waiting = tokio::time::timeout(20 * SECOND, async { (&mut sending).await }).await;
        assert!(waiting.is_err(), "everything went through");
    }
    assert!(start.elapsed() >= 200 * SECOND);
    for number in 0..1000 {
        assert_eq!(client.recv().await.unwrap(), Message::from(number.to_string()));
    }
    let mut peer = within("the server", sending).await.unwrap();
    assert!(client.state().is_open());
    client.send("still here").await.unwrap();
    // This is after the ping that was due meanwhile.
    loop {
        let frame = peer.frame().await.unwrap();
        if frame.opcode == op::TEXT {
            break;
        }
        assert_eq!(frame.opcode, op::PING);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_read_ahead_is_bounded_in_bytes_too() {
    let (_client, mut peer, _dialed) = pair(client(), 1024).await;
    let mut taken = 0;
    let flood = async {
        // This bounds the wait, if it is not there.
        while taken < 100 {
            peer.send(Frame::new(op::BINARY, vec![0; 10_000])).await;
            taken += 1;
        }
    };
    let _ = tokio::time::timeout(5 * SECOND, flood).await;
    assert!((7..=9).contains(&taken), "{taken} of 10 kB were taken");
}

#[tokio::test(start_paused = true)]
async fn both_sides_may_send_a_lot_at_the_same_time() {
    let (mut client, mut peer, _dialed) = pair(client(), 1024).await;
    let sender = client.sender();
    let echo = tokio::spawn(async move {
        for _ in 0..2000 {
            let frame = peer.frame().await.unwrap();
            peer.send(frame).await;
        }
        peer
    });
    let sending = tokio::spawn(async move {
        for number in 0..2000_u32 {
            sender.send(format!("{number:0200}")).await.unwrap();
        }
    });
    for number in 0..2000_u32 {
        let message = within("a message", client.recv()).await.unwrap();
        assert_eq!(message, Message::from(format!("{number:0200}")));
    }
    sending.await.unwrap();
    let _peer = echo.await.unwrap();
    assert!(matches!(client.state(), ClientState::Open));
}

#[tokio::test]
async fn large_messages_go_both_ways_over_tcp() {
    #[websocket("/echo")]
    async fn echo(mut ws: WebSocket) -> Result {
        loop {
            let message = ws.recv().await?;
            ws.send(message).await?;
        }
    }
    let server = Server::start(App::new().routes(routes![echo])).await;
    let mut client: Client = Client::builder(format!("ws://{}/echo", server.addr())).connect().await.unwrap();
    let largest: Vec<u8> = (0..1024 * 1024_u32).map(|number| number.to_le_bytes()[0]).collect();
    for _ in 0..3 {
        client.send(largest.clone()).await.unwrap();
        assert_eq!(within("the echo", client.recv()).await.unwrap(), largest.clone().into());
    }
    client.close(CloseCode::NORMAL_CLOSURE).await;
}

#[tokio::test(start_paused = true)]
async fn reading_goes_on_when_the_server_has_caught_up() {
    let (mut client, mut peer, _dialed) = pair(client().send_buffer(1024 * 1024), 100_000).await;
    // More than the pipe holds, by more than is written in advance. Until the server reads, the client does not read either.
    client.send(vec![0; 190_000]).await.unwrap();
    settle().await;
    peer.send(Frame::text("hello")).await;
    settle().await;
    let start = Instant::now();
    peer.bytes(100_000).await;
    assert_eq!(client.recv().await.unwrap(), "hello".into());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// A pipe that breaks when it has taken so many more bytes or, if it `buffers`, before they were sent.
struct Deaf {
    io: DuplexStream,
    room: Arc<AtomicUsize>,
    buffers: bool,
}

impl AsyncRead for Deaf {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Deaf {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let room = self.room.load(Ordering::Relaxed);
        if room == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let bytes = &bytes[..bytes.len().min(room)];
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = written {
            self.room.fetch_sub(written, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.buffers && self.room.load(Ordering::Relaxed) == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Like [`pair`], over a transport that always has space, until it is told otherwise.
async fn deaf_pair(capacity: usize, buffers: bool) -> (Client, Peer, Dialed, Arc<AtomicUsize>) {
    let room = Arc::new(AtomicUsize::new(usize::MAX));
    let (mut dial, mut dialed) = dialed(capacity);
    let shared = Arc::clone(&room);
    let transport =
        move || ready(dial().into_inner().map(|io| Deaf { io, room: Arc::clone(&shared), buffers }));
    let (client, peer) = tokio::join!(client().connect_with(transport), dialed.accept());
    (client.expect("a client"), peer, dialed, room)
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_before_the_transport_broke_is_not_sent_again() {
    // Unless it may never have been sent.
    for (buffers, again) in [(false, 1), (true, 0)] {
        let (client, mut peer, mut dialed, room) = deaf_pair(1024, buffers).await;
        // Each is a frame of 6 + 94 bytes: one and a half are taken.
        let message = |number: usize| format!("{number:094}");
        room.store(150, Ordering::Relaxed);
        for number in 0..3 {
            client.send(message(number)).await.unwrap();
        }
        not_open(&client).await;
        assert_eq!(peer.text().await, message(0));
        room.store(usize::MAX, Ordering::Relaxed);
        let mut peer = dialed.accept().await;
        for number in again..3 {
            assert_eq!(peer.text().await, message(number));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_takes_nothing_more_is_read_to_its_end_and_replaced() {
    let (mut client, mut peer, mut dialed, room) = deaf_pair(1024, false).await;
    // More than is read in advance. Bytes that are left in the pipe when the transport breaks are not lost.
    for number in 0..50 {
        peer.send(Frame::text(&number.to_string())).await;
    }
    settle().await;
    room.store(0, Ordering::Relaxed);
    client.send("kept").await.unwrap();
    settle().await;
    let start = Instant::now();
    for number in 0..50 {
        assert_eq!(client.recv().await.unwrap(), Message::from(number.to_string()));
    }
    // Nothing more can be read, and the server still holds its end.
    not_open(&client).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    room.store(usize::MAX, Ordering::Relaxed);
    assert_eq!(dialed.accept().await.text().await, "kept");
    drop(peer);
}

/// Sends so many messages, and closes.
async fn floods(mut peer: Peer, count: usize, size: usize) {
    for number in 0..count {
        peer.send(Frame::text(&format!("{number:0size$}"))).await;
    }
    peer.send(Frame::close(1012, "")).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_sends_sees_that_the_server_closed() {
    let (mut client, mut peer, mut dialed) = pair(client(), 4096).await;
    for number in 0..10 {
        // More than is read in advance.
        floods(peer, 50, 2).await;
        settle().await;
        client.send(number.to_string()).await.unwrap();
        peer = dialed.accept().await;
        assert_eq!(peer.text().await, number.to_string());
    }
    // The read messages are bounded, and none is missing from the middle.
    for number in 0..50 {
        assert_eq!(client.recv().await.unwrap(), Message::from(format!("{number:02}")));
    }
    peer.send(Frame::text("now")).await;
    assert_eq!(client.recv().await.unwrap(), "now".into());
    // A caller that receives again loses nothing.
    floods(peer, 50, 2).await;
    settle().await;
    client.send("again").await.unwrap();
    assert_eq!(dialed.accept().await.text().await, "again");
    for number in 0..50 {
        assert_eq!(client.recv().await.unwrap(), Message::from(format!("{number:02}")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lot_that_was_not_read_when_the_server_closed_does_not_hide_how() {
    let (mut client, peer, _dialed) = pair(client(), 4 * 1024 * 1024).await;
    // It takes more reads than a task may do in one turn.
    floods(peer, 300, 10_000).await;
    settle().await;
    client.send("").await.unwrap();
    let mut states = client.states();
    let waiting = states.wait_for(|state| matches!(state, ClientState::Waiting { .. })).await.unwrap();
    let ClientState::Waiting { last, .. } = &*waiting else { unreachable!() };
    assert_eq!(last.code(), Some(1012));
    drop(waiting);
    for number in 0..300 {
        assert_eq!(client.recv().await.unwrap(), Message::from(format!("{number:010000}")));
    }
}
