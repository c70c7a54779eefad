//! Compares the reader with two others, those of tungstenite and fastwebsockets, on streams that are cut anywhere.

use std::io::{self, Cursor, Read, Write};

use fastwebsockets::{FragmentCollector, OpCode, WebSocket};
use proptest::{collection::vec, prelude::*};
use tungstenite::{
    self,
    protocol::{self, WebSocketConfig, WebSocketContext},
};

use super::{Incoming, Opcode, Reader, Role, Sizes, Violation, frame::put_header, mask::apply_mask};
use crate::Message;

const LIMIT: usize = 100_000;
const SIZES: Sizes = Sizes { message: LIMIT, frame: LIMIT };

/// The result of reading a stream: the items, and how it ended.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    told: Vec<Told>,
    end: End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// More data may come.
    Open,
    Closed,
    Protocol,
    Utf8,
    TooBig,
}

/// An element that is written into a stream.
#[derive(Debug, Clone)]
enum Written {
    Message {
        text: bool,
        payload: Vec<u8>,
        cuts: Vec<usize>,
        ping: Option<Vec<u8>>,
    },
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    /// A frame with an arbitrary first byte, which may break any rule.
    Any {
        first: u8,
        payload: Vec<u8>,
        wrong_mask: bool,
    },
    TooBig(bool),
}

fn written() -> impl Strategy<Value = Written> {
    let payload = prop_oneof![
        "[aé€😀]{0,100}".prop_map(String::into_bytes),
        ("[aé€😀]{1,5}", 0_usize..30_000)
            .prop_map(|(word, times)| word.repeat(times / word.len()).into_bytes()),
        vec(any::<u8>(), 0..200),
    ];
    let control = || vec(any::<u8>(), 0..=125);
    let message = (any::<bool>(), payload, vec(0_usize..200, 0..4), proptest::option::of(control()));
    prop_oneof![
        8 => message.prop_map(|(text, payload, cuts, ping)| Written::Message { text, payload, cuts, ping }),
        1 => control().prop_map(Written::Pong),
        1 => proptest::option::of((prop_oneof![1000_u16..=1003, 1007_u16..=1013, 3000_u16..5000], "[aé]{0,30}"))
            .prop_map(Written::Close),
        1 => (any::<u8>(), vec(any::<u8>(), 0..130), any::<bool>())
            .prop_map(|(first, payload, wrong_mask)| Written::Any { first, payload, wrong_mask }),
        1 => any::<bool>().prop_map(Written::TooBig),
    ]
}

fn frame(bytes: &mut Vec<u8>, role: Role, first: u8, payload: &[u8]) {
    let mask = (role == Role::Server).then_some([1, 2, 3, first]);
    let start = bytes.len();
    put_header(bytes, Opcode::Text, false, mask, payload.len());
    bytes[start] = first;
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    apply_mask(&mut bytes[start..], mask.unwrap_or_default(), 0);
}

fn stream(all: &[Written], role: Role) -> Vec<u8> {
    let mut bytes = Vec::new();
    for written in all {
        match written {
            Written::Message { text, payload, cuts, ping } => {
                let (mut opcode, mut rest) = (if *text { 1 } else { 2 }, &payload[..]);
                for cut in cuts {
                    let (part, behind) = rest.split_at((*cut).min(rest.len()));
                    frame(&mut bytes, role, opcode, part);
                    if let Some(ping) = ping {
                        frame(&mut bytes, role, 0x89, ping);
                    }
                    (opcode, rest) = (0, behind);
                }
                frame(&mut bytes, role, 0x80 | opcode, rest);
            }
            Written::Pong(payload) => frame(&mut bytes, role, 0x8a, payload),
            Written::Close(None) => frame(&mut bytes, role, 0x88, b""),
            Written::Close(Some((code, reason))) => {
                frame(&mut bytes, role, 0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat());
            }
            Written::Any { first, payload, wrong_mask } => {
                let role = match (role, wrong_mask) {
                    (Role::Server, true) => Role::Client,
                    (Role::Client, true) => Role::Server,
                    (role, false) => role,
                };
                frame(&mut bytes, role, *first, payload);
            }
            Written::TooBig(fragmented) => {
                let first = if *fragmented { 0x02 } else { 0x82 };
                frame(&mut bytes, role, first, &vec![0; LIMIT - 100]);
                frame(&mut bytes, role, if *fragmented { 0x80 } else { 0x82 }, &[0; 101]);
            }
        }
    }
    bytes
}

