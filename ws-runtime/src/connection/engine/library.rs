//! The protocol library: how it is set up, and the socket as it wants to see it.

use std::{
    io::{self, Read, Write},
    task::{Context, Poll},
};

use tokio::io::AsyncRead;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};

use crate::connection::{Outbox, frame::MAX_CONTROL, limits::Limits, scratch::Leftover};

/// The library's own read buffer, in bytes.
const READ_BUFFER: usize = 1024;

pub(super) fn library(limits: &Limits) -> Box<WebSocketContext> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        // Pongs go to the outbox as they are made.
        .write_buffer_size(0)
        .max_write_buffer_size(READ_BUFFER)
        .max_message_size(Some(limits.max_message_size))
        // Those of data frames are looked at before; control frames have one of their own.
        .max_frame_size(Some(limits.max_message_size.max(MAX_CONTROL)));
    Box::new(WebSocketContext::new(Role::Server, Some(config)))
}

/// The socket as the library wants to see it: reads end with the frame, writes (pongs) go to the outbox.
pub(super) struct Adapter<'a, 'cx, IO> {
    pub(super) io: &'a mut IO,
    pub(super) outbox: &'a Outbox,
    pub(super) cx: &'a mut Context<'cx>,
    pub(super) leftover: &'a mut Leftover,
    pub(super) owed: &'a mut u64,
    pub(super) seen: &'a mut bool,
    /// The transport has nothing to read.
    pub(super) starved: bool,
}

impl<IO: AsyncRead + Unpin> Read for Adapter<'_, '_, IO> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if *self.owed == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if self.leftover.bytes().is_empty() {
            let Poll::Ready(read) = self.leftover.poll_fill(self.io, self.cx) else {
                self.starved = true;
                return Err(io::ErrorKind::WouldBlock.into());
            };
            if read? == 0 {
                return Ok(0);
            }
            *self.seen = true;
        }
        let left = self.leftover.bytes();
        let owed = usize::try_from(*self.owed).unwrap_or(usize::MAX);
        let count = left.len().min(buffer.len()).min(owed);
        buffer[..count].copy_from_slice(&left[..count]);
        self.leftover.advance(count);
        *self.owed -= count as u64;
        Ok(count)
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
