//! [`Position`]: a place in the history of a room; and [`Recovery`]: whether a member got what it missed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A place in the history of a room: everything up to it has been received.
///
/// A position consists of an [`epoch`](Self::epoch), which changes when the history was lost, and an
/// [`offset`](Self::offset), which grows by one with each broadcast of the room within an epoch. A message to one member
/// has the offset of the broadcast before it, and a number among the private messages that follow that broadcast.
///
/// Its text is safe in URLs: `1f0e3dad99908345-42`, or `1f0e3dad99908345-42.1` for a private message. An endpoint reads it
/// as an ordinary parameter, and a text that is not a position is refused as a `value_error`:
///
/// ```
/// # use ws_runtime::{Result, State, WebSocket, rooms::{Position, Recovery, Rooms, Tracked}, websocket};
/// #[websocket("/news/<id>")]
/// async fn news(
///     id: String,
///     #[query] since: Option<Position>,
///     rooms: State<Rooms<String>>,
///     mut ws: WebSocket<String, Tracked<String>>,
/// ) -> Result {
///     let member = rooms.room("news").join(&id, ws.sender()).since(since).await?;
///     if let Recovery::Lost { .. } | Recovery::New = member.recovery() {
///         ws.send("everything that you need to know".to_owned()).await?;
///     }
///     loop {
///         member.broadcast(&ws.recv().await?)?;
///     }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    epoch: u64,
    pub(crate) key: Key,
}

/// A place within an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Key {
    /// The number of broadcasts up to here.
    pub(crate) offset: u64,
    /// The number of private messages since the last broadcast.
    pub(crate) private: u64,
}

impl Key {
    /// Returns the key of the next broadcast, or of the next private message. Returns `None` after the last number.
    pub(crate) fn next(self, private: bool) -> Option<Self> {
        if private {
            Some(Self { private: self.private.checked_add(1)?, ..self })
        } else {
            Some(Self { offset: self.offset.checked_add(1)?, private: 0 })
        }
    }
}

impl Position {
    pub(crate) fn new(epoch: u64, key: Key) -> Self {
        Self { epoch, key }
    }

    /// Returns the epoch. A room has another epoch when its history was lost: positions of different epochs have nothing to
    /// do with each other.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Returns the number of broadcasts in this epoch, up to and including the one that has this position.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.key.offset
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.epoch, self.key.offset)?;
        match self.key.private {
            0 => Ok(()),
            private => write!(f, ".{private}"),
        }
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({self})")
    }
}

/// Accepts what `Display` writes, and no other spelling.
impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        parse(text).ok_or(InvalidPosition)
    }
}

fn parse(text: &str) -> Option<Position> {
    let (epoch, key) = text.split_once('-')?;
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if epoch.len() != 16 || !epoch.as_bytes().iter().all(is_hex) {
        return None;
    }
    let epoch = u64::from_str_radix(epoch, 16).ok()?;
    let (offset, private) = match key.split_once('.') {
        Some((offset, private)) => (number(offset)?, Some(number(private)?).filter(|private| *private > 0)?),
        None => (number(key)?, 0),
    };
    Some(Position { epoch, key: Key { offset, private } })
}

fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The error of a text that is not a [`Position`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position in a room, such as `1f0e3dad99908345-42`")]
#[non_exhaustive]
pub struct InvalidPosition;

/// What became of the messages that a member missed while it was away; returned by
/// [`Member::recovery`](crate::rooms::Member::recovery).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovery {
    /// The member joined without a position: it is new, and has missed nothing.
    New,
    /// The messages were queued for the member, in their order and before all later ones.
    Recovered {
        /// The number of messages. Those that the member would not have received anyway do not count.
        missed: u64,
    },
    /// Some messages are lost. The member receives what is sent from now on.
    Lost {
        /// The reason.
        why: WhyLost,
    },
}

impl Recovery {
    /// Returns `true` if the member has everything that was sent before it joined again.
    #[must_use]
    pub fn is_recovered(&self) -> bool {
        matches!(self, Self::Recovered { .. })
    }

    /// Returns `true` if the member may have missed messages.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }
}

/// The reason why what a member missed cannot be recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WhyLost {
    /// The history does not reach back to the position.
    #[error("the history does not reach back that far")]
    TooOld,
    /// The history was lost since: the server, or Redis, started anew, or the room was empty for too long.
    #[error("the history began anew")]
    OtherEpoch,
    /// The room has not reached this position.
    #[error("the room never had this position")]
    NeverWas,
    /// The room keeps no history.
    #[error("the room keeps no history")]
    NoHistory,
    /// The member reads more slowly than the room speaks, so that the history has moved past it.
    #[error("the member reads too slowly")]
    TooSlow,
    /// Redis, which keeps the history, is unavailable.
    #[error("the history is unavailable")]
    Unavailable,
}

impl WhyLost {
    pub(super) const ALL: [Self; 6] =
        [Self::TooOld, Self::OtherEpoch, Self::NeverWas, Self::NoHistory, Self::TooSlow, Self::Unavailable];

    /// Returns the name of the reason on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TooOld => "too_old",
            Self::OtherEpoch => "other_epoch",
            Self::NeverWas => "never_was",
            Self::NoHistory => "no_history",
            Self::TooSlow => "too_slow",
            Self::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::Recovered { missed } => write!(f, "recovered {missed}"),
            Self::Lost { why } => write!(f, "lost: {why}"),
        }
    }
}

/// Reads a value from the text of its name.
struct Named<T> {
    expecting: &'static str,
    read: fn(&str) -> Option<T>,
}

impl<T> de::Visitor<'_> for Named<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named { expecting: "a position in a room", read: parse })
    }
}

impl<'de> Deserialize<'de> for WhyLost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: &str| Self::ALL.into_iter().find(|why| why.name() == text);
        deserializer.deserialize_str(Named { expecting: "the reason of a loss", read })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_position_is_read_again() {
        for text in [
            "0000000000000000-0",
            "1f0e3dad99908345-42",
            "ffffffffffffffff-18446744073709551615.18446744073709551615",
        ] {
            assert_eq!(text.parse::<Position>().map(|position| position.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn each_position_has_one_spelling() {
        for text in [
            "",
            "-",
            "42",
            "1f0e3dad99908345",
            "1f0e3dad99908345-",
            "1f0e3dad99908345-42.",
            "1f0e3dad99908345-42.0",
            "1f0e3dad99908345-42.01",
            "1f0e3dad99908345-042",
            "1f0e3dad99908345-+42",
            "1f0e3dad99908345--42",
            "1f0e3dad99908345- 42",
            "1f0e3dad99908345-42 ",
            "1F0E3DAD99908345-42",
            "+f0e3dad99908345-42",
            "1f0e3dad9990834-42",
            "01f0e3dad99908345-42",
            "1f0e3dad99908345-18446744073709551616",
            "1f0e3dad9990834\u{e4}-42",
        ] {
            assert_eq!(text.parse::<Position>(), Err(InvalidPosition), "{text:?}");
        }
    }
}
