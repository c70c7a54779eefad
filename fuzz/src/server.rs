//! An app over a pipe in memory.

use std::{cell::RefCell, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, duplex, split},
    runtime::{Builder, Runtime},
    time::{sleep, timeout},
};
use ws_runtime::Service;

use crate::{
    app,
    frames::{BINARY, CLOSE, FIN, Frame, Frames, PING, PONG, Side, frame},
    model::{End, Told},
};

/// A handshake up to its target, and its rest.
pub const HEAD: [&str; 2] = [
    "GET ",
    " HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
];

/// A header line that offers compression, with the window that is expected.
pub const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

/// What came back: the status, and the frames if the status is 101.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub frames: Vec<Frame>,
}

impl Answer {
    /// Returns the text messages.
    pub fn texts(&self) -> Vec<String> {
        let texts = self.frames.iter().filter(|frame| frame.opcode == 1);
        texts.map(|frame| String::from_utf8(frame.payload.clone()).expect("text is UTF-8")).collect()
    }

    /// Returns the code that the server closed with.
    pub fn close_code(&self) -> Option<u16> {
        self.frames.last()?.close_code()
    }
}

thread_local! {
    pub(crate) static SERVER: RefCell<(Runtime, Service)> = RefCell::new((
        Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime"),
        app::service(),
    ));
}

/// Sends bytes in pieces of at most this size, ends the stream, and returns what comes back.
pub fn exchange(bytes: &[u8], piece: usize) -> Vec<u8> {
    // Long messages in tiny pieces take seconds.
    exchange_pieces(&bytes.chunks(piece.max(1 + bytes.len() / 1024)).collect::<Vec<_>>())
}

/// Sends these pieces, ends the stream, and returns what comes back.
pub(crate) fn exchange_pieces(pieces: &[&[u8]]) -> Vec<u8> {
    SERVER.with_borrow(|(runtime, service)| {
        runtime.block_on(async {
            let (client, server) = duplex(64 * 1024);
            let service = service.clone();
            let serving = tokio::spawn(async move { service.serve_connection(server, None).await });
            let (mut reader, mut writer) = split(client);
            let write = async {
                for piece in pieces {
                    write_pieces(&mut writer, piece, piece.len()).await;
                }
                // The server gets to answer before it hears of the end.
                sleep(Duration::from_millis(1)).await;
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

/// Sends a handshake for a target with a last header line, followed by frames.
pub fn ask(target: &str, header: &[u8], frames: &[u8], piece: usize) -> Answer {
    let answer = exchange(&request(target, header, frames), piece);
    let (status, rest) = response(&answer).expect("an answer to a whole head");
    let head = &answer[..answer.len() - rest.len()];
    let deflate = head.windows(18).any(|window| window == b"permessage-deflate");
    let frames = if status == 101 { Frames::new(Side::Server, deflate).all(rest) } else { Vec::new() };
    Answer { status, frames }
}

/// Sends frames to an endpoint that sends without end, and returns the control frames that come back.
///
/// After frames that leave the connection open, it sends one more ping, and ends the stream once that is answered. With
/// `is_heard`, the server must answer the ping, or close, before it has sent 256 KiB more.
pub fn ask_stream(
    target: &str,
    header: &[u8],
    bytes: &[u8],
    piece: usize,
    told: &mut Told,
    is_heard: bool,
) -> Vec<Frame> {
    const LAST: &[u8] = b"the last ping";
    const PATIENCE: usize = 256 * 1024;

    let mut sent = request(target, header, bytes);
    if told.end == End::Whole {
        frame(FIN | PING, LAST, Side::Client, &mut sent);
        told.pings.push(LAST.to_vec());
    }
    SERVER.with_borrow(|(runtime, service)| {
        runtime.block_on(async {
            let (client, server) = duplex(4 * 1024);
            let service = service.clone();
            let serving = tokio::spawn(async move { service.serve_connection(server, None).await });
            let (mut reader, mut writer) = split(client);
            let ends = told.end == End::Cut;
            let mut write = Box::pin(async move {
                write_pieces(&mut writer, &sent, piece).await;
                if ends {
                    let _ = writer.shutdown().await;
                }
                writer
            });
            let (mut writer, mut heard) = (None, Heard::new(!header.is_empty()));
            let mut bytes = Vec::with_capacity(4 * 1024);
            while heard.since < PATIENCE {
                tokio::select! {
                    biased;
                    written = &mut write, if writer.is_none() => {
                        writer = Some(written);
                        heard.since = 0;
                    }
                    read = reader.read_buf(&mut bytes) => {
                        if read.expect("a pipe does not fail") == 0 {
                            assert_eq!(bytes, b"", "half a frame");
                            break;
                        }
                        heard.take(&mut bytes);
                    }
                }
                let is_answered =
                    heard.control.last().is_some_and(|last| last.opcode == PONG && last.payload == LAST);
                if let Some(writer) = writer.as_mut().filter(|_| is_answered) {
                    let _ = writer.shutdown().await;
                }
            }
            assert!(heard.since < PATIENCE || !is_heard, "it hears nothing while it streams");
            drop((reader, writer, write));
            let end = timeout(Duration::from_secs(60), serving).await.expect("the server ends in time");
            end.expect("the server does not panic");
            heard.control
        })
    })
}

/// What has arrived of a stream.
struct Heard {
    frames: Option<Frames>,
    deflate: bool,
    control: Vec<Frame>,
    /// How many bytes arrived after the last control frame.
    since: usize,
}

impl Heard {
    fn new(deflate: bool) -> Self {
        Self { frames: None, deflate, control: Vec::new(), since: 0 }
    }

    fn take(&mut self, bytes: &mut Vec<u8>) {
        let mut at = 0;
        let frames = match &mut self.frames {
            Some(frames) => frames,
            None => {
                let Some(end) = end_of_head(bytes) else { return };
                assert_eq!(response(bytes).expect("a whole head").0, 101);
                at = end;
                self.frames.insert(Frames::new(Side::Server, self.deflate))
            }
        };
        while let Some((frame, length)) = frames.next(&bytes[at..]) {
            at += length;
            self.since += length;
            if frame.opcode >= CLOSE {
                self.control.push(frame);
                self.since = 0;
            } else {
                assert_eq!(frame.opcode, BINARY);
                assert!(frame.payload.iter().all(|byte| *byte == app::STREAMED), "another message");
            }
        }
        bytes.drain(..at);
    }
}

fn request(target: &str, header: &[u8], frames: &[u8]) -> Vec<u8> {
    [HEAD[0].as_bytes(), target.as_bytes(), HEAD[1].as_bytes(), header, b"\r\n", frames].concat()
}

pub(crate) async fn write_pieces(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8], piece: usize) {
    // Long messages in tiny pieces take seconds.
    for piece in bytes.chunks(piece.max(1 + bytes.len() / 1024)) {
        // The other side may have stopped reading.
        if writer.write_all(piece).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Returns the status of a well-formed response, and what follows its head.
pub fn response(bytes: &[u8]) -> Option<(u16, &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let end = end_of_head(bytes).expect("a whole head");
    let head = str::from_utf8(&bytes[..end]).expect("a head of text");
    let status = head.strip_prefix("HTTP/1.1 ").or(head.strip_prefix("HTTP/1.0 ")).expect("a status line");
    Some((status[..3].parse().expect("a status"), &bytes[end..]))
}

pub(crate) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|start| start + 4)
}
