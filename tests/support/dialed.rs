//! The peer of the crate's own client: a server that speaks bytes, over pipes, under a clock that can be paused.

use std::{
    future::{Ready, ready},
    io,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use ws_runtime::Service;

use crate::{Frame, op, within};

/// Longer than any backoff, on a paused clock.
const PATIENCE: Duration = Duration::from_hours(2);

/// Where the transports of a client arrive.
#[derive(Debug)]
pub struct Dialed(UnboundedReceiver<DuplexStream>);

/// The server's end of a connection.
#[derive(Debug)]
pub struct Peer {
    /// Read without a buffer, so that bytes which the test has not read stay in the pipe.
    io: DuplexStream,
    /// The head of the request.
    pub head: String,
}

/// Returns what a client connects with, and where its connections arrive: pipes that hold so many bytes in each direction.
/// Connections are refused once the receiver is dropped.
pub fn dialed(capacity: usize) -> (impl FnMut() -> Ready<io::Result<DuplexStream>> + Send + 'static, Dialed) {
    let (arrivals, dialed) = unbounded_channel();
    (move || ready(dial(&arrivals, capacity)), Dialed(dialed))
}

fn dial(arrivals: &UnboundedSender<DuplexStream>, capacity: usize) -> io::Result<DuplexStream> {
    let (client, server) = tokio::io::duplex(capacity);
    arrivals.send(server).map_err(|_| io::ErrorKind::ConnectionRefused)?;
    Ok(client)
}

/// Returns what a client connects with to reach a service over pipes.
pub fn piped(service: &Service) -> impl FnMut() -> Ready<io::Result<DuplexStream>> + Send + use<> {
    let service = service.clone();
    move || {
        let service = service.clone();
        let (client, server) = tokio::io::duplex(64 * 1024);
        tokio::spawn(async move { service.serve_connection(server, None).await });
        ready(Ok(client))
    }
}

impl Dialed {
    /// Returns the next connection and its request. Waits longer than any backoff.
    pub async fn next(&mut self) -> Peer {
        let arrival = timeout(PATIENCE, self.0.recv()).await;
        Peer::of(arrival.expect("a connection within two hours").expect("a client that connects")).await
    }

    /// Returns the next connection, accepted.
    pub async fn accept(&mut self) -> Peer {
        let mut peer = self.next().await;
        peer.accept("").await;
        peer
    }

    /// Returns `true` if a connection has arrived.
    pub fn arrived(&mut self) -> bool {
        !self.0.is_empty()
    }
}

impl Peer {
    /// Reads the request.
    pub async fn of(mut io: DuplexStream) -> Self {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within("a request", io.read_u8()).await.expect("a whole request"));
        }
        Self { io, head: String::from_utf8(head).expect("a head of ASCII") }
    }

    /// Returns the value of a header of the request.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the value that answers the key.
    #[must_use]
    pub fn accept_key(&self) -> String {
        derive_accept_key(self.header("sec-websocket-key").expect("a key").as_bytes())
    }

    /// Answers the request with a 101 and further header lines.
    pub async fn accept(&mut self, headers: &str) {
        let key = self.accept_key();
        self.write(format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {key}\r\n{headers}\r\n"
        ))
        .await;
    }

    /// Writes bytes. The client may be gone already.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let write = timeout(PATIENCE, self.io.write_all(bytes.as_ref())).await;
        let _ = write.expect("a client that reads within two hours");
    }

    /// Writes an unmasked frame, as a server does.
    pub async fn send(&mut self, frame: Frame) {
        self.write(frame.unmasked().bytes()).await;
    }

    /// Reads a frame, which must be masked; `None` at the end of the stream.
    pub async fn frame(&mut self) -> Option<Frame> {
        let frame = within("a frame", Frame::read(&mut self.io)).await?;
        assert!(frame.masked, "a client's frame is not masked: {frame:?}");
        Some(frame)
    }

    /// Reads a text message of one frame.
    pub async fn text(&mut self) -> String {
        let frame = self.frame().await.expect("a message, not the end");
        assert_eq!((frame.fin, frame.opcode), (true, op::TEXT), "expected text: {frame:?}");
        String::from_utf8(frame.payload).expect("text is UTF-8")
    }

    /// Reads so many bytes, regardless of their meaning.
    pub async fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        within("bytes", self.io.read_exact(&mut bytes)).await.expect("more bytes");
        bytes
    }

    /// Reads a Close frame.
    pub async fn close(&mut self) -> (Option<u16>, String) {
        self.frame().await.expect("a Close frame, not the end").into_close()
    }

    /// Closes, reads the answer, and ends.
    pub async fn leave(mut self, code: u16, reason: &str) {
        self.send(Frame::close(code, reason)).await;
        while let Some(frame) = self.frame().await {
            if frame.opcode == op::CLOSE {
                break;
            }
        }
    }

    /// Waits for the end of the stream, which must hold nothing more.
    pub async fn eof(&mut self) {
        let mut rest = Vec::new();
        let read = within("the end of the stream", self.io.read_to_end(&mut rest)).await;
        assert_eq!((read.is_ok(), rest), (true, Vec::new()), "more bytes before the end");
    }
}
