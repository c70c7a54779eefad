//! [`Wire`]: frames on their way to the transport.

use std::mem;

use bytes::Bytes;

use super::{
    LARGE, Role,
    close::answer_to,
    frame::{Opcode, put_header},
    mask::apply_mask,
    outgoing::{Large, Outgoing},
    write_buffers,
};
use crate::{Close, Message, PeerClose, Utf8Bytes};

/// Frames that wait to be written, in order.
///
/// Small payloads are copied next to their headers, so that many messages go out in one write. A large payload of the
/// server is not copied, but written from where it lies.
#[derive(Debug)]
pub(crate) struct Wire {
    role: Role,
    bytes: Vec<u8>,
    /// The large payloads. They are boxed, as an idle connection has none.
    large: Option<Box<Larges>>,
    /// The answer to the last ping, while there is no room for it.
    pong: Option<Box<[u8]>>,
}

/// The payloads that are not copied, in order.
#[derive(Debug, Default)]
struct Larges {
    all: Vec<Large>,
    /// The length of all of them, in bytes.
    length: usize,
}

/// The payload of a data frame.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Payload<'a> {
    /// The payload has to be copied, regardless of its size.
    Borrowed(&'a [u8]),
    Text(&'a Utf8Bytes),
    Binary(&'a Bytes),
    /// The payload must not be compressed.
    #[cfg_attr(not(feature = "deflate"), allow(dead_code, reason = "nothing is compressed anyway"))]
    Plain(&'a Message),
}

impl<'a> Payload<'a> {
    pub(crate) fn of(message: &'a Message) -> (Opcode, Self) {
        match message {
            Message::Text(text) => (Opcode::Text, Self::Text(text)),
            Message::Binary(bytes) => (Opcode::Binary, Self::Binary(bytes)),
        }
    }

    /// Returns the payload of a message that must not be compressed.
    #[cfg(feature = "deflate")]
    pub(crate) fn plain(message: &'a Message) -> (Opcode, Self) {
        (Self::of(message).0, Self::Plain(message))
    }

    pub(crate) fn as_slice(self) -> &'a [u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Text(text) | Self::Plain(Message::Text(text)) => text.as_bytes(),
            Self::Binary(bytes) | Self::Plain(Message::Binary(bytes)) => bytes,
        }
    }

    /// Returns the payload without copying it, if that is possible.
    fn shared(self) -> Option<Bytes> {
        match self {
            Self::Borrowed(_) => None,
            Self::Text(text) | Self::Plain(Message::Text(text)) => Some(text.to_bytes()),
            Self::Binary(bytes) | Self::Plain(Message::Binary(bytes)) => Some(bytes.clone()),
        }
    }
}

impl Wire {
    pub(crate) fn new(role: Role) -> Self {
        Self { role, bytes: Vec::new(), large: None, pong: None }
    }

    /// Returns how much is waiting, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() + self.large.as_ref().map_or(0, |large| large.length)
    }

    #[cfg(any(feature = "test-client", test))]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a message in one frame. `compressed` is `true` if the payload is the compressed form of the message.
    pub(crate) fn data(&mut self, opcode: Opcode, payload: Payload<'_>, compressed: bool) {
        self.data_from(opcode, payload, compressed, LARGE);
    }

    /// Appends a message as [`data`](Self::data) does. A payload of at least `shared_from` bytes is not copied.
    pub(super) fn data_from(
        &mut self,
        opcode: Opcode,
        payload: Payload<'_>,
        compressed: bool,
        shared_from: usize,
    ) {
        let bytes = payload.as_slice();
        let shares = bytes.len() >= shared_from && self.role == Role::Server;
        if let Some(payload) = shares.then(|| payload.shared()).flatten() {
            self.header(opcode, compressed, bytes.len(), 0);
            let large = self.large.get_or_insert_default();
            large.length += payload.len();
            large.all.push(Large { at: self.bytes.len(), payload });
        } else {
            self.frame(opcode, compressed, &[bytes]);
        }
    }

    pub(crate) fn ping(&mut self, payload: &[u8]) {
        self.frame(Opcode::Ping, false, &[payload]);
    }

    /// Answers a ping. If there is no room, the answer is kept apart and later goes behind the waiting frames.
    pub(crate) fn pong(&mut self, payload: &[u8], has_room: bool) {
        if has_room {
            self.frame(Opcode::Pong, false, &[payload]);
        } else {
            self.pong = Some(payload.into());
        }
    }

    /// Returns `true` if the answer to a ping waits for room. No other ping may be read until then.
    pub(crate) fn holds_pong(&self) -> bool {
        self.pong.is_some()
    }

    fn flush_pong(&mut self) {
        if let Some(payload) = self.pong.take() {
            self.frame(Opcode::Pong, false, &[&payload]);
        }
    }

    /// Appends a Close frame (RFC 6455, section 5.5.1).
    pub(crate) fn close(&mut self, close: &Close) {
        self.flush_pong();
        self.frame(Opcode::Close, false, &[&close.code().as_u16().to_be_bytes(), close.reason().as_bytes()]);
    }

    /// Appends the answer to a Close frame of the peer.
    pub(crate) fn close_answer(&mut self, peer: Option<&PeerClose>) {
        if let Some(answer) = answer_to(peer, self.role) {
            self.close(&answer);
        } else {
            self.flush_pong();
            self.frame(Opcode::Close, false, &[]);
        }
    }

    /// Takes all frames.
    pub(crate) fn take(&mut self) -> Outgoing {
        self.flush_pong();
        let left = self.len();
        let large = self.large.take().map_or_else(Vec::new, |large| large.all);
        Outgoing::new(mem::take(&mut self.bytes), large, left)
    }

    /// Says that it may take a while until the frames are taken.
    pub(crate) fn settle(&mut self) {
        if self.large.is_none() {
            write_buffers::settle(&mut self.bytes, &mut 0);
        }
    }

    #[cfg(all(test, feature = "client"))]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    fn frame(&mut self, opcode: Opcode, compressed: bool, parts: &[&[u8]]) {
        let length = parts.iter().map(|part| part.len()).sum();
        let mask = self.header(opcode, compressed, length, length);
        let start = self.bytes.len();
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        if let Some(mask) = mask {
            apply_mask(&mut self.bytes[start..], mask, 0);
        }
    }

    /// Appends a header, and reserves `room` bytes after it. Returns the mask for the payload.
    fn header(&mut self, opcode: Opcode, compressed: bool, length: usize, room: usize) -> Option<[u8; 4]> {
        if self.bytes.capacity() == 0 {
            self.bytes = write_buffers::borrow();
        }
        let mask = match self.role {
            Role::Server => None,
            #[cfg(any(feature = "client", feature = "test-client", test))]
            Role::Client => Some(super::mask::new_mask()),
        };
        self.bytes.reserve(super::frame::MAX_HEADER + room);
        put_header(&mut self.bytes, opcode, compressed, mask, length);
        mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CloseCode, protocol::outgoing::SLICES};

    fn message(length: usize, byte: u8) -> Message {
        Message::from(vec![byte; length])
    }

    fn wire(role: Role, lengths: &[usize]) -> (Wire, Vec<u8>) {
        let mut wire = Wire::new(role);
        let mut expected = Vec::new();
        for (length, byte) in lengths.iter().zip(1..) {
            let message = message(*length, byte);
            let (opcode, payload) = Payload::of(&message);
            wire.data(opcode, payload, false);
            put_header(&mut expected, Opcode::Binary, false, None, *length);
            expected.extend(vec![byte; *length]);
        }
        (wire, expected)
    }

    /// Writes everything to a transport that takes at most `most` bytes at a time, as one slice or as several.
    fn written(mut outgoing: Outgoing, most: usize, vectored: bool) -> Vec<u8> {
        let mut written = Vec::new();
        while !outgoing.is_empty() {
            let before = written.len();
            if vectored {
                let mut slices = Outgoing::no_slices();
                let count = outgoing.slices(&mut slices);
                assert!(count > 0);
                for slice in &slices[..count] {
                    let room = most - (written.len() - before);
                    written.extend_from_slice(&slice[..slice.len().min(room)]);
                }
            } else {
                let first = outgoing.first();
                written.extend_from_slice(&first[..first.len().min(most)]);
            }
            outgoing.advance(written.len() - before);
        }
        written
    }

    #[test]
    fn frames_are_written_in_their_order() {
        let many = [LARGE; SLICES + 3];
        for lengths in [
            &[][..],
            &[0],
            &[5, 6],
            &[LARGE],
            &[LARGE, LARGE + 1],
            &[1, LARGE, 2, 3, 3 * LARGE, 4],
            &many[..],
        ] {
            for most in [1000, LARGE + 1, usize::MAX / 2] {
                for vectored in [false, true] {
                    let (mut wire, expected) = wire(Role::Server, lengths);
                    assert_eq!((wire.len(), wire.is_empty()), (expected.len(), expected.is_empty()));
                    let outgoing = wire.take();
                    assert!(wire.is_empty());
                    assert!(written(outgoing, most, vectored) == expected, "{lengths:?} by {most}");
                }
            }
        }
    }

    #[test]
    fn a_large_payload_is_not_copied() {
        let message = message(LARGE, 1);
        let (Opcode::Binary, Payload::Binary(payload)) = Payload::of(&message) else { unreachable!() };
        let mut wire = Wire::new(Role::Server);
        wire.data(Opcode::Binary, Payload::Binary(payload), false);
        let mut outgoing = wire.take();
        outgoing.advance(outgoing.first().len());
        assert_eq!(outgoing.first().as_ptr(), payload.as_ptr());
    }

    #[test]
    fn little_waits_for_a_slow_peer_in_little_memory() {
        write_buffers::give_back(Vec::with_capacity(100_000));
        let message = message(100, 1);
        let (opcode, payload) = Payload::of(&message);
        let mut wire = Wire::new(Role::Server);
        wire.data(opcode, payload, false);
        let mut outgoing = wire.take();
        outgoing.advance(80);
        outgoing.settle();
        assert_eq!((outgoing.capacity(), outgoing.len()), (22, 22));

        wire.data(opcode, payload, false);
        wire.settle();
        assert_eq!(wire.bytes.capacity(), 102);
        assert_eq!(write_buffers::borrow().capacity(), 100_000);
    }

    #[test]
    fn a_client_masks_each_frame_anew() {
        let payload = [7; LARGE];
        let mut wire = Wire::new(Role::Client);
        for _ in 0..2 {
            wire.data(Opcode::Binary, Payload::Borrowed(&payload), false);
        }
        let bytes = written(wire.take(), usize::MAX / 2, false);
        let (first, second) = bytes.split_at(bytes.len() / 2);
        assert_ne!(first, second);
        for frame in [first, second] {
            let mut frame = frame.to_vec();
            let mask = *frame[4..].first_chunk().unwrap();
            apply_mask(&mut frame[8..], mask, 0);
            assert_eq!(frame[8..], payload);
        }
    }

    #[test]
    fn a_pong_without_room_goes_behind_what_waits() {
        for closed in [false, true] {
            let mut wire = Wire::new(Role::Server);
            wire.pong(b"1", true);
            wire.pong(b"2", false);
            assert!(wire.holds_pong());
            wire.data(Opcode::Text, Payload::Borrowed(b"x"), false);
            if closed {
                wire.close_answer(None);
            }
            let expected = if closed {
                &b"\x8a\x011\x81\x01x\x8a\x012\x88\0"[..]
            } else {
                b"\x8a\x011\x81\x01x\x8a\x012"
            };
            assert_eq!(written(wire.take(), 1000, false), expected);
            assert!(!wire.holds_pong());
        }
    }

    #[test]
    fn a_close_frame_has_a_code_and_a_reason_or_is_empty() {
        let mut wire = Wire::new(Role::Server);
        wire.close(&Close::new(CloseCode::GOING_AWAY, "bye"));
        wire.close_answer(None);
        wire.close_answer(Some(&PeerClose { code: 1000, reason: "bye".to_owned() }));
        assert_eq!(written(wire.take(), 1000, false), b"\x88\x05\x03\xe9bye\x88\0\x88\x02\x03\xe8");
    }
}
