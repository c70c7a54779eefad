//! [`Envelope`]: the bytes around a message that is encoded already, so that a room encodes it once for members with and
//! without envelopes.

use super::{Position, Recovery};
use crate::{Json, Message};

/// A format whose messages can be put into an envelope after they were encoded: [`Json`], and `MessagePack` with the feature
/// `msgpack`.
#[diagnostic::on_unimplemented(
    message = "messages of the format `{Self}` cannot be tracked",
    label = "`{Self}` has no envelope for positions",
    note = "`Json` and `MessagePack` have one"
)]
pub trait Envelop: sealed::Envelop {}

pub(crate) mod sealed {
    use super::{Envelope, Message};

    pub trait Envelop {
        #[doc(hidden)]
        fn wrap(envelope: &Envelope<'_>) -> Message;
    }
}

/// What goes into an envelope.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub struct Envelope<'a> {
    pub(crate) position: Option<Position>,
    pub(crate) content: Content<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Content<'a> {
    Message(&'a Message),
    Recovery(Recovery),
}

/// Puts something into an envelope.
pub(crate) type Wrap = fn(&Envelope<'_>) -> Message;

impl<'a> Envelope<'a> {
    pub(crate) fn message(position: Option<Position>, message: &'a Message) -> Self {
        Self { position, content: Content::Message(message) }
    }

    pub(crate) fn recovery(position: Option<Position>, recovery: Recovery) -> Self {
        Self { position, content: Content::Recovery(recovery) }
    }
}

impl Envelop for Json {}

impl sealed::Envelop for Json {
    fn wrap(envelope: &Envelope<'_>) -> Message {
        let position = envelope.position.map(|position| position.to_string());
        let mut text = String::from("{");
        let mut field = |name: &str, value: &[&str]| {
            text.push_str(if text.len() > 1 { ",\"" } else { "\"" });
            text.push_str(name);
            text.push_str("\":");
            text.extend(value.iter().copied());
        };
        if let Some(position) = &position {
            field("position", &["\"", position, "\""]);
        }
        match envelope.content {
            Content::Message(Message::Text(message)) => field("message", &[message.as_str()]),
            // JSON is text, so a room of values has no other messages.
            Content::Message(Message::Binary(_)) => field("message", &["null"]),
            Content::Recovery(Recovery::Recovered { missed }) => field("recovered", &[&missed.to_string()]),
            Content::Recovery(Recovery::Lost { why }) => field("lost", &["\"", why.name(), "\""]),
            Content::Recovery(Recovery::New) => {}
        }
        text.push('}');
        text.into()
    }
}

#[cfg(feature = "msgpack")]
impl Envelop for crate::MessagePack {}

#[cfg(feature = "msgpack")]
impl sealed::Envelop for crate::MessagePack {
    fn wrap(envelope: &Envelope<'_>) -> Message {
        /// Strings of up to 31 bytes, and of up to 255.
        fn string(text: &str, bytes: &mut Vec<u8>) {
            let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
            match length {
                0..=31 => bytes.push(0xa0 | length),
                _ => bytes.extend([0xd9, length]),
            }
            bytes.extend_from_slice(&text.as_bytes()[..usize::from(length)]);
        }

        let is_new = matches!(envelope.content, Content::Recovery(Recovery::New));
        let fields = u8::from(envelope.position.is_some()) + u8::from(!is_new);
        let mut bytes = vec![0x80 | fields];
        if let Some(position) = &envelope.position {
            string("position", &mut bytes);
            string(&position.to_string(), &mut bytes);
        }
        match envelope.content {
            Content::Message(message) => {
                string("message", &mut bytes);
                match message {
                    Message::Binary(message) => bytes.extend_from_slice(message),
                    Message::Text(text) => string(text, &mut bytes),
                }
            }
            Content::Recovery(Recovery::Recovered { missed }) => {
                string("recovered", &mut bytes);
                bytes.push(0xcf);
                bytes.extend(missed.to_be_bytes());
            }
            Content::Recovery(Recovery::Lost { why }) => {
                string("lost", &mut bytes);
                string(why.name(), &mut bytes);
            }
            Content::Recovery(Recovery::New) => {}
        }
        bytes.into()
    }
}

/// Returns the position that a received envelope tells. Envelopes begin with it, and few other messages look alike, so this
/// needs no decoding.
#[cfg(any(feature = "client", test))]
pub(crate) fn position_in(message: &Message) -> Option<Position> {
    match message {
        Message::Text(text) => {
            let rest = text.strip_prefix("{\"position\":\"")?;
            rest.split_once('"')?.0.parse().ok()
        }
        Message::Binary(bytes) => {
            let (&first, bytes) = bytes.split_first()?;
            let bytes = bytes.strip_prefix(b"\xa8position").filter(|_| matches!(first, 0x81..=0x82))?;
            match bytes {
                [0xd9, length, rest @ ..] => parse(rest.get(..usize::from(*length))?),
                [short @ 0xa0..=0xbf, rest @ ..] => parse(rest.get(..usize::from(short & 0x1f))?),
                _ => None,
            }
        }
    }
}

#[cfg(any(feature = "client", test))]
fn parse(bytes: &[u8]) -> Option<Position> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{super::*, *};
    use crate::Decode;

    const POSITION: &str = "1f0e3dad99908345-42.7";

    fn cases() -> Vec<(Option<Position>, Option<Recovery>)> {
        let position = POSITION.parse().ok();
        let lost = Recovery::Lost { why: WhyLost::TooOld };
        vec![
            (position, None),
            (None, None),
            (position, Some(Recovery::New)),
            (position, Some(Recovery::Recovered { missed: 300 })),
            (position, Some(lost)),
            (None, Some(lost)),
        ]
    }

    fn round<
        C: sealed::Envelop + Decode<Tracked<Vec<u8>>> + crate::Encode<Vec<u8>> + crate::Encode<Tracked<Vec<u8>>>,
    >() {
        let value = vec![1, 2, 3];
        let encoded = C::encode(&value).unwrap();
        for (position, recovery) in cases() {
            let (envelope, expected) = match recovery {
                None => (
                    Envelope::message(position, &encoded),
                    Tracked::Message { position, message: value.clone() },
                ),
                Some(recovery) => {
                    (Envelope::recovery(position, recovery), Tracked::Joined { position, recovery })
                }
            };
            let wrapped = C::wrap(&envelope);
            assert_eq!(position_in(&wrapped), position);
            assert_eq!(<C as Decode<Tracked<Vec<u8>>>>::decode(wrapped).unwrap(), expected);
            let written = <C as crate::Encode<Tracked<Vec<u8>>>>::encode(&expected).unwrap().into_owned();
            assert_eq!(position_in(&written), position);
            assert_eq!(<C as Decode<Tracked<Vec<u8>>>>::decode(written).unwrap(), expected);
        }
    }

    #[test]
    fn an_envelope_around_encoded_messages_is_what_serde_would_write() {
        round::<Json>();
        #[cfg(feature = "msgpack")]
        round::<crate::MessagePack>();
    }

    #[test]
    fn other_messages_tell_no_position() {
        for text in [
            "",
            "{",
            "{\"position\":\"",
            "{\"position\":\"x\"}",
            "{\"position\":7}",
            "[\"1f0e3dad99908345-42\"]",
        ] {
            assert_eq!(position_in(&text.into()), None, "{text}");
        }
        for bytes in
            [&b""[..], b"\x82", b"\x82\xa8position", b"\x82\xa8position\xd9", b"\x82\xa8position\xd9\xff1f"]
        {
            assert_eq!(position_in(&bytes.to_vec().into()), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_null_is_a_message_and_a_missing_one_is_a_mistake() {
        let read = |text: &str| serde_json::from_str::<Tracked<Option<u8>>>(text);
        assert_eq!(read("{\"message\":null}").unwrap(), Tracked::from(None));
        assert!(read("{}").is_err());
        assert!(read("{\"message\":1,\"lost\":\"too_old\"}").is_err());
    }
}
