//! [`Engine`]: the one place of the client that meets the protocol library (frames, masks, fragments, UTF-8).

use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_tungstenite::tungstenite::{
    self,
    protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext},
};

use crate::{
    Close, Message,
    connection::{CloseWatch, MAX_CONTROL, Received, failure},
};

/// The buffer for reading, in bytes.
const READ_BUFFER: usize = 8 * 1024;

/// How often control frames alone may follow one another before other tasks get a turn.
const CONTROL_FRAMES_PER_POLL: usize = 64;

/// Makes frames of messages, and messages of frames.
pub(super) struct Engine {
    context: WebSocketContext,
    watch: CloseWatch,
    /// Bytes came in since this was last asked.
    seen: bool,
}

impl Engine {
    /// `head` is what came in behind the opening handshake, in the same segment; larger messages than `largest` bytes are
    /// not received.
    pub(super) fn new(head: Vec<u8>, largest: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            // Frames are written as they are made.
            .write_buffer_size(0)
            .max_message_size(Some(largest))
            // Control frames are no messages.
            .max_frame_size(Some(largest.max(MAX_CONTROL)));
        let mut watch = CloseWatch::default();
        watch.push(&head);
        let context = WebSocketContext::from_partially_read(head, Role::Client, Some(config));
        Self { context, watch, seen: false }
    }

    /// Reads until there is something to tell. Pongs are added to `out`.
    pub(super) fn poll_read<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        out: &mut Vec<u8>,
        cx: &mut Context<'_>,
    ) -> Poll<Received> {
        for _ in 0..CONTROL_FRAMES_PER_POLL {
            let Self { context, watch, seen } = self;
            return Poll::Ready(match context.read(&mut Adapter { io, out, cx, watch, seen }) {
                Ok(tungstenite::Message::Text(text)) => Received::Message(Message::Text(text.into())),
                Ok(tungstenite::Message::Binary(bytes)) => Received::Message(Message::Binary(bytes)),
                Ok(tungstenite::Message::Close(frame)) => Received::Close(self.watch.peer_close(frame)),
                // Pongs, and pings, whose answer is written by the next read.
                Ok(_) => continue,
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Poll::Pending;
                }
                Err(error) => failure(&error),
            });
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Whether bytes came in since this was last asked: they prove that the server lives.
    pub(super) fn take_seen(&mut self) -> bool {
        std::mem::take(&mut self.seen)
    }

    pub(super) fn write(&mut self, message: Message, out: &mut Vec<u8>) {
        self.frame(
            match message {
                Message::Text(text) => tungstenite::Message::Text(text.into_inner()),
                Message::Binary(bytes) => tungstenite::Message::Binary(bytes),
            },
            out,
        );
    }

    pub(super) fn ping(&mut self, out: &mut Vec<u8>) {
        self.frame(tungstenite::Message::Ping(Bytes::new()), out);
    }

    pub(super) fn close(&mut self, close: &Close, out: &mut Vec<u8>) {
        let (code, reason) = (close.code().as_u16().into(), close.reason().into());
        self.frame(tungstenite::Message::Close(Some(CloseFrame { code, reason })), out);
    }

    /// Answers the Close frame that was read last.
    pub(super) fn answer(&mut self, out: &mut Vec<u8>) {
        // The answer is made, whatever is said about the connection.
        let _ = self.context.flush(&mut Out(out));
    }

    fn frame(&mut self, message: tungstenite::Message, out: &mut Vec<u8>) {
        // Memory takes every write. What the library refuses comes after a Close frame, and nobody waits for it.
        let _ = self.context.write(&mut Out(out), message);
    }
}

/// The socket as the library wants to see it: reads come from the transport, writes (pongs) go to memory.
struct Adapter<'a, 'cx, IO> {
    io: &'a mut IO,
    out: &'a mut Vec<u8>,
    cx: &'a mut Context<'cx>,
    watch: &'a mut CloseWatch,
    seen: &'a mut bool,
}

impl<IO: AsyncRead + Unpin> Read for Adapter<'_, '_, IO> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        match Pin::new(&mut *self.io).poll_read(self.cx, &mut buffer)? {
            Poll::Ready(()) => {
                *self.seen |= !buffer.filled().is_empty();
                self.watch.push(buffer.filled());
                Ok(buffer.filled().len())
            }
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<IO> Write for Adapter<'_, '_, IO> {
    fn write(&mut self, frame: &[u8]) -> io::Result<usize> {
        Out(self.out).write(frame)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where frames become bytes.
struct Out<'a>(&'a mut Vec<u8>);

impl Read for Out<'_> {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Out<'_> {
    fn write(&mut self, frame: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(frame);
        Ok(frame.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
