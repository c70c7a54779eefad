//! What the fuzz targets share: an app behind a pipe, and a look at what comes back.

use std::{cell::RefCell, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
    runtime::{Builder, Runtime},
    time::timeout,
};
use ws_runtime::{App, Service, SocketError, WebSocket, routes, websocket};

/// A handshake up to its target, and from there on.
pub const HEAD: [&str; 2] = [
    "GET ",
    " HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
];

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
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

#[websocket("/cookie")]
async fn cookie(#[cookie] value: Option<String>, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(value.unwrap_or_default()).await
}

/// A frame of the server's.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl Frame {
    /// The code of a Close frame.
    pub fn close_code(&self) -> Option<u16> {
        if self.opcode != 8 {
            return None;
        }
        let (code, reason) = self.payload.split_first_chunk()?;
        assert!(str::from_utf8(reason).is_ok(), "a reason is text");
        Some(u16::from_be_bytes(*code))
    }
}

/// What came back: the status, and the frames if it was 101.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub frames: Vec<Frame>,
}

impl Answer {
    /// The text messages.
    pub fn texts(&self) -> Vec<String> {
        let texts = self.frames.iter().filter(|frame| frame.opcode == 1);
        texts.map(|frame| String::from_utf8(frame.payload.clone()).expect("text is UTF-8")).collect()
    }

    /// The code that the server closed with.
    pub fn close_code(&self) -> Option<u16> {
        self.frames.last()?.close_code()
    }
}

thread_local! {
    static SERVER: RefCell<(Runtime, Service)> = RefCell::new((
        Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime"),
        App::new().routes(routes![echo, path, rest, query, cookie]).ping_interval(None).into_service(),
    ));
}

/// Sends bytes in pieces of at most so many, ends the stream, and returns what comes back.
pub fn exchange(bytes: &[u8], piece: usize) -> Vec<u8> {
    SERVER.with_borrow(|(runtime, service)| {
        runtime.block_on(async {
            let (client, server) = duplex(64 * 1024);
            let service = service.clone();
            let serving = tokio::spawn(async move { service.serve_connection(server, None).await });
            let (mut reader, mut writer) = tokio::io::split(client);
            let write = async {
                for piece in bytes.chunks(piece.max(1)) {
                    // The server may have heard enough.
                    if writer.write_all(piece).await.is_err() {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
                // The server gets to answer before it hears of the end.
                tokio::time::sleep(Duration::from_millis(1)).await;
                let _ = writer.shutdown().await;
            };
            let mut answer = Vec::new();
            let read = reader.read_to_end(&mut answer);
            let exchanged = timeout(Duration::from_secs(60), async { tokio::join!(write, read).1 }).await;
            exchanged.expect("the server ends in time").expect("a pipe does not fail");
            serving.await.expect("the server does not panic");
            answer
        })
    })
}

/// Sends a handshake for a target with a last header line, and frames behind it.
pub fn ask(target: &str, header: &[u8], frames: &[u8], piece: usize) -> Answer {
    let request = [HEAD[0].as_bytes(), target.as_bytes(), HEAD[1].as_bytes(), header, b"\r\n", frames].concat();
    let answer = exchange(&request, piece);
    let (status, rest) = response(&answer).expect("an answer to a whole head");
    let frames = if status == 101 { parse_frames(rest) } else { Vec::new() };
    Answer { status, frames }
}

/// The status of a well-formed response, and what stands behind its head.
pub fn response(bytes: &[u8]) -> Option<(u16, &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head") + 4;
    let head = str::from_utf8(&bytes[..end]).expect("a head of text");
    let status = head.strip_prefix("HTTP/1.1 ").or(head.strip_prefix("HTTP/1.0 ")).expect("a status line");
    Some((status[..3].parse().expect("a status"), &bytes[end..]))
}

/// Well-formed frames of a server, with nothing behind a Close frame.
pub fn parse_frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        assert!(frames.last().is_none_or(|frame| frame.opcode != 8), "a frame behind the Close frame");
        assert_eq!(first & 0x70, 0, "reserved bits");
        assert_ne!(first & 0x80, 0, "a fragment, which the server never sends");
        assert!(*second < 128, "a masked frame");
        let (len, rest) = match second {
            126 => (u64::from(u16::from_be_bytes(*rest.first_chunk().expect("a length"))), &rest[2..]),
            127 => (u64::from_be_bytes(*rest.first_chunk().expect("a length")), &rest[8..]),
            len => (u64::from(*len), rest),
        };
        let (payload, rest) = rest.split_at(usize::try_from(len).expect("a length in memory"));
        frames.push(Frame { opcode: first & 0xf, payload: payload.to_vec() });
        bytes = rest;
    }
    assert_eq!(bytes, b"", "half a frame");
    frames
}
