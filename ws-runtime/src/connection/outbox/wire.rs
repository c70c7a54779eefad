//! [`Wire`]: frames as bytes, one behind the other.

use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use crate::observe;

/// What waits to be written. Server frames are not masked (RFC 6455, section 5.1).
#[derive(Default)]
pub(super) struct Wire(Vec<u8>);

impl Wire {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
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
        self.0.extend_from_slice(frame);
    }

    /// Swaps the bytes into `writing`, which is empty; the memory of one becomes that of the other.
    pub(super) fn swap(&mut self, writing: &mut Vec<u8>) {
        std::mem::swap(&mut self.0, writing);
    }

    /// Gives back what an idle connection need not hold.
    pub(super) fn shrink(&mut self) {
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
    }

    fn frame(&mut self, opcode: OpCode, payload: &[u8]) {
        self.header(opcode, payload.len());
        self.0.extend_from_slice(payload);
    }

    fn header(&mut self, opcode: OpCode, length: usize) {
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        header.format(length as u64, &mut self.0).expect("a Vec takes any write");
    }
}
