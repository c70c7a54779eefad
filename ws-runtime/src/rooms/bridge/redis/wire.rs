//! The byte format of what processes tell each other. The Lua scripts write the same format.

#[cfg(any(test, fuzzing))]
mod check;
mod reader;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Close, Message,
    rooms::{Meta, join::Taken, seats::To},
    tracked::Key,
};
#[cfg(any(test, fuzzing))]
pub(crate) use check::check;
use reader::Reader;

/// The ID of a process in Redis: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node(pub(super) [u8; 16]);

impl From<u64> for Node {
    fn from(number: u64) -> Self {
        let mut digits = [0; 16];
        digits.copy_from_slice(format!("{number:016x}").as_bytes());
        Self(digits)
    }
}

/// An event in a room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Somebody joined, or changed what is known of them: the metadata, and the farewell.
    Joined(Arc<str>, Option<Meta>, Option<Message>),
    /// The same, of a member that other processes have, too.
    Shared(Arc<str>, Option<Meta>, Option<Message>),
    Left(Arc<str>, Option<Message>),
    /// Somebody takes an ID from the connection of a process that has claimed it with a number. That connection and older ones
    /// are to be closed.
    Replaced {
        id: Arc<str>,
        holder: Node,
        number: u64,
        close: Close,
    },
    Message(Target, Message),
    /// The connections of members are to be closed.
    Close(Target, Close),
    /// The message for those who join has changed; `told` if the members receive it as well.
    Retained {
        message: Option<Message>,
        told: bool,
    },
    /// A message that a room remembers.
    Appended {
        epoch: u64,
        key: Key,
        /// When Redis appended it, in milliseconds.
        time: u64,
        target: Target,
        message: Message,
    },
}

/// What Redis tells one process.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The members of a room.
    Members(Arc<str>, Vec<Holder>),
    /// What a room remembers.
    Past(Arc<str>, Past),
}

/// What a room remembers, as far as a process does not know it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::rooms) struct Past {
    pub(in crate::rooms) epoch: u64,
    /// The place of the newest message.
    pub(in crate::rooms) head: Key,
    /// The place of the newest message that is forgotten.
    pub(in crate::rooms) floor: Key,
    /// When Redis appended the newest message, in milliseconds.
    pub(super) time: u64,
    /// The time of Redis.
    pub(super) now: u64,
    pub(super) entries: Vec<Remembered>,
}

/// A message that a room remembers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) key: Key,
    /// When Redis appended it, in milliseconds.
    pub(super) time: u64,
    pub(super) target: Target,
    pub(super) message: Message,
}

/// The recipients of a message: the form that [`To`] has on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Everyone,
    Except(Arc<str>),
    Only(Arc<str>),
}

/// A member, as it appears in its process's lease and in the snapshot of a room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) id: Arc<str>,
    pub(super) node: Node,
    pub(super) meta: Option<Meta>,
    pub(super) farewell: Option<Message>,
}

impl From<To<'_>> for Target {
    fn from(to: To<'_>) -> Self {
        match to {
            To::Everyone => Self::Everyone,
            To::Except(id) => Self::Except(id.into()),
            To::Only(id) => Self::Only(id.into()),
        }
    }
}

impl Target {
    pub(super) fn as_to(&self) -> To<'_> {
        match self {
            Self::Everyone => To::Everyone,
            Self::Except(id) => To::Except(id),
            Self::Only(id) => To::Only(id),
        }
    }
}

/// Encodes a message for a room: the node, `M`, the recipients, the message.
pub(super) fn message(node: Node, target: &Target, message: &Message) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + 64);
    bytes.extend_from_slice(&node.0);
    bytes.push(b'M');
    recipients(target, &mut bytes);
    payload(message, &mut bytes);
    bytes
}

/// Encodes what a room remembers of a message: the recipients, the message.
pub(super) fn remembered(target: &Target, message: &Message) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + 32);
    recipients(target, &mut bytes);
    payload(message, &mut bytes);
    bytes
}

/// Encodes a close for those who make way: the code in four digits, the reason.
fn closing(close: &Close) -> String {
    format!("{}{}", close.code(), close.reason())
}

/// Encodes what happens to those who have an ID: nothing, `+` if it is shared, or the close for those who make way.
pub(super) fn taken(taken: &Taken) -> String {
    match taken {
        Taken::Refuse => String::new(),
        Taken::Share => "+".to_owned(),
        Taken::Replace(close) => closing(close),
    }
}

/// Encodes a close for members: the node, `C`, the recipients, the four digits of the code, the reason.
pub(super) fn close(node: Node, target: &Target, close: &Close) -> Vec<u8> {
    let mut bytes = node.0.to_vec();
    bytes.push(b'C');
    recipients(target, &mut bytes);
    bytes.extend_from_slice(close.code().to_string().as_bytes());
    bytes.extend_from_slice(close.reason().as_bytes());
    bytes
}

/// Encodes a change of the message for those who join: the node, `R`, `*` if the members receive it as well or else
/// `.`, and the message.
pub(super) fn retained(node: Node, message: Option<&Message>, told: bool) -> Vec<u8> {
    let mut bytes = node.0.to_vec();
    bytes.extend_from_slice(&[b'R', if told { b'*' } else { b'.' }]);
    bytes.extend(farewell(message));
    bytes
}

/// Encodes a farewell, or the lack of one.
pub(super) fn farewell(message: Option<&Message>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(message) = message {
        payload(message, &mut bytes);
    }
    bytes
}