/// Returns what our reader makes of a stream that arrives in pieces of these sizes.
fn ours(mut bytes: &[u8], role: Role, pieces: &[usize]) -> Outcome {
    let mut reader = Reader::new(role, Vec::new());
    let mut told = Vec::new();
    for size in pieces.iter().cycle() {
        let piece = &bytes[..(*size).min(bytes.len())];
        let room = reader.room();
        let here = piece.len().min(room.capacity() - room.len());
        room.extend_from_slice(&piece[..here]);
        bytes = &bytes[here..];
        loop {
            told.push(match reader.next(SIZES) {
                Ok(Some(Incoming::Message(Message::Text(text)))) => Told::Text(text.as_bytes().to_vec()),
                Ok(Some(Incoming::Message(Message::Binary(bytes)))) => Told::Binary(bytes.to_vec()),
                Ok(Some(Incoming::Ping(payload))) => Told::Ping(payload.to_vec()),
                Ok(Some(Incoming::Pong(payload))) => Told::Pong(payload.to_vec()),
                Ok(Some(Incoming::Close(close))) => {
                    told.push(Told::Close(close.map(|close| (close.code, close.reason))));
                    return Outcome { told, end: End::Closed };
                }
                Ok(None) => break,
                Err(violation) => {
                    let end = match violation {
                        Violation::Protocol(_) => End::Protocol,
                        Violation::Utf8 => End::Utf8,
                        Violation::TooBig(_) => End::TooBig,
                        #[cfg(feature = "deflate")]
                        Violation::Deflate => unreachable!("nothing is compressed"),
                    };
                    return Outcome { told, end };
                }
            });
        }
        reader.settle();
        if bytes.is_empty() {
            break;
        }
    }
    Outcome { told, end: End::Open }
}

/// A stream to read from, which discards what is written to it.
struct Pipe<'a>(&'a [u8]);

impl Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.read(buffer)
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tungstenites(bytes: &[u8], role: Role) -> Outcome {
    let config = WebSocketConfig::default().max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    let role = match role {
        Role::Server => protocol::Role::Server,
        Role::Client => protocol::Role::Client,
    };
    let mut context = WebSocketContext::new(role, Some(config));
    let mut pipe = Pipe(bytes);
    let mut told = Vec::new();
    let end = loop {
        told.push(match context.read(&mut pipe) {
            Ok(tungstenite::Message::Text(text)) => Told::Text(text.as_bytes().to_vec()),
            Ok(tungstenite::Message::Binary(bytes)) => Told::Binary(bytes.to_vec()),
            Ok(tungstenite::Message::Ping(payload)) => Told::Ping(payload.to_vec()),
            Ok(tungstenite::Message::Pong(payload)) => Told::Pong(payload.to_vec()),
            Ok(tungstenite::Message::Close(close)) => {
                told.push(Told::Close(close.map(|close| (close.code.into(), close.reason.to_string()))));
                break End::Closed;
            }
            Ok(tungstenite::Message::Frame(_)) => unreachable!("frames are read as messages"),
            Err(tungstenite::Error::Io(_)) => break End::Open,
            Err(tungstenite::Error::Utf8(_)) => break End::Utf8,
            Err(tungstenite::Error::Capacity(_)) => break End::TooBig,
            Err(_) => break End::Protocol,
        });
    };
    Outcome { told, end }
}

/// Returns the messages that fastwebsockets reads from a stream that breaks no rule.
fn fastwebsockets_messages(bytes: &[u8], role: Role) -> Vec<Told> {
    let role = match role {
        Role::Server => fastwebsockets::Role::Server,
        Role::Client => fastwebsockets::Role::Client,
    };
    let mut websocket = WebSocket::after_handshake(Duplex(Cursor::new(bytes.to_vec())), role);
    websocket.set_auto_pong(false);
    websocket.set_auto_close(false);
    let mut websocket = FragmentCollector::new(websocket);
    let read = async {
        let mut told = Vec::new();
        while let Ok(frame) = websocket.read_frame().await {
            match frame.opcode {
                OpCode::Text => told.push(Told::Text(frame.payload.to_vec())),
                OpCode::Binary => told.push(Told::Binary(frame.payload.to_vec())),
                OpCode::Close => break,
                _ => {}
            }
        }
        told
    };
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(read)
}

/// A stream of bytes that were written before.
struct Duplex(Cursor<Vec<u8>>);

impl tokio::io::AsyncRead for Duplex {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl tokio::io::AsyncWrite for Duplex {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Server), Just(Role::Client)]
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![Just(vec![1 << 20]), vec(1_usize..40, 1..5), vec(1_usize..4000, 1..5)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_a_stream_is_cut_makes_no_difference(
        all in vec(written(), 0..6), role in role(), pieces in pieces(), others in pieces(),
    ) {
        let bytes = stream(&all, role);
        prop_assert_eq!(ours(&bytes, role, &pieces), ours(&bytes, role, &others));
    }

    #[test]
    fn tungstenite_reads_the_same(all in vec(written(), 0..6), role in role(), pieces in pieces()) {
        let bytes = stream(&all, role);
        let (ours, theirs) = (ours(&bytes, role, &pieces), tungstenites(&bytes, role));
        prop_assert_eq!(&ours.told, &theirs.told);
        // If a frame breaks two rules, each reader may report a different one.
        prop_assert_eq!(ours.end == End::Open, theirs.end == End::Open);
        prop_assert_eq!(ours.end == End::Closed, theirs.end == End::Closed);
    }

    #[test]
    fn fastwebsockets_reads_the_same(all in vec(written(), 0..6), role in role(), pieces in pieces()) {
        let bytes = stream(&all, role);
        let Outcome { told, end } = ours(&bytes, role, &pieces);
        if matches!(end, End::Open | End::Closed) {
            let messages = told.into_iter().filter(|told| matches!(told, Told::Text(_) | Told::Binary(_)));
            prop_assert_eq!(messages.collect::<Vec<_>>(), fastwebsockets_messages(&bytes, role));
        }
    }
}
