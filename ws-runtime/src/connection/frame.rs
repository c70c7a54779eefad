//! [`Frame`]: a frame at the start of what was read (RFC 6455, section 5.2).

use std::io::Cursor;

use bytes::Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader, Utf8Bytes,
    coding::{self, Control, Data, OpCode},
};

use crate::{Message, PeerClose};

/// A frame, of which the header is here, and perhaps the payload.
pub(super) struct Frame<'a> {
    header: FrameHeader,
    /// Header and payload, in bytes.
    length: u64,
    payload: Option<&'a [u8]>,
    payload_length: u64,
}

/// What stands at the start of some bytes.
pub(super) enum Start<'a> {
    /// Less than a header.
    Part,
    Frame(Frame<'a>),
    /// Nothing that is allowed.
    Violation,
}

impl<'a> Start<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let mut cursor = Cursor::new(bytes);
        let (header, payload_length) = match FrameHeader::parse(&mut cursor) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => return Self::Part,
            Err(_) => return Self::Violation,
        };
        let start = cursor.position();
        let length = start.saturating_add(payload_length);
        let payload = usize::try_from(start)
            .ok()
            .zip(usize::try_from(length).ok())
            .and_then(|(start, end)| bytes.get(start..end));
        Self::Frame(Frame { header, length, payload, payload_length })
    }
}

impl Frame<'_> {
    /// Header and payload, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.length
    }

    /// The payload, in bytes.
    pub(super) fn payload_len(&self) -> u64 {
        self.payload_length
    }

    /// Whether all of it is here.
    pub(super) fn is_whole(&self) -> bool {
        self.payload.is_some()
    }

    /// Whether a message is unfinished behind this frame, if one was `before`.
    pub(super) fn is_fragment(&self, before: bool) -> bool {
        match self.header.opcode {
            OpCode::Data(_) => !self.header.is_final,
            OpCode::Control(_) => before,
        }
    }

    /// The message, if this frame is whole and is one, with nothing wrong with it.
    pub(super) fn message(&self) -> Option<Message> {
        let FrameHeader { is_final: true, rsv1: false, rsv2: false, rsv3: false, opcode, .. } = self.header
        else {
            return None;
        };
        match opcode {
            OpCode::Data(Data::Text) => {
                let text = Utf8Bytes::try_from(Bytes::from(self.unmasked()?)).ok()?;
                Some(Message::Text(text.into()))
            }
            OpCode::Data(Data::Binary) => Some(Message::Binary(self.unmasked()?.into())),
            _ => None,
        }
    }

    /// What a Close frame says, if it says something that the protocol library would hide.
    ///
    /// It replaces a code that it does not allow by one of its own before anyone can see it; 1014 (Bad Gateway), which
    /// is in the IANA registry, is among them.
    pub(super) fn hidden_close(&self) -> Option<PeerClose> {
        let OpCode::Control(Control::Close) = self.header.opcode else { return None };
        let payload = self.unmasked()?;
        let (&code, reason) = payload.split_first_chunk()?;
        let code = u16::from_be_bytes(code);
        if coding::CloseCode::from(code).is_allowed() {
            return None;
        }
        Some(PeerClose { code, reason: String::from_utf8(reason.to_vec()).ok()? })
    }

    fn unmasked(&self) -> Option<Vec<u8>> {
        Some(unmask(self.payload?, self.header.mask?))
    }
}

/// RFC 6455, section 5.3.
fn unmask(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut unmasked = payload.to_vec();
    let [a, b, c, d] = mask;
    let long = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut chunks = unmasked.chunks_exact_mut(8);
    for chunk in &mut chunks {
        if let Ok(bytes) = <[u8; 8]>::try_from(&*chunk) {
            chunk.copy_from_slice(&(u64::from_ne_bytes(bytes) ^ long).to_ne_bytes());
        }
    }
    for (byte, mask) in chunks.into_remainder().iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
    unmasked
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [1, 2, 3, 4];

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = match payload.len() {
            short @ ..126 => vec![0x80 | u8::try_from(short).unwrap()],
            long => [&[0x80 | 126_u8][..], &u16::try_from(long).unwrap().to_be_bytes()].concat(),
        };
        [vec![first], length, MASK.to_vec(), unmask(payload, MASK)].concat()
    }

    fn message(bytes: &[u8]) -> Option<Message> {
        match Start::of(bytes) {
            Start::Frame(frame) => frame.message(),
            Start::Part | Start::Violation => None,
        }
    }

    fn hidden(code: u16, reason: &str) -> Option<(u16, String)> {
        let bytes = frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat());
        let Start::Frame(frame) = Start::of(&bytes) else { return None };
        frame.hidden_close().map(|close| (close.code, close.reason))
    }

    #[test]
    fn a_whole_message_is_unmasked() {
        for length in [0, 1, 7, 8, 9, 125, 126, 1000] {
            let text: String = ('a'..='z').cycle().take(length).collect();
            let bytes = frame(0x81, text.as_bytes());
            assert_eq!(message(&[&bytes[..], b"next"].concat()), Some(Message::from(text.as_str())));
            assert_eq!(message(&bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(message(&frame(0x82, &[0xff])), Some(Message::from(&[0xff_u8][..])));
    }

    #[test]
    fn whatever_else_is_left_to_the_library() {
        for first in [0x01, 0x02, 0x80, 0x00, 0x88, 0x89, 0x8a, 0xc1, 0xa1, 0x91, 0x83, 0x8b] {
            assert_eq!(message(&frame(first, b"text")), None, "{first:#x}");
        }
        assert_eq!(message(&frame(0x81, &[0xff])), None, "not UTF-8");
        assert_eq!(message(b"\x81\x01a"), None, "not masked");
    }

    #[test]
    fn only_a_close_code_that_is_not_allowed_is_hidden() {
        for code in [0, 999, 1004, 1005, 1006, 1014, 1015, 2999, 5000] {
            assert_eq!(hidden(code, "up"), Some((code, "up".to_owned())));
        }
        assert_eq!(hidden(1014, &"x".repeat(123)), Some((1014, "x".repeat(123))));
        assert_eq!(hidden(1013, "up"), None);
    }
}
