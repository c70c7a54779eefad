//! [`Outgoing`]: frames on their way to the transport.

use std::{
    io,
    task::{Context, Poll},
};

use tokio::io::AsyncWrite;

use crate::{
    Message,
    connection::{Progress, Writer},
    protocol::{Deflater, Payload, Role, Wire},
};

/// How much is encoded ahead of the transport, in bytes.
pub(super) const AHEAD: usize = 64 * 1024;

/// The frames that wait for the transport, and a count of the bytes that it has taken.
pub(super) struct Outgoing {
    wire: Wire,
    deflater: Option<Box<Deflater>>,
    writer: Writer,
    progress: Progress,
    /// The number of bytes of this connection that the transport was given.
    written: u64,
    /// The number of those bytes that the transport has taken for good.
    taken: u64,
}

impl Outgoing {
    pub(super) fn new() -> Self {
        Self {
            wire: Wire::new(Role::Client),
            deflater: None,
            writer: Writer::default(),
            progress: Progress::default(),
            written: 0,
            taken: 0,
        }
    }

    pub(super) fn with_deflater(self, deflater: Deflater) -> Self {
        Self { deflater: Some(Box::new(deflater)), ..self }
    }

    /// Returns the buffer that frames are added to.
    pub(super) fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    pub(super) fn message(&mut self, message: &Message) {
        let (opcode, payload) = Payload::of(message);
        self.wire.message(opcode, payload, self.deflater.as_deref_mut());
    }

    pub(super) fn pong(&mut self, payload: &[u8]) {
        let has_room = !self.is_ahead();
        self.wire.pong(payload, has_room);
    }

    /// Returns the position at which the last frame ends in the byte stream of the connection.
    pub(super) fn end(&self) -> u64 {
        self.written + self.waiting() as u64
    }

    /// Returns the number of bytes that the transport has taken for good. If the transport buffers (TLS does, for
    /// example), these are the flushed bytes.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Returns `true` if so much waits for the transport that encoding should pause.
    pub(super) fn is_ahead(&self) -> bool {
        self.waiting() >= AHEAD
    }

    fn waiting(&self) -> usize {
        self.writer.len() + self.wire.len()
    }

    /// Writes all waiting frames and flushes the transport.
    pub(super) fn poll_write<IO: AsyncWrite + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let written = self.writer.poll_write(io, || self.wire.take(), cx);
        self.progress = self.writer.take_progress();
        self.written += self.progress.written;
        if self.writer.is_flushed() {
            self.taken = self.written;
        }
        written
    }

    /// Returns what the transport took in the last attempt to write.
    pub(super) fn take_progress(&mut self) -> Progress {
        std::mem::take(&mut self.progress)
    }

    /// Returns the capacity of the buffers for frames, in bytes.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.wire.capacity() + self.writer.capacity()
    }
}
