//! [`Entry`]: a message that a room remembers.

use bytes::Bytes;

use crate::{Message, Utf8Bytes, rooms::seats::To, tracked::Key};

/// A message that is remembered. There are many, so they are kept small: the time is beside the tag of the payload, and what
/// few messages have is boxed.
pub(in crate::rooms) struct Entry {
    offset: u64,
    target: Option<Box<Recipients>>,
    payload: Kept,
}

/// The recipients of a message that is not for everyone.
enum Recipients {
    Except(Box<str>),
    /// One member, and the number of the message among the private ones since the last broadcast.
    Only(Box<str>, u64),
}

/// The time at which a message was sent, and a copy of the message. The message itself may be a slice of a buffer that is much
/// larger, so only copies are kept.
enum Kept {
    Text(u32, Box<str>),
    Binary(u32, Box<[u8]>),
    /// A large message, which all replays share.
    Shared(u32, Box<Message>),
}

/// From this size on, replays share a message in place of a copy of it for each. The size is that from which messages are
/// not copied into what is written either.
const SHARED: usize = crate::protocol::LARGE;

/// What an entry counts in addition to its payload, in bytes.
const OVERHEAD: usize = 64;

impl Entry {
    /// Copies a message that was sent at a time, in ticks of its log.
    pub(super) fn new(key: Key, to: To<'_>, message: &Message, at: u32) -> Self {
        let target = match to {
            To::Everyone => None,
            To::Except(id) => Some(Box::new(Recipients::Except(id.into()))),
            To::Only(id) => Some(Box::new(Recipients::Only(id.into(), key.private))),
        };
        Self { offset: key.offset, target, payload: Kept::copy(message, at) }
    }

    pub(in crate::rooms) fn key(&self) -> Key {
        let private = match self.target.as_deref() {
            Some(Recipients::Only(_, private)) => *private,
            Some(Recipients::Except(_)) | None => 0,
        };
        Key { offset: self.offset, private }
    }

    /// Returns the time at which the message was sent, in ticks of its log.
    pub(super) fn at(&self) -> u32 {
        let (Kept::Text(at, _) | Kept::Binary(at, _) | Kept::Shared(at, _)) = &self.payload;
        *at
    }

    /// Returns `true` if a member receives the message.
    pub(in crate::rooms) fn is_for(&self, id: &str) -> bool {
        match self.target.as_deref() {
            None => true,
            Some(Recipients::Except(except)) => **except != *id,
            Some(Recipients::Only(only, _)) => **only == *id,
        }
    }

    pub(in crate::rooms) fn message(&self) -> Message {
        match &self.payload {
            Kept::Text(_, text) => Message::from(&**text),
            Kept::Binary(_, bytes) => Message::Binary(Bytes::copy_from_slice(bytes)),
            Kept::Shared(_, message) => Message::clone(message),
        }
    }

    /// Returns what the entry counts, in bytes.
    pub(super) fn size(&self) -> usize {
        OVERHEAD
            + match &self.payload {
                Kept::Text(_, text) => text.len(),
                Kept::Binary(_, bytes) => bytes.len(),
                Kept::Shared(_, message) => message.len(),
            }
    }
}

impl Kept {
    fn copy(message: &Message, at: u32) -> Self {
        match message {
            Message::Text(text) if text.len() < SHARED => Self::Text(at, text.as_str().into()),
            Message::Binary(bytes) if bytes.len() < SHARED => Self::Binary(at, bytes[..].into()),
            Message::Text(text) => Self::Shared(at, Box::new(Message::Text(Utf8Bytes::from(text.as_str())))),
            Message::Binary(bytes) => {
                Self::Shared(at, Box::new(Message::Binary(Bytes::copy_from_slice(bytes))))
            }
        }
    }
}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<Entry>(), 40);
    }
}
