//! [`Large`]: a message in one frame of which the parts are taken as they come.

use simdutf8::{basic, compat};
use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;

use super::mask::apply_mask;
use crate::Message;

/// What came of a message so far.
pub(super) struct Large {
    payload: Payload,
    /// What is still to come, in bytes.
    rest: usize,
    /// Of what is still to come.
    mask: [u8; 4],
}

enum Payload {
    Text(String),
    Binary(Vec<u8>),
}

/// The text is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotUtf8;

impl Large {
    /// A message of so many bytes; `None` if it is neither text nor binary.
    pub(super) fn new(opcode: Data, length: usize, mask: [u8; 4]) -> Option<Self> {
        // It grows with what comes: what is announced may never come.
        let payload = match opcode {
            Data::Text => Payload::Text(String::new()),
            Data::Binary => Payload::Binary(Vec::new()),
            _ => return None,
        };
        Some(Self { payload, rest: length, mask })
    }

    /// Takes the next part of the payload, as it came. Of how many of the bytes: not of those behind the payload, nor of
    /// a character that has only begun, which are left as they are.
    pub(super) fn take(&mut self, bytes: &mut [u8]) -> Result<usize, NotUtf8> {
        let is_last = bytes.len() >= self.rest;
        let here = bytes.len().min(self.rest);
        let part = &mut bytes[..here];
        apply_mask(part, self.mask);
        let room = |length: usize, capacity: usize| {
            // At least double, so that little is copied again, and no more than is announced.
            if capacity - length < here { self.rest.min(length.max(here)) } else { 0 }
        };
        let taken = match &mut self.payload {
            Payload::Binary(payload) => {
                payload.reserve_exact(room(payload.len(), payload.capacity()));
                payload.extend_from_slice(part);
                here
            }
            Payload::Text(payload) => {
                let text = match compat::from_utf8(part) {
                    Ok(text) => text,
                    Err(error) if error.error_len().is_none() && !is_last => {
                        basic::from_utf8(&part[..error.valid_up_to()]).map_err(|_| NotUtf8)?
                    }
                    Err(_) => return Err(NotUtf8),
                };
                payload.reserve_exact(room(payload.len(), payload.capacity()));
                payload.push_str(text);
                text.len()
            }
        };
        self.rest -= taken;
        self.mask.rotate_left(taken % 4);
        apply_mask(&mut part[taken..], self.mask);
        Ok(taken)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.rest == 0
    }

    pub(super) fn into_message(self) -> Message {
        match self.payload {
            Payload::Text(text) => text.into(),
            Payload::Binary(bytes) => bytes.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [1, 2, 3, 4];

    /// Reads a message that comes in pieces of so many bytes, with another behind it.
    fn read(opcode: Data, payload: &[u8], piece: usize) -> Result<Message, NotUtf8> {
        let mut large = Large::new(opcode, payload.len(), MASK).unwrap();
        let masked: Vec<u8> =
            payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        let mut to_come = [&masked[..], b"next"].concat().into_iter();
        let mut here = Vec::new();
        while !large.is_complete() {
            here.extend(to_come.by_ref().take(piece));
            let taken = large.take(&mut here)?;
            here.drain(..taken);
        }
        here.extend(to_come);
        assert_eq!(here, b"next");
        Ok(large.into_message())
    }

    #[test]
    fn what_comes_in_pieces_is_put_together() {
        let text = "aé€😀".repeat(50);
        let bytes = [0xff, 0, 0x80].repeat(50);
        for piece in 1..=510 {
            assert_eq!(read(Data::Text, text.as_bytes(), piece), Ok(text.as_str().into()));
            assert_eq!(read(Data::Binary, &bytes, piece), Ok(bytes.as_slice().into()));
        }
    }

    #[test]
    fn text_is_refused_where_it_goes_wrong() {
        for wrong in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82", b"\xf0\x9f\x98"] {
            let payload = [b"text ", wrong].concat();
            for piece in 1..=payload.len() {
                assert_eq!(read(Data::Text, &payload, piece), Err(NotUtf8), "{wrong:?} in pieces of {piece}");
            }
            let mut large = Large::new(Data::Text, 1_000_000, [0; 4]).unwrap();
            let whole = [&payload, &b"and more"[..]].concat();
            assert_eq!(large.take(&mut whole.clone()), Err(NotUtf8));
        }
    }

    #[test]
    fn what_is_announced_is_not_yet_held() {
        let mut large = Large::new(Data::Binary, 1000, MASK).unwrap();
        for (part, capacity) in [(1, 1), (1, 2), (1, 4), (200, 203), (300, 503), (1, 1000), (496, 1000)] {
            assert_eq!(large.take(&mut vec![0; part]), Ok(part));
            let Payload::Binary(payload) = &large.payload else { unreachable!() };
            assert_eq!(payload.capacity(), capacity);
        }
        assert!(large.is_complete());
    }

    #[test]
    fn only_messages_are_large() {
        assert!(Large::new(Data::Continue, 5, MASK).is_none());
        assert!(Large::new(Data::Reserved(3), 5, MASK).is_none());
    }
}
