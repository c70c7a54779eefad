//! [`check`]: what must hold for any bytes from Redis.

use bytes::Bytes;

use super::{
    Event, Holder, Node, Remembered, Told, close, closing, entry, event, farewell, known, message, netstring,
    remembered, retained, snapshot, told,
};
use crate::tracked::Key;

/// What must hold for any bytes from Redis: nothing panics, and what is understood says the same when it is written again.
pub(crate) fn check(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Some((node, said)) = event(bytes.clone()) {
        let written = match &said {
            Event::Message(target, sent) => message(node, target, sent),
            Event::Close(target, sent) => close(node, target, sent),
            Event::Retained { message, told } => retained(node, message.as_ref(), *told),
            Event::Joined(id, meta, last) => changed(node, b'J', id, &known(meta.as_ref(), last.as_ref())),
            Event::Shared(id, meta, last) => changed(node, b'S', id, &known(meta.as_ref(), last.as_ref())),
            Event::Left(id, last) => changed(node, b'L', id, &farewell(last.as_ref())),
            Event::Replaced { id, holder, number, close } => {
                let (id, number) = (netstring(id.as_bytes()), format!("{number:016x}"));
                [&node.0[..], b"X", &id, &holder.0, number.as_bytes(), closing(close).as_bytes()].concat()
            }
            Event::Appended { epoch, key, time, target, message } => {
                let (epoch, time) = (format!("{epoch:016x}"), number(*time));
                let place = place(*key);
                [&node.0[..], b"H", epoch.as_bytes(), &place, &time, &remembered(target, message)].concat()
            }
        };
        assert_eq!(event(written.into()), Some((node, said)));
    }
    if let Some((room, holders)) = snapshot(bytes.clone()) {
        let mut written = netstring(room.as_bytes());
        for Holder { id, node, meta, farewell: last } in &holders {
            let lease = [&node.0[..], &[b'0'; 32], &known(meta.as_ref(), last.as_ref())].concat();
            written.extend([netstring(id.as_bytes()), netstring(&netstring(&lease))].concat());
        }
        assert_eq!(snapshot(written.into()), Some((room, holders)));
    }
    if let Some(Told::Past(room, past)) = told(bytes.clone()) {
        let epoch = format!("{:016x}", past.epoch);
        let room = netstring(room.as_bytes());
        let mut written = [b"H", &room[..], epoch.as_bytes(), &place(past.head), &place(past.floor)].concat();
        written.extend([number(past.time), number(past.now)].concat());
        for Remembered { key, time, target, message } in &past.entries {
            written.extend([place(*key), number(*time), netstring(&remembered(target, message))].concat());
        }
        assert_eq!(told(written.into()), told(bytes.clone()));
    }
    if let Some((room, id)) = entry(bytes.to_vec()) {
        assert_eq!(entry([&netstring(room.as_bytes()), id.as_bytes()].concat()), Some((room, id)));
    }
}

/// What the scripts write when somebody joins or leaves.
fn changed(node: Node, kind: u8, id: &str, rest: &[u8]) -> Vec<u8> {
    [&node.0[..], &[kind], &netstring(id.as_bytes()), rest].concat()
}

fn place(key: Key) -> Vec<u8> {
    netstring(format!("{}-{}", key.offset, key.private).as_bytes())
}

fn number(number: u64) -> Vec<u8> {
    netstring(number.to_string().as_bytes())
}
