//! [`Engine`]: the one place that meets the protocol library (frames, masks, fragments, UTF-8).
//!
//! Messages go out past it, as bytes in the outbox; it reads, and answers pings. Beside it only [`frame`](super::frame)
//! knows what a frame looks like.

mod library;

use std::{
    io,
    task::{Context, Poll, ready},
};

use tokio::io::AsyncRead;
use tokio_tungstenite::tungstenite::{
    self,
    error::{CapacityError, ProtocolError},
    protocol::WebSocketContext,
};

use self::library::{Adapter, library};
use super::{
    Outbox,
    frame::{Start, Whole},
    large::{Large, NotUtf8},
    scratch::Leftover,
};
use crate::{Close, CloseCode, Message, PeerClose};

/// Until a frame is whole it is kept as it came, if it has at most so many bytes; a larger one is put together as it
/// comes, so that bytes that come one by one are not copied over and over.
const COLLECTED: u64 = 32 * 1024;

/// How often control frames and fragments alone may follow one another before other tasks get a turn.
const FRAMES_PER_POLL: usize = 64;

/// Reads messages.
///
/// A frame that stands for itself is read as it lies in the buffer, or put together if it is large. Any other (a
/// fragment, a ping, or one that breaks a rule) is handed to the library, up to its last byte and no further.
pub(super) struct Engine {
    /// The library, while it has something to do.
    context: Option<Box<WebSocketContext>>,
    leftover: Leftover,
    /// The message that is put together.
    large: Option<Box<Large>>,
    /// How much the library has to be given to see the end of a frame.
    owed: u64,
    /// A message is unfinished.
    fragmented: bool,
    /// Bytes came in since this was last asked.
    seen: bool,
}

/// What was read.
pub(crate) enum Received {
    Message(Message),
    /// The peer's Close frame.
    Close(Option<PeerClose>),
    /// The peer broke a rule, and is to be told so.
    Violation(Close),
    /// The peer ended without a Close frame. It may still read.
    End,
    /// The transport is gone.
    Lost,
}

impl Engine {
    /// `head` is what came in behind the opening handshake, in the same segment.
    pub(super) fn new(head: Vec<u8>) -> Self {
        Self {
            context: None,
            leftover: Leftover::new(head),
            large: None,
            owed: 0,
            fragmented: false,
            seen: false,
        }
    }

