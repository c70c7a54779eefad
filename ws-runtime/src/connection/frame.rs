//! [`Frame`]: a frame at the start of what was read (RFC 6455, section 5.2).

use std::io::Cursor;

use simdutf8::basic::from_utf8;
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use super::{large::Large, mask::apply_mask};
use crate::{Message, PeerClose};

/// A frame, of which the header is here, and perhaps the payload.
pub(super) struct Frame<'a> {
    header: FrameHeader,
    /// In bytes.
    header_length: usize,
    /// In bytes.
    payload_length: u64,
    /// What is here of it.
    payload: &'a mut [u8],
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
    pub(super) fn of(bytes: &'a mut [u8]) -> Self {
        let mut cursor = Cursor::new(&*bytes);
        let (header, payload_length) = match FrameHeader::parse(&mut cursor) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => return Self::Part,
            Err(_) => return Self::Violation,
        };
        let header_length = usize::try_from(cursor.position()).unwrap_or(usize::MAX).min(bytes.len());
        let behind = &mut bytes[header_length..];
        let here = usize::try_from(payload_length).map_or(behind.len(), |length| length.min(behind.len()));
        Self::Frame(Frame { header, header_length, payload_length, payload: &mut behind[..here] })
    }
}

impl Frame<'_> {
    /// Header and payload, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.payload_length.saturating_add(self.header_length as u64)
    }

    /// Whether it is a data frame with a larger payload, in bytes; control frames have a limit of their own.
    pub(super) fn is_larger_than(&self, limit: usize) -> bool {
        matches!(self.header.opcode, OpCode::Data(_)) && self.payload_length > limit as u64
    }

    /// Whether it is a control frame that may not be so large (RFC 6455, section 5.5).
    pub(super) fn is_oversized_control(&self) -> bool {
        matches!(self.header.opcode, OpCode::Control(_)) && self.payload_length > MAX_CONTROL as u64
    }

    /// Whether all of it is here.
    pub(super) fn is_whole(&self) -> bool {
        self.payload.len() as u64 == self.payload_length
    }

    /// Whether a message is unfinished behind this frame, if one was `before`.
    pub(super) fn leaves_unfinished(&self, before: bool) -> bool {
        match self.header.opcode {
            OpCode::Data(_) => !self.header.is_final,
            OpCode::Control(_) => before,
        }
    }

    /// What the frame says, if it is whole and there is nothing wrong with it; else it is as it was, for the library to
    /// read. So is a ping, and a message that comes while another is `unfinished`.
    pub(super) fn read(&mut self, unfinished: bool) -> Option<Whole> {
        let (opcode, mask) = self.stands_for_itself().filter(|_| self.is_whole())?;
        let read: fn(&[u8]) -> Option<Whole> = match opcode {
            OpCode::Data(Data::Text) if !unfinished => {
                |text| Some(Whole::Message(from_utf8(text).ok()?.into()))
            }
            OpCode::Data(Data::Binary) if !unfinished => |bytes| Some(Whole::Message(bytes.into())),
            OpCode::Control(Control::Close) if !self.is_oversized_control() => read_close,
            OpCode::Control(Control::Pong) if !self.is_oversized_control() => return Some(Whole::Pong),
            _ => return None,
        };
        // Where it lies: so that text is checked before it is copied, and copied once.
        apply_mask(self.payload, mask);
        let read = read(self.payload);
        if read.is_none() {
            apply_mask(self.payload, mask);
        }
        read
    }

    /// The message of which the beginning is here, and the length of the header before it, if there is nothing wrong with
    /// that.
    pub(super) fn begin(&self, unfinished: bool) -> Option<(usize, Large)> {
        match self.stands_for_itself().filter(|_| !unfinished && !self.is_whole())? {
            (OpCode::Data(opcode), mask) => {
                let length = usize::try_from(self.payload_length).ok()?;
                Some((self.header_length, Large::new(opcode, length, mask)?))
            }
            (OpCode::Control(_), _) => None,
        }
    }

    /// Its kind and its mask, unless it is a fragment or breaks a rule.
    fn stands_for_itself(&self) -> Option<(OpCode, [u8; 4])> {
        match self.header {
            FrameHeader { is_final: true, rsv1: false, rsv2: false, rsv3: false, opcode, mask } => {
                Some((opcode, mask?))
            }
            _ => None,
        }
    }
}

