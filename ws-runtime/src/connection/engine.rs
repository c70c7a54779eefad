//! [`Engine`]: the one place that meets the protocol library (frames, masks, fragments, UTF-8).
//!
//! Messages go out past it, as bytes in the outbox; it reads, and answers pings.

use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_tungstenite::tungstenite::{
    self,
    error::CapacityError,
    protocol::{Role, WebSocketConfig, WebSocketContext},
};

use super::{MAX_MESSAGE_SIZE, Outbox};
use crate::{Close, CloseCode, Message, PeerClose};

/// The library's read buffer, in bytes; 4 KiB cost little and lose nothing on small messages.
const READ_BUFFER: usize = 4 * 1024;

/// How often control frames alone may follow one another before other tasks get a turn.
const CONTROL_FRAMES_PER_POLL: usize = 64;

pub(super) struct Engine {
    context: WebSocketContext,
}

/// What was read.
pub(super) enum Received {
    Message(Message),
    /// The peer's Close frame.
    Close(Option<PeerClose>),
    /// The peer broke a rule, and is to be told so.
    Violation(Close),
    /// The transport is gone.
    Lost,
}

impl Engine {
    /// `head` is what came in behind the opening handshake, in the same segment.
    pub(super) fn new(head: Vec<u8>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            // Pongs go to the outbox as they are made.
            .write_buffer_size(0)
            .max_write_buffer_size(READ_BUFFER)
            .max_message_size(Some(MAX_MESSAGE_SIZE))
            .max_frame_size(Some(MAX_MESSAGE_SIZE));
        Self { context: WebSocketContext::from_partially_read(head, Role::Server, Some(config)) }
    }

    pub(super) fn poll_read<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        outbox: &Outbox,
        cx: &mut Context<'_>,
    ) -> Poll<Received> {
        for _ in 0..CONTROL_FRAMES_PER_POLL {
            match self.context.read(&mut Adapter { io, outbox, cx }) {
                Ok(tungstenite::Message::Text(text)) => {
                    return Poll::Ready(Received::Message(Message::Text(text.into())));
                }
                Ok(tungstenite::Message::Binary(bytes)) => {
                    return Poll::Ready(Received::Message(Message::Binary(bytes)));
                }
                Ok(tungstenite::Message::Close(frame)) => {
                    let peer = frame.map(|frame| PeerClose {
                        code: frame.code.into(),
                        reason: frame.reason.as_str().to_owned(),
                    });
                    return Poll::Ready(Received::Close(peer));
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
}

/// The close that answers a failure to read (RFC 6455, section 7.4.1).
fn failure(error: &tungstenite::Error) -> Received {
    use tungstenite::{Error, error::ProtocolError};

    let (code, reason) = match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Received::Lost,
        Error::Protocol(error) => (CloseCode::PROTOCOL_ERROR, error.to_string()),
        Error::Utf8(_) => (CloseCode::INVALID_FRAME_PAYLOAD_DATA, "invalid UTF-8".to_owned()),
        Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
            (CloseCode::MESSAGE_TOO_BIG, format!("a message may have {max_size} bytes"))
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
}

impl<IO: AsyncRead + Unpin> Read for Adapter<'_, '_, IO> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        match Pin::new(&mut *self.io).poll_read(self.cx, &mut buffer) {
            Poll::Ready(result) => result.map(|()| buffer.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
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
