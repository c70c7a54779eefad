//! The byte format of what processes tell each other. The Lua scripts write the same format.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Close, CloseCode, Message, Utf8Bytes,
    rooms::{Meta, seats::To},
    tracked::Key,
};

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
    Left(Arc<str>, Option<Message>),
    /// Somebody takes an ID from the connection that has it, which is to be closed.
    Replaced(Arc<str>, Close),
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
    pub(super) entries: Vec<Remembered>,
}

/// A message that a room remembers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) key: Key,
    /// Its age in milliseconds.
    pub(super) age: u64,
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
pub(super) fn closing(close: &Close) -> String {
    format!("{}{}", close.code(), close.reason())
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
    let json = meta.map_or("", Meta::json);
    [format!("{}:{json}", json.len()).into_bytes(), farewell(message)].concat()
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
        b'L' => Event::Left(reader.netstring()?, reader.farewell()?),
        b'X' => Event::Replaced(reader.netstring()?, reader.close()?),
        b'H' => Event::Appended {
            epoch: reader.epoch()?,
            key: reader.key()?,
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
    let (epoch, head, floor) = (reader.epoch()?, reader.key()?, reader.key()?);
    let mut entries = Vec::new();
    while !reader.0.is_empty() {
        let (key, age) = (reader.key()?, reader.number()?);
        let mut body = Reader(reader.net()?);
        entries.push(Remembered { key, age, target: body.target()?, message: body.message()? });
    }
    Some(Told::Past(room, Past { epoch, head, floor, entries }))
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
        let mut lease = Reader(reader.net()?);
        let node = lease.node()?;
        lease.take(16)?;
        holders.push(Holder { id, node, meta: lease.meta()?, farewell: lease.farewell()? });
    }
    Some((room, holders))
}

