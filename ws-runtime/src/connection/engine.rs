//! [`Engine`]: the one place that meets the protocol library (frames, masks, fragments, UTF-8).
//!
//! Messages go out past it, as bytes in the outbox; it reads, and answers pings.

use std::{
    io::{self, Read, Write},
    task::{Context, Poll},
};

use tokio::io::AsyncRead;
use tokio_tungstenite::tungstenite::{
    self,
    error::CapacityError,
    protocol::{Role, WebSocketConfig, WebSocketContext},
};

use super::{Outbox, limits::Limits, scratch::Leftover, tail::Tail};
use crate::{Close, CloseCode, Message, PeerClose};

/// The library's own read buffer, in bytes. It is kept for the life of a connection; the system calls read into the
/// shared scratch.
const READ_BUFFER: usize = 1024;

/// How often control frames alone may follow one another before other tasks get a turn.
const CONTROL_FRAMES_PER_POLL: usize = 64;

pub(super) struct Engine {
    context: WebSocketContext,
    leftover: Leftover,
    /// Bytes came in since this was last asked.
    seen: bool,
    tail: Tail,
}

/// What was read.
pub(super) enum Received {
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
    pub(super) fn new(head: Vec<u8>, limits: &Limits) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            // Pongs go to the outbox as they are made.
            .write_buffer_size(0)
            .max_write_buffer_size(READ_BUFFER)
            .max_message_size(Some(limits.max_message_size))
            .max_frame_size(Some(limits.max_frame_size));
        Self {
            context: WebSocketContext::new(Role::Server, Some(config)),
            leftover: Leftover::new(head),
            seen: false,
            tail: Tail::new(),
        }
    }

    pub(super) fn poll_read<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        outbox: &Outbox,
        cx: &mut Context<'_>,
    ) -> Poll<Received> {
        for _ in 0..CONTROL_FRAMES_PER_POLL {
            let Self { leftover, seen, tail, .. } = self;
            let mut adapter = Adapter { io, outbox, cx, leftover, seen, tail };
            match self.context.read(&mut adapter) {
                Ok(tungstenite::Message::Text(text)) => {
                    return Poll::Ready(Received::Message(Message::Text(text.into())));
                }
                Ok(tungstenite::Message::Binary(bytes)) => {
                    return Poll::Ready(Received::Message(Message::Binary(bytes)));
                }
                Ok(tungstenite::Message::Close(frame)) => {
                    return Poll::Ready(Received::Close(self.peer_close(frame)));
                }
                Ok(_ping_or_pong) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Poll::Pending;
                }
                Err(error) => return Poll::Ready(failure(&error)),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Whether bytes came in since this was last asked: they prove that the peer lives.
    pub(super) fn take_seen(&mut self) -> bool {
        std::mem::take(&mut self.seen)
    }

    fn peer_close(&self, frame: Option<tungstenite::protocol::CloseFrame>) -> Option<PeerClose> {
        let frame = frame?;
        let code = u16::from(frame.code);
        if code == 1002
            && let Some(sent) = self.tail.close()
        {
            return Some(sent);
        }
        Some(PeerClose { code, reason: frame.reason.as_str().to_owned() })
    }
}

/// The close that answers a failure to read (RFC 6455, section 7.4.1).
fn failure(error: &tungstenite::Error) -> Received {
    use tungstenite::{Error, error::ProtocolError};

    let (code, reason) = match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Received::End,
        Error::Protocol(error) => (CloseCode::PROTOCOL_ERROR, error.to_string()),
        Error::Utf8(_) => (CloseCode::INVALID_FRAME_PAYLOAD_DATA, "invalid UTF-8".to_owned()),
        Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
            (CloseCode::MESSAGE_TOO_BIG, format!("at most {max_size} bytes are taken"))
        }
        _ => return Received::Lost,
    };
    Received::Violation(Close::new(code, reason))
}

/// The socket as the library wants to see it: reads come from the transport, writes (pongs) go to the outbox.
struct Adapter<'a, 'cx, IO> {
    io: &'a mut IO,
    outbox: &'a Outbox,
    cx: &'a mut Context<'cx>,
    leftover: &'a mut Leftover,
    seen: &'a mut bool,
    tail: &'a mut Tail,
}

impl<IO: AsyncRead + Unpin> Read for Adapter<'_, '_, IO> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.leftover.read(self.io, self.cx, buffer)?;
        *self.seen = true;
        self.tail.push(&buffer[..read]);
        Ok(read)
    }
}

impl<IO> Write for Adapter<'_, '_, IO> {
    fn write(&mut self, frame: &[u8]) -> io::Result<usize> {
        self.outbox.append_control(frame);
        Ok(frame.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