/// The longest payload of a control frame, in bytes (RFC 6455, section 5.5).
pub(crate) const MAX_CONTROL: usize = 125;

/// A frame that stands for itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Message(Message),
    Close(Option<PeerClose>),
    Pong,
}

/// RFC 6455, section 5.5.1. The code may be one that must not be sent: who receives it wants to know. (The library
/// would hide it, 1014 among them, which is in the IANA registry.)
fn read_close(payload: &[u8]) -> Option<Whole> {
    if payload.is_empty() {
        return Some(Whole::Close(None));
    }
    let (&code, reason) = payload.split_first_chunk()?;
    let reason = str::from_utf8(reason).ok()?.to_owned();
    Some(Whole::Close(Some(PeerClose { code: u16::from_be_bytes(code), reason })))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [1, 2, 3, 4];

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = match payload.len() {
            short @ ..126 => vec![0x80 | u8::try_from(short).unwrap()],
            long => [&[0xfe][..], &u16::try_from(long).unwrap().to_be_bytes()].concat(),
        };
        [vec![first], length, MASK.to_vec(), masked(payload)].concat()
    }

    fn masked(payload: &[u8]) -> Vec<u8> {
        payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
    }

    fn read(bytes: &[u8]) -> Option<Whole> {
        read_while(false, bytes)
    }

    /// What is not read is left as it was.
    fn read_while(unfinished: bool, bytes: &[u8]) -> Option<Whole> {
        let mut buffer = bytes.to_vec();
        let read = match Start::of(&mut buffer) {
            Start::Frame(mut frame) => frame.read(unfinished),
            Start::Part | Start::Violation => None,
        };
        assert!(read.is_some() || buffer == bytes);
        read
    }

    #[test]
    fn a_whole_message_is_unmasked() {
        for length in [0, 1, 7, 8, 9, 125, 126, 1000] {
            let text: String = ('a'..='z').cycle().take(length).collect();
            let bytes = frame(0x81, text.as_bytes());
            let expected = Some(Whole::Message(Message::from(text.as_str())));
            assert_eq!(read(&[&bytes[..], b"next"].concat()), expected);
            assert_eq!(read(&bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(read(&frame(0x82, &[0xff])), Some(Whole::Message(Message::from(&[0xff_u8][..]))));
        assert_eq!(read(&frame(0x8a, b"pong")), Some(Whole::Pong));
    }

    #[test]
    fn whatever_else_is_left_to_the_library() {
        for first in [0x01, 0x02, 0x80, 0x00, 0x08, 0x0a, 0x89, 0xc1, 0xa1, 0x91, 0xc8, 0xaa, 0x83, 0x8b] {
            assert_eq!(read(&frame(first, b"text")), None, "{first:#x}");
        }
        assert_eq!(read(&frame(0x81, &[0xff])), None, "not UTF-8");
        assert_eq!(read(b"\x81\x01a"), None, "not masked");
        for first in [0x88, 0x8a] {
            assert_eq!(read(&frame(first, &[b'x'; 126])), None, "too long");
        }
        assert_eq!(read(&frame(0x88, &[3])), None, "half a code");
        assert_eq!(read(&frame(0x88, &[3, 232, 0xff])), None, "a reason that is not UTF-8");
    }

    #[test]
    fn a_length_may_be_written_longer_than_it_must() {
        let bytes = [&b"\x81\xfe\0\x04"[..], &MASK, &masked(b"text")].concat();
        assert_eq!(read(&bytes), Some(Whole::Message(Message::from("text"))));
        assert_eq!(read(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn only_control_frames_come_between_fragments() {
        for first in [0x81, 0x82] {
            assert_eq!(read_while(true, &frame(first, b"text")), None);
        }
        assert_eq!(read_while(true, &frame(0x88, b"")), Some(Whole::Close(None)));
        assert_eq!(read_while(true, &frame(0x8a, b"")), Some(Whole::Pong));
    }

    #[test]
    fn a_close_frame_tells_its_code_whatever_it_is() {
        assert_eq!(read(&frame(0x88, b"")), Some(Whole::Close(None)));
        for code in [0_u16, 999, 1000, 1004, 1005, 1006, 1013, 1014, 1015, 2999, 4000, 5000] {
            for reason in [String::new(), "x".repeat(123)] {
                let bytes = frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat());
                assert_eq!(read(&bytes), Some(Whole::Close(Some(PeerClose { code, reason }))));
            }
        }
    }
}