fn named(kind: u8, id: &str, bytes: &mut Vec<u8>) {
    bytes.push(kind);
    bytes.extend_from_slice(id.len().to_string().as_bytes());
    bytes.push(b':');
    bytes.extend_from_slice(id.as_bytes());
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

/// The bytes that are still to be read. They come from outside, so nothing about them is taken for granted.
struct Reader(Bytes);

impl Reader {
    fn take(&mut self, length: usize) -> Option<Bytes> {
        (length <= self.0.len()).then(|| self.0.split_to(length))
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    fn node(&mut self) -> Option<Node> {
        self.take(16)?.as_ref().try_into().ok().map(Node)
    }

    /// Reads a netstring: the length in decimal digits, a colon, and that many bytes.
    fn net(&mut self) -> Option<Bytes> {
        let colon = self.0.iter().position(|byte| *byte == b':')?;
        let length = text(&self.take(colon)?)?.parse().ok()?;
        self.take(1)?;
        self.take(length)
    }

    fn netstring(&mut self) -> Option<Arc<str>> {
        self.net().and_then(|bytes| text(&bytes))
    }

    fn rest(self) -> Option<Arc<str>> {
        text(&self.0)
    }

    fn target(&mut self) -> Option<Target> {
        Some(match self.byte()? {
            b'*' => Target::Everyone,
            b'-' => Target::Except(self.netstring()?),
            b'=' => Target::Only(self.netstring()?),
            _ => return None,
        })
    }

    /// Reads an epoch: 16 hexadecimal digits.
    fn epoch(&mut self) -> Option<u64> {
        let digits = text(&self.take(16)?)?;
        u64::from_str_radix(&digits, 16).ok().filter(|epoch| *digits == format!("{epoch:016x}"))
    }

    /// Reads a place in a history: two numbers with a hyphen between them.
    fn key(&mut self) -> Option<Key> {
        let place = self.netstring()?;
        let (offset, private) = place.split_once('-')?;
        let key = Key { offset: offset.parse().ok()?, private: private.parse().ok()? };
        (*place == format!("{}-{}", key.offset, key.private)).then_some(key)
    }

    fn number(&mut self) -> Option<u64> {
        let digits = self.netstring()?;
        digits.parse().ok().filter(|number: &u64| *digits == number.to_string())
    }

    fn close(&mut self) -> Option<Close> {
        let code = self.take(4)?;
        let digits = code.iter().all(u8::is_ascii_digit).then_some(code)?;
        let code = CloseCode::try_from(text(&digits)?.parse::<u16>().ok()?).ok()?;
        let reason = text(&std::mem::take(&mut self.0))?;
        Some(Close::new(code, reason.to_string()))
    }

    #[allow(clippy::option_option, reason = "there may be none, or one that is too large")]
    fn meta(&mut self) -> Option<Option<Meta>> {
        let json = self.netstring()?;
        if json.is_empty() { Some(None) } else { Meta::from_json(json).map(Some) }
    }

    #[allow(clippy::option_option, reason = "there may be none, or one that is not understood")]
    fn farewell(&mut self) -> Option<Option<Message>> {
        if self.0.is_empty() { Some(None) } else { self.message().map(Some) }
    }

    fn message(&mut self) -> Option<Message> {
        let kind = self.byte()?;
        let payload = std::mem::take(&mut self.0);
        match kind {
            b't' => Utf8Bytes::checked(payload).ok().map(Message::Text),
            b'b' => Some(Message::Binary(payload)),
            _ => None,
        }
    }
}

fn text(bytes: &[u8]) -> Option<Arc<str>> {
    std::str::from_utf8(bytes).ok().map(Arc::from)
}

/// What must hold for any bytes from Redis: nothing panics, and what is understood says the same when it is written again.
#[cfg(any(test, fuzzing))]
pub(crate) fn check(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Some((node, said)) = event(bytes.clone()) {
        let written = match &said {
            Event::Message(target, sent) => message(node, target, sent),
            Event::Close(target, sent) => close(node, target, sent),
            Event::Retained { message, told } => retained(node, message.as_ref(), *told),
            Event::Joined(id, meta, last) => changed(node, b'J', id, &known(meta.as_ref(), last.as_ref())),
            Event::Left(id, last) => changed(node, b'L', id, &farewell(last.as_ref())),
            Event::Replaced(id, close) => {
                [&node.0[..], b"X", &netstring(id.as_bytes()), closing(close).as_bytes()].concat()
            }
            Event::Appended { epoch, key, target, message } => {
                let epoch = format!("{epoch:016x}");
                [&node.0[..], b"H", epoch.as_bytes(), &place(*key), &remembered(target, message)].concat()
            }
        };
        assert_eq!(event(written.into()), Some((node, said)));
    }
    if let Some((room, holders)) = snapshot(bytes.clone()) {
        let mut written = netstring(room.as_bytes());
        for Holder { id, node, meta, farewell: last } in &holders {
            let lease = [&node.0[..], &[b'0'; 16], &known(meta.as_ref(), last.as_ref())].concat();
            written.extend([netstring(id.as_bytes()), netstring(&lease)].concat());
        }
        assert_eq!(snapshot(written.into()), Some((room, holders)));
    }
    if let Some(Told::Past(room, past)) = told(bytes.clone()) {
        let epoch = format!("{:016x}", past.epoch);
        let room = netstring(room.as_bytes());
        let mut written = [b"H", &room[..], epoch.as_bytes(), &place(past.head), &place(past.floor)].concat();
        for Remembered { key, age, target, message } in &past.entries {
            let age = netstring(age.to_string().as_bytes());
            written.extend([place(*key), age, netstring(&remembered(target, message))].concat());
        }
        assert_eq!(told(written.into()), told(bytes.clone()));
    }
    if let Some((room, id)) = entry(bytes.to_vec()) {
        assert_eq!(entry([&netstring(room.as_bytes()), id.as_bytes()].concat()), Some((room, id)));
    }
}

/// What the scripts write when somebody joins or leaves.
#[cfg(any(test, fuzzing))]
fn changed(node: Node, kind: u8, id: &str, rest: &[u8]) -> Vec<u8> {
    [&node.0[..], &[kind], &netstring(id.as_bytes()), rest].concat()
}

#[cfg(any(test, fuzzing))]
fn place(key: Key) -> Vec<u8> {
    netstring(format!("{}-{}", key.offset, key.private).as_bytes())
}

#[cfg(any(test, fuzzing))]
fn netstring(bytes: &[u8]) -> Vec<u8> {
    [bytes.len().to_string().as_bytes(), b":", bytes].concat()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    const NODE: Node = Node(*b"0123456789abcdef");

    #[test]
    fn messages_survive() {
        for target in [Target::Everyone, Target::Except("a:b".into()), Target::Only("ä".into())] {
            for sent in [Message::from("täxt"), Message::from(vec![0, 255, b':']), Message::from("")] {
                let bytes = message(NODE, &target, &sent);
                assert_eq!(event(bytes.into()), Some((NODE, Event::Message(target.clone(), sent))));
            }
        }
    }

    #[test]
    fn closes_and_retained_messages_survive() {
        let sent = Close::new(CloseCode::POLICY_VIOLATION, "ünwanted: 1");
        for target in [Target::Everyone, Target::Except("a".into()), Target::Only("ä:".into())] {
            let bytes = close(NODE, &target, &sent);
            assert!(!is_message(&bytes) && !is_retained(&bytes));
            assert_eq!(event(bytes.into()), Some((NODE, Event::Close(target, sent.clone()))));
        }
        for (message, told) in
            [(Some(Message::from("")), true), (Some(Message::from(vec![1])), false), (None, false)]
        {
            let bytes = retained(NODE, message.as_ref(), told);
            assert!(!is_message(&bytes) && is_retained(&bytes));
            assert_eq!(event(bytes.into()), Some((NODE, Event::Retained { message, told })));
        }
    }

    #[test]
    fn what_is_cut_off_or_foreign_is_refused() {
        let whole = message(NODE, &Target::Only("bob".into()), &Message::from("hello"));
        for length in 0..whole.len() - 5 {
            assert_eq!(event(whole[..length].to_vec().into()), None, "{length} bytes");
        }
        let strange: [&[u8]; 11] = [
            b"0123456789abcdefC*100",
            b"0123456789abcdefC*1005",
            b"0123456789abcdefC*+100x",
            b"0123456789abcdefR",
            b"0123456789abcdefR*x",
            b"0123456789abcdefM*t\xff",
            b"0123456789abcdefM*x",
            b"0123456789abcdefX",
            b"0123456789abcdefJ99999999999999999999:a",
            b"0123456789abcdefJ-1:a",
            b"0123456789abcdefJ:",
        ];
        for bytes in strange {
            assert_eq!(event(Bytes::from_static(bytes)), None, "{bytes:?}");
        }
        assert_eq!(snapshot(Bytes::from_static(b"1:a3:bob1:x")), None);
        assert_eq!(entry(b"5:ab".to_vec()), None);
    }

    #[test]
    fn the_inputs_that_the_fuzzer_starts_from_are_understood_alike() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/redis");
        // A published crate has no corpus.
        let Ok(seeds) = std::fs::read_dir(corpus) else { return };
        seeds.for_each(|seed| check(&std::fs::read(seed.unwrap().path()).unwrap()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_mean_what_they_say(bytes in vec(any::<u8>(), 0..200)) {
            check(&bytes);
        }

        // Pieces of what is written, in any order: most of it is understood in part.
        #[test]
        fn any_pieces_are_refused_or_mean_what_they_say(
            pieces in vec(
                select(vec![
                    "0123456789abcdef", "J", "L", "M", "C", "R", ".", "1008", "H", "X", "3:1-0", "*", "-", "=", "t", "b", ":", "0:", "1:a", "2:\u{e4}",
                    "4:room", "3:bob", "33:0123456789abcdef0000000000001000b", "32:0123456789abcdef0000000000001000",
                    "x", "18446744073709551616:", "-1:",
                ]),
                0..12,
            ),
        ) {
            check(pieces.concat().as_bytes());
        }
    }
}
