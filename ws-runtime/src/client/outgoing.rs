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

/// Frames that wait for the transport, and how much it has taken.
pub(super) struct Outgoing {
    wire: Wire,
    deflater: Option<Box<Deflater>>,
    writer: Writer,
    progress: Progress,
    /// How much of the connection the transport has been given, in bytes.
    written: u64,
    /// How much of that it has taken for good, in bytes.
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

    /// Where frames are added.
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

    /// Where the last frame ends among the bytes of the connection.
    pub(super) fn end(&self) -> u64 {
        self.written + self.waiting() as u64
    }

    /// How much the transport has taken for good: of one that buffers (TLS, say), what is flushed.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether the server does not take what it is sent.
    pub(super) fn is_ahead(&self) -> bool {
        self.waiting() >= AHEAD
    }

    fn waiting(&self) -> usize {
        self.writer.len() + self.wire.len()
    }

    /// Writes what there is, and flushes it.
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

    /// What the transport took at the last attempt to write.
    pub(super) fn take_progress(&mut self) -> Progress {
        std::mem::take(&mut self.progress)
    }

    /// How much memory frames take, in bytes.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.wire.capacity() + self.writer.capacity()
    }
}
