//! [`Agreed`]: the parameters that both sides agreed on in the opening handshake (RFC 7692, section 7.1).

use std::fmt::Write;

use http::HeaderValue;
#[cfg(any(feature = "client", feature = "test-client"))]
use http::{HeaderMap, header::SEC_WEBSOCKET_EXTENSIONS};

use super::{Compression, extensions};

/// The parameters that were agreed on for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// The direction in which we send.
    pub(crate) send: Direction,
    /// The direction in which we receive.
    pub(crate) receive: Direction,
}

/// The parameters that were agreed on for one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Direction {
    /// Whether a message may refer to those before it.
    pub(crate) takeover: bool,
    /// How far back it may refer, as a power of two: from 8 to 15.
    pub(crate) window_bits: u8,
}

/// Accepts, as a server, the first acceptable offer in the lines of `Sec-WebSocket-Extensions`. Returns the agreed
/// parameters and the answer to send in the same header. Returns `None` if there is no such offer or the header is
/// malformed; the connection then goes on without compression.
pub(crate) fn accept<'a>(
    option: &Compression,
    offers: impl Iterator<Item = &'a [u8]>,
) -> Option<(Agreed, HeaderValue)> {
    if !option.is_enabled() {
        return None;
    }
    let listed = extensions::parse(offers).ok()?;
    let mut offers = listed.iter().filter(|extension| extension.name == NAME);
    let offer = offers.find_map(|offer| Parameters::of(offer, Side::Offer).ok())?;
    let agreed = offer.accept(option);
    Some((agreed, offer.answer(agreed)))
}

/// Returns what a client offers in `Sec-WebSocket-Extensions`, or `None` if compression is off.
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) fn offer(option: &Compression) -> Option<HeaderValue> {
    let own = if option.send_history() == 0 { "; client_no_context_takeover" } else { "" };
    let name = format!("{NAME}; client_max_window_bits{own}");
    let text = match option.peer_window_bits() {
        _ if !option.is_enabled() => return None,
        None => format!("{name}; server_no_context_takeover"),
        Some(MAX_BITS) => name,
        // A server that cannot limit its window accepts the second one.
        Some(bits) => format!("{name}; server_max_window_bits={bits}, {name}; server_no_context_takeover"),
    };
    HeaderValue::try_from(text).ok()
}

/// Checks, as a client, the server's answer to [`offer`]. Returns `None` if there is no compression.
///
/// # Errors
///
/// Returns an error if the offer does not allow the answer. The connection must then fail (RFC 6455, section 4.1, and
/// RFC 7692, section 7.1).
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) fn check_answer(
    option: &Compression,
    headers: &HeaderMap,
) -> Result<Option<Agreed>, &'static str> {
    let lines = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).iter();
    let listed = extensions::parse(lines.map(HeaderValue::as_bytes))?;
    let answer = match listed.as_slice() {
        [] => return Ok(None),
        [answer] if answer.name == NAME && option.is_enabled() => Parameters::of(answer, Side::Answer)?,
        [first, ..] if first.name == NAME && option.is_enabled() => {
            return Err("the server answered with more than one extension");
        }
        _ => return Err("it selects an extension, and none was offered"),
    };
    let receive = Direction {
        takeover: !answer.server_no_context_takeover,
        window_bits: answer.server_max_window_bits.unwrap_or(MAX_BITS),
    };
    match option.peer_window_bits() {
        None if receive.takeover => return Err("the server did not agree to `server_no_context_takeover`"),
        Some(bits) if receive.takeover && receive.window_bits > bits => {
            return Err("the server did not agree to the offered `server_max_window_bits`");
        }
        _ => {}
    }
    let send = Direction {
        takeover: !answer.client_no_context_takeover,
        window_bits: answer.client_max_window_bits.unwrap_or(MAX_BITS),
    };
    Ok(Some(Agreed { send, receive }))
}

