//! Appends messages to a [`Wire`], compressed if that was agreed on and is worthwhile.

use std::cell::OnceCell;

use bytes::Bytes;

use super::{
    LARGE, Opcode, Payload, Wire,
    deflate::{Deflater, compress_shared},
    write_buffers,
};
use crate::Message;

impl Wire {
    /// Appends a message for one connection.
    pub(crate) fn message(&mut self, opcode: Opcode, payload: Payload<'_>, deflater: Option<&mut Deflater>) {
        if let Some(deflater) = deflater.filter(|_| !matches!(payload, Payload::Plain(_))) {
            let mut compressed = write_buffers::borrow();
            if deflater.compress(payload.as_slice(), &mut compressed) {
                return self.compressed(opcode, compressed);
            }
            write_buffers::give_back(compressed);
        }
        self.data(opcode, payload, false);
    }

    /// Appends a message that is sent to other connections too. A payload of at least `shared_from` bytes is not
    /// copied.
    pub(crate) fn broadcast(
        &mut self,
        broadcast: &Broadcast<'_>,
        deflater: Option<&mut Deflater>,
        shared_from: usize,
    ) {
        let (opcode, payload) = Payload::of(broadcast.message);
        let plain = payload.as_slice();
        match deflater {
            Some(deflater) if deflater.takes_shared(plain) => match broadcast.compressed() {
                Some(compressed) => {
                    self.data_from(opcode, Payload::Binary(compressed), true, shared_from);
                    deflater.sent_shared(plain);
                }
                None => self.data_from(opcode, payload, false, shared_from),
            },
            None => self.data_from(opcode, payload, false, shared_from),
            deflater => self.message(opcode, payload, deflater),
        }
    }

    fn compressed(&mut self, opcode: Opcode, mut compressed: Vec<u8>) {
        if compressed.len() < LARGE {
            self.data(opcode, Payload::Borrowed(&compressed), true);
            write_buffers::give_back(compressed);
        } else {
            compressed.shrink_to_fit();
            self.data(opcode, Payload::Binary(&compressed.into()), true);
        }
    }
}

/// A message for many connections, compressed once for all that can read it.
pub(crate) struct Broadcast<'a> {
    message: &'a Message,
    compressed: OnceCell<Option<Bytes>>,
}

impl<'a> Broadcast<'a> {
    pub(crate) fn new(message: &'a Message) -> Self {
        Self { message, compressed: OnceCell::new() }
    }

    pub(crate) fn message(&self) -> &'a Message {
        self.message
    }

    /// Returns the compressed message, or `None` if compression does not make it smaller.
    fn compressed(&self) -> Option<&Bytes> {
        let compress = || {
            let (_, payload) = Payload::of(self.message);
            let mut compressed = Vec::new();
            let smaller = compress_shared(payload.as_slice(), &mut compressed);
            compressed.shrink_to_fit();
            smaller.then(|| compressed.into())
        };
        self.compressed.get_or_init(compress).as_ref()
    }
}
