//! [`Reader`]: decodes the byte format piece by piece.

use std::sync::Arc;

use bytes::Bytes;

use super::{Node, Target};
use crate::{Close, CloseCode, Message, Utf8Bytes, rooms::Meta, tracked::Key};

/// The bytes that are still to be read. They come from outside, so nothing about them is taken for granted.
pub(super) struct Reader(pub(super) Bytes);

impl Reader {
    pub(super) fn take(&mut self, length: usize) -> Option<Bytes> {
        (length <= self.0.len()).then(|| self.0.split_to(length))
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    pub(super) fn node(&mut self) -> Option<Node> {
        self.take(16)?.as_ref().try_into().ok().map(Node)
    }

    /// Reads a netstring: the length in decimal digits, a colon, and that many bytes.
    pub(super) fn net(&mut self) -> Option<Bytes> {
        let colon = self.0.iter().position(|byte| *byte == b':')?;
        let length = text(&self.take(colon)?)?.parse().ok()?;
        self.take(1)?;
        self.take(length)
    }

    pub(super) fn netstring(&mut self) -> Option<Arc<str>> {
        self.net().and_then(|bytes| text(&bytes))
    }

    pub(super) fn rest(self) -> Option<Arc<str>> {
        text(&self.0)
    }

    pub(super) fn target(&mut self) -> Option<Target> {
        Some(match self.byte()? {
            b'*' => Target::Everyone,
            b'-' => Target::Except(self.netstring()?),
            b'=' => Target::Only(self.netstring()?),
            _ => return None,
        })
    }

    /// Reads a number of 16 hexadecimal digits, such as an epoch.
    pub(super) fn hex(&mut self) -> Option<u64> {
        let digits = text(&self.take(16)?)?;
        u64::from_str_radix(&digits, 16).ok().filter(|number| *digits == format!("{number:016x}"))
    }

    /// Reads a place in a history: two numbers with a hyphen between them.
    pub(super) fn key(&mut self) -> Option<Key> {
        let place = self.netstring()?;
        let (offset, private) = place.split_once('-')?;
        let key = Key { offset: offset.parse().ok()?, private: private.parse().ok()? };
        (*place == format!("{}-{}", key.offset, key.private)).then_some(key)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let digits = self.netstring()?;
        digits.parse().ok().filter(|number: &u64| *digits == number.to_string())
    }

    pub(super) fn close(&mut self) -> Option<Close> {
        let code = self.take(4)?;
        let digits = code.iter().all(u8::is_ascii_digit).then_some(code)?;
        let code = CloseCode::try_from(text(&digits)?.parse::<u16>().ok()?).ok()?;
        let reason = text(&std::mem::take(&mut self.0))?;
        Some(Close::new(code, reason.to_string()))
    }

    #[allow(clippy::option_option, reason = "there may be none, or one that is too large")]
    pub(super) fn meta(&mut self) -> Option<Option<Meta>> {
        let json = self.netstring()?;
        if json.is_empty() { Some(None) } else { Meta::from_json(json).map(Some) }
    }

    #[allow(clippy::option_option, reason = "there may be none, or one that is not understood")]
    pub(super) fn farewell(&mut self) -> Option<Option<Message>> {
        if self.0.is_empty() { Some(None) } else { self.message().map(Some) }
    }

    pub(super) fn message(&mut self) -> Option<Message> {
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