/// Encodes what is known of a member: the metadata as a netstring, which may be empty, and the farewell.
pub(super) fn known(meta: Option<&Meta>, message: Option<&Message>) -> Vec<u8> {
    [netstring(meta.map_or("", Meta::json).as_bytes()), farewell(message)].concat()
}

/// Decodes the name of a room and the ID of a member in it.
pub(super) fn entry(bytes: Vec<u8>) -> Option<(Arc<str>, Arc<str>)> {
    let mut reader = Reader(bytes.into());
    Some((reader.netstring()?, reader.rest()?))
}

/// Decodes an event in a room, and the node that published it.
pub(super) fn event(bytes: Bytes) -> Option<(Node, Event)> {
    let mut reader = Reader(bytes);
    let node = reader.node()?;
    let event = match reader.byte()? {
        b'J' => Event::Joined(reader.netstring()?, reader.meta()?, reader.farewell()?),
        b'S' => Event::Shared(reader.netstring()?, reader.meta()?, reader.farewell()?),
        b'L' | b'l' => Event::Left(reader.netstring()?, reader.farewell()?),
        b'X' => Event::Replaced {
            id: reader.netstring()?,
            holder: reader.node()?,
            number: reader.hex()?,
            close: reader.close()?,
        },
        b'H' => Event::Appended {
            epoch: reader.hex()?,
            key: reader.key()?,
            time: reader.number()?,
            target: reader.target()?,
            message: reader.message()?,
        },
        b'M' => {
            let target = reader.target()?;
            Event::Message(target, reader.message()?)
        }
        b'C' => {
            let target = reader.target()?;
            Event::Close(target, reader.close()?)
        }
        b'R' => {
            let told = match reader.byte()? {
                b'*' => true,
                b'.' => false,
                _ => return None,
            };
            Event::Retained { message: reader.farewell()?, told }
        }
        _ => return None,
    };
    Some((node, event))
}

/// Returns `true` if the bytes were made by [`message`], on any node.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    bytes.get(16) == Some(&b'M')
}

/// Returns `true` if the bytes tell that a member left, which the process that had it has not told its own members.
pub(super) fn is_untold(bytes: &[u8]) -> bool {
    bytes.get(16) == Some(&b'l')
}

/// Returns `true` if the bytes are a message that a room remembers.
pub(super) fn is_appended(bytes: &[u8]) -> bool {
    bytes.get(16) == Some(&b'H')
}

/// Decodes what Redis tells this process.
pub(super) fn told(bytes: Bytes) -> Option<Told> {
    if bytes.first() != Some(&b'H') {
        return snapshot(bytes).map(|(room, holders)| Told::Members(room, holders));
    }
    let mut reader = Reader(bytes.slice(1..));
    let room = reader.netstring()?;
    let (epoch, head, floor) = (reader.hex()?, reader.key()?, reader.key()?);
    let (time, now) = (reader.number()?, reader.number()?);
    let mut entries = Vec::new();
    while !reader.0.is_empty() {
        let (key, time) = (reader.key()?, reader.number()?);
        let mut body = Reader(reader.net()?);
        entries.push(Remembered { key, time, target: body.target()?, message: body.message()? });
    }
    Some(Told::Past(room, Past { epoch, head, floor, time, now, entries }))
}

/// Returns `true` if the bytes were made by [`retained`], on any node.
pub(super) fn is_retained(bytes: &[u8]) -> bool {
    bytes.get(16) == Some(&b'R')
}

/// Decodes what Redis keeps for those who join a room: `R`, the name of the room, and the message.
pub(super) fn kept(bytes: Bytes) -> Option<(Arc<str>, Option<Message>)> {
    let mut reader = Reader(bytes);
    (reader.byte()? == b'R').then_some(())?;
    Some((reader.netstring()?, reader.farewell()?))
}

/// Decodes the name of a room and its members.
fn snapshot(bytes: Bytes) -> Option<(Arc<str>, Vec<Holder>)> {
    let mut reader = Reader(bytes);
    let room = reader.netstring()?;
    let mut holders = Vec::new();
    while !reader.0.is_empty() {
        let id = reader.netstring()?;
        let mut nodes = Reader(reader.net()?);
        while !nodes.0.is_empty() {
            let mut lease = Reader(nodes.net()?);
            let node = lease.node()?;
            // The number of the connection, and when it came.
            lease.take(32)?;
            let (id, meta) = (Arc::clone(&id), lease.meta()?);
            holders.push(Holder { id, node, meta, farewell: lease.farewell()? });
        }
    }
    Some((room, holders))
}

/// Encodes a netstring: the length in decimal digits, a colon, and the bytes.
fn netstring(bytes: &[u8]) -> Vec<u8> {
    [bytes.len().to_string().as_bytes(), b":", bytes].concat()
}

fn named(kind: u8, id: &str, bytes: &mut Vec<u8>) {
    bytes.push(kind);
    bytes.extend(netstring(id.as_bytes()));
}

fn recipients(target: &Target, bytes: &mut Vec<u8>) {
    match target {
        Target::Everyone => bytes.push(b'*'),
        Target::Except(id) => named(b'-', id, bytes),
        Target::Only(id) => named(b'=', id, bytes),
    }
}

fn payload(message: &Message, bytes: &mut Vec<u8>) {
    match message {
        Message::Text(text) => {
            bytes.push(b't');
            bytes.extend_from_slice(text.as_bytes());
        }
        Message::Binary(binary) => {
            bytes.push(b'b');
            bytes.extend_from_slice(binary);
        }
    }
}