/// The parameters of an offer or of an answer.
struct Parameters {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// The limit of the client's window. In an offer, the parameter without a value stands for the largest window.
    client_max_window_bits: Option<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Offer,
    #[cfg(any(feature = "client", feature = "test-client"))]
    Answer,
}

impl Parameters {
    /// Reads the parameters of an extension. If one is unknown, repeated or has an invalid value, the offer is
    /// declined, or the connection fails (RFC 7692, section 7.1).
    fn of(extension: &extensions::Extension<'_>, side: Side) -> Result<Self, &'static str> {
        let (mut server_no_context_takeover, mut client_no_context_takeover) = (None, None);
        let (mut server_max_window_bits, mut client_max_window_bits) = (None, None);
        for (name, value) in &extension.parameters {
            let is_new = match (*name, value.as_deref()) {
                ("server_no_context_takeover", None) => server_no_context_takeover.replace(()).is_none(),
                ("client_no_context_takeover", None) => client_no_context_takeover.replace(()).is_none(),
                ("server_max_window_bits", Some(bits)) => {
                    server_max_window_bits.replace(window_bits(bits)?).is_none()
                }
                ("client_max_window_bits", Some(bits)) => {
                    client_max_window_bits.replace(window_bits(bits)?).is_none()
                }
                ("client_max_window_bits", None) if side == Side::Offer => {
                    client_max_window_bits.replace(MAX_BITS).is_none()
                }
                _ => return Err("a parameter of `permessage-deflate` is unknown, or has a wrong value"),
            };
            if !is_new {
                return Err("a parameter of `permessage-deflate` is repeated");
            }
        }
        Ok(Self {
            server_no_context_takeover: server_no_context_takeover.is_some(),
            client_no_context_takeover: client_no_context_takeover.is_some(),
            server_max_window_bits,
            client_max_window_bits,
        })
    }

    /// Returns the parameters that a server agrees to for this offer.
    fn accept(&self, option: &Compression) -> Agreed {
        let send = Direction {
            takeover: !self.server_no_context_takeover && option.send_history() > 0,
            window_bits: self.server_max_window_bits.unwrap_or(MAX_BITS),
        };
        let own_limit = option.peer_window_bits();
        let window_bits = match (own_limit, self.client_max_window_bits) {
            // A window that the client has not offered to limit cannot be limited.
            (None, _) | (_, None) => MAX_BITS,
            (Some(limit), Some(offered)) => limit.min(offered),
        };
        // A server may ask for this even if the client did not offer it (section 7.1.1.2).
        let takeover =
            !self.client_no_context_takeover && own_limit.is_some_and(|limit| window_bits <= limit);
        Agreed { send, receive: Direction { takeover, window_bits } }
    }

    fn answer(&self, agreed: Agreed) -> HeaderValue {
        let mut text = NAME.to_owned();
        if !agreed.send.takeover {
            text += "; server_no_context_takeover";
        }
        if !agreed.receive.takeover {
            text += "; client_no_context_takeover";
        }
        // Both parameters are only sent if they were offered (sections 7.1.2.1 and 7.1.2.2).
        if let Some(bits) = self.server_max_window_bits {
            let _ = write!(text, "; server_max_window_bits={bits}");
        }
        if self.client_max_window_bits.is_some() && agreed.receive.window_bits < MAX_BITS {
            let _ = write!(text, "; client_max_window_bits={}", agreed.receive.window_bits);
        }
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(NAME))
    }
}

/// Parses a number from 8 to 15 without leading zeros (section 7.1.2).
fn window_bits(value: &str) -> Result<u8, &'static str> {
    match value.as_bytes() {
        [digit @ (b'8' | b'9')] => Ok(digit - b'0'),
        [b'1', digit @ b'0'..=b'5'] => Ok(10 + digit - b'0'),
        _ => Err("the window bits of `permessage-deflate` are not a number from 8 to 15"),
    }
}

const NAME: &str = "permessage-deflate";

/// The largest window, which applies unless another one is given.
const MAX_BITS: u8 = 15;