    pub(super) fn poll_read<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        outbox: &Outbox,
        cx: &mut Context<'_>,
    ) -> Poll<Received> {
        for _ in 0..FRAMES_PER_POLL {
            let received = if self.large.is_some() {
                ready!(self.poll_large(io, cx))
            } else if self.owed > 0 {
                ready!(self.poll_library(io, outbox, cx))
            } else {
                ready!(self.poll_frame(io, outbox.limits().max_frame_size, cx))
            };
            if let Some(received) = received {
                return Poll::Ready(received);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads the next frame, or sees how it has to be read. As all below: `None` if there is more to look at.
    fn poll_frame<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        limit: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Received>> {
        let mut frame = match Start::of(self.leftover.bytes_mut()) {
            // One that is too large is refused before it is here.
            Start::Frame(frame) if frame.is_larger_than(limit) => {
                return Poll::Ready(Some(Received::Violation(too_big(limit))));
            }
            Start::Frame(frame) if frame.is_oversized_control() => {
                return Poll::Ready(Some(failure(&ProtocolError::ControlFrameTooBig.into())));
            }
            Start::Frame(frame) if frame.is_whole() || frame.len() > COLLECTED => frame,
            // The library reads it too, and says what is wrong.
            Start::Violation => {
                self.owed = u64::MAX;
                return Poll::Ready(None);
            }
            Start::Part | Start::Frame(_) => return self.poll_fill(io, cx),
        };
        let length = frame.len();
        if let Some(read) = frame.read(self.fragmented) {
            self.leftover.advance(usize::try_from(length).unwrap_or(usize::MAX));
            return Poll::Ready(match read {
                Whole::Message(message) => Some(Received::Message(message)),
                Whole::Close(close) => Some(Received::Close(close)),
                Whole::Pong => None,
            });
        }
        if let Some((header, large)) = frame.begin(self.fragmented) {
            self.leftover.advance(header);
            self.large = Some(Box::new(large));
        } else {
            self.fragmented = frame.leaves_unfinished(self.fragmented);
            self.owed = length;
        }
        Poll::Ready(None)
    }

    fn poll_large<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Received>> {
        match self.put_together() {
            None => self.poll_fill(io, cx),
            received => Poll::Ready(received),
        }
    }

    /// Takes what is here of a large message.
    fn put_together(&mut self) -> Option<Received> {
        match self.large.as_mut()?.take(self.leftover.bytes_mut()) {
            Ok(taken) => self.leftover.advance(taken),
            Err(NotUtf8) => return Some(Received::Violation(not_utf8())),
        }
        let large = self.large.take_if(|large| large.is_complete())?;
        Some(Received::Message(large.into_message()))
    }

    /// Lets the library read what it is owed.
    fn poll_library<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        outbox: &Outbox,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Received>> {
        let Self { context, leftover, owed, seen, .. } = self;
        let library = context.get_or_insert_with(|| library(outbox.limits()));
        let mut adapter = Adapter { io, outbox, cx, leftover, owed, seen, starved: false };
        let received = match library.read(&mut adapter) {
            Ok(tungstenite::Message::Text(text)) => Some(Received::Message(Message::Text(text.into()))),
            Ok(tungstenite::Message::Binary(bytes)) => Some(Received::Message(Message::Binary(bytes))),
            Ok(tungstenite::Message::Close(frame)) => Some(Received::Close(frame.map(|frame| PeerClose {
                code: frame.code.into(),
                reason: frame.reason.as_str().to_owned(),
            }))),
            // The answer to a ping is written when it is flushed, or with the next read, which may take its time.
            Ok(_ping_or_pong) => library.flush(&mut adapter).err().map(|error| failure(&error)),
            Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                if adapter.starved {
                    return Poll::Pending;
                }
                None
            }
            Err(error) => Some(failure(&error)),
        };
        if self.owed == 0 && !self.fragmented {
            self.context = None;
        }
        Poll::Ready(received)
    }

    /// Reads more, or finds that nothing more will come.
    fn poll_fill<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Received>> {
        Poll::Ready(match ready!(self.leftover.poll_fill(io, cx)) {
            Ok(0) => Some(Received::End),
            Ok(_) => {
                self.seen = true;
                None
            }
            Err(_) => Some(Received::Lost),
        })
    }

    /// Whether bytes came in since this was last asked: they prove that the peer lives.
    pub(super) fn take_seen(&mut self) -> bool {
        std::mem::take(&mut self.seen)
    }

    /// Says that it may take a while until more is read.
    pub(super) fn settle(&mut self) {
        self.leftover.settle();
    }
}

/// The close that answers a failure to read (RFC 6455, section 7.4.1).
pub(crate) fn failure(error: &tungstenite::Error) -> Received {
    use tungstenite::Error;

    let (code, reason) = match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Received::End,
        Error::Protocol(error) => (CloseCode::PROTOCOL_ERROR, error.to_string()),
        Error::Utf8(_) => return Received::Violation(not_utf8()),
        Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
            return Received::Violation(too_big(*max_size));
        }
        _ => return Received::Lost,
    };
    Received::Violation(Close::new(code, reason))
}

fn not_utf8() -> Close {
    Close::new(CloseCode::INVALID_FRAME_PAYLOAD_DATA, "invalid UTF-8")
}

fn too_big(limit: usize) -> Close {
    Close::new(CloseCode::MESSAGE_TOO_BIG, format!("at most {limit} bytes are taken"))
}
