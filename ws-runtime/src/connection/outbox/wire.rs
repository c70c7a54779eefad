//! [`Wire`]: frames as bytes, one behind the other.

use std::mem;

use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use crate::{connection::write_buffers, observe};

/// What waits to be written. Server frames are not masked (RFC 6455, section 5.1).
#[derive(Default)]
pub(super) struct Wire(Vec<u8>);

impl Wire {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn data(&mut self, opcode: Data, payload: &[u8]) {
        observe::sent(payload.len());
        self.frame(OpCode::Data(opcode), payload);
    }

    pub(super) fn ping(&mut self) {
        self.frame(OpCode::Control(Control::Ping), b"");
    }

    /// A Close frame, with a code and a reason or empty (RFC 6455, section 5.5.1).
    pub(super) fn close(&mut self, frame: Option<(u16, &str)>) {
        let code = frame.map(|(code, _)| code.to_be_bytes());
        let code = code.as_ref().map_or(&[][..], |code| code);
        let reason = frame.map_or("", |(_, reason)| reason);
        self.header(OpCode::Control(Control::Close), code.len() + reason.len());
        self.0.extend_from_slice(code);
        self.0.extend_from_slice(reason.as_bytes());
    }

    /// A frame that the protocol library has made.
    pub(super) fn raw(&mut self, frame: &[u8]) {
        self.borrow_buffer();
        self.0.extend_from_slice(frame);
    }

    /// The bytes, of which none are left; the buffer is to be given back.
    pub(super) fn take(&mut self) -> Vec<u8> {
        mem::take(&mut self.0)
    }

    /// Says that it may take a while until the bytes are taken.
    pub(super) fn settle(&mut self) {
        write_buffers::settle(&mut self.0, &mut 0);
    }

    fn frame(&mut self, opcode: OpCode, payload: &[u8]) {
        self.header(opcode, payload.len());
        self.0.extend_from_slice(payload);
    }

    fn header(&mut self, opcode: OpCode, length: usize) {
        self.borrow_buffer();
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        self.0.reserve(header.len(length as u64) + length);
        header.format(length as u64, &mut self.0).expect("a Vec takes any write");
    }

    fn borrow_buffer(&mut self) {
        if self.0.capacity() == 0 {
            self.0 = write_buffers::borrow();
        }
    }
}
