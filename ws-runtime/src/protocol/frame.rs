//! [`Header`]: the header before the payload of a frame (RFC 6455, section 5.2).

use super::{MAX_CONTROL, Role, Violation};

/// The kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// The header of a frame that follows the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) opcode: Opcode,
    pub(super) fin: bool,
    /// Whether the message is compressed: RSV1 of its first frame (RFC 7692, section 6).
    pub(super) compressed: bool,
    /// The mask. It is all zeros for a payload that is not masked.
    pub(super) mask: [u8; 4],
    /// The length of the payload, in bytes.
    pub(super) length: u64,
}

/// The state of a connection that a header is checked against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) role: Role,
    /// Whether compression was agreed on.
    pub(super) deflate: bool,
    /// Whether a message is unfinished. Only continuation frames can go on with it.
    pub(super) unfinished: bool,
}

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV2_AND_3: u8 = 0x30;
const MASKED: u8 = 0x80;

impl Header {
    /// Reads the header at the start of `bytes`. Returns it with its own length in bytes, or `None` if it is not
    /// complete yet. A violation is reported as soon as a byte shows it.
    pub(super) fn parse(bytes: &[u8], rules: Rules) -> Result<Option<(Self, usize)>, Violation> {
        let [first, rest @ ..] = bytes else { return Ok(None) };
        let opcode = check_first(*first, rules)?;
        let [second, rest @ ..] = rest else { return Ok(None) };
        let Some((length, rest)) = parse_length(*second, opcode, rules.role, rest)? else { return Ok(None) };
        let (mask, rest) = if second & MASKED == 0 {
            ([0; 4], rest)
        } else {
            let Some((mask, rest)) = rest.split_first_chunk() else { return Ok(None) };
            (*mask, rest)
        };
        let (fin, compressed) = (first & FIN != 0, first & RSV1 != 0);
        Ok(Some((Self { opcode, fin, compressed, mask, length }, bytes.len() - rest.len())))
    }
}

fn check_first(first: u8, rules: Rules) -> Result<Opcode, Violation> {
    let opcode = Opcode::of(first & 0x0f).ok_or(Violation::Protocol("unknown opcode"))?;
    let is_start = matches!(opcode, Opcode::Text | Opcode::Binary);
    // RFC 7692, section 6: only the first frame of a message may have RSV1.
    if first & RSV2_AND_3 != 0 || first & RSV1 != 0 && !(rules.deflate && is_start) {
        return Err(Violation::Protocol("a reserved bit is set"));
    }
    match opcode {
        _ if opcode.is_control() && first & FIN == 0 => Err(Violation::Protocol("fragmented control frame")),
        Opcode::Continuation if !rules.unfinished => {
            Err(Violation::Protocol("continuation frame without a message to continue"))
        }
        Opcode::Text | Opcode::Binary if rules.unfinished => {
            Err(Violation::Protocol("new message inside a fragmented one"))
        }
        _ => Ok(opcode),
    }
}

/// Reads the length of the payload. Returns it with the bytes after it.
fn parse_length(
    second: u8,
    opcode: Opcode,
    role: Role,
    rest: &[u8],
) -> Result<Option<(u64, &[u8])>, Violation> {
    // RFC 6455, section 5.1.
    match role {
        Role::Server if second & MASKED == 0 => return Err(Violation::Protocol("unmasked frame")),
        #[cfg(any(feature = "client", feature = "test-client", test))]
        Role::Client if second & MASKED != 0 => return Err(Violation::Protocol("masked frame")),
        _ => {}
    }
    let short = second & !MASKED;
    if opcode.is_control() && usize::from(short) > MAX_CONTROL {
        return Err(Violation::Protocol("control frame over 125 bytes"));
    }
    let (length, least, rest) = match short {
        126 => {
            let Some((length, rest)) = rest.split_first_chunk() else { return Ok(None) };
            (u64::from(u16::from_be_bytes(*length)), 126, rest)
        }
        127 => {
            let Some((length, rest)) = rest.split_first_chunk() else { return Ok(None) };
            (u64::from_be_bytes(*length), 1 << 16, rest)
        }
        short => (u64::from(short), 0, rest),
    };
    if length < least {
        return Err(Violation::Protocol("length in more bytes than it needs"));
    }
    if length > i64::MAX as u64 {
        return Err(Violation::Protocol("length with its highest bit set"));
    }
    Ok(Some((length, rest)))
}

/// The largest size of a header, in bytes.
pub(super) const MAX_HEADER: usize = 14;

/// Appends the header of a frame that is a whole message or a control frame.
pub(super) fn put_header(
    bytes: &mut Vec<u8>,
    opcode: Opcode,
    compressed: bool,
    mask: Option<[u8; 4]>,
    length: usize,
) {
    let mut header = [0; MAX_HEADER];
    let rsv1 = if compressed { RSV1 } else { 0 };
    header[0] = FIN | rsv1 | opcode as u8;
    let masked = if mask.is_some() { MASKED } else { 0 };
    let end = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => {
            header[1] = masked | short;
            2
        }
        (_, Ok(length)) => {
            header[1] = masked | 0x7e;
            header[2..4].copy_from_slice(&length.to_be_bytes());
            4
        }
        _ => {
            header[1] = masked | 0x7f;
            header[2..10].copy_from_slice(&(length as u64).to_be_bytes());
            10
        }
    };
    bytes.extend_from_slice(&header[..end]);
    if let Some(mask) = mask {
        bytes.extend_from_slice(&mask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: Rules = Rules { role: Role::Server, deflate: false, unfinished: false };
    const CLIENT: Rules = Rules { role: Role::Client, deflate: false, unfinished: false };

    #[test]
    fn a_header_comes_back_as_it_was_put() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 1 << 40] {
            for (rules, mask) in [(SERVER, Some([1, 2, 3, 4])), (CLIENT, None)] {
                for (opcode, compressed) in [(Opcode::Text, true), (Opcode::Binary, false)] {
                    let mut bytes = Vec::new();
                    put_header(&mut bytes, opcode, compressed, mask, length);
                    let rules = Rules { deflate: true, ..rules };
                    let mask = mask.unwrap_or_default();
                    let header = Header { opcode, fin: true, compressed, mask, length: length as u64 };
                    assert_eq!(Header::parse(&bytes, rules), Ok(Some((header, bytes.len()))));
                    for end in 0..bytes.len() {
                        assert_eq!(Header::parse(&bytes[..end], rules), Ok(None));
                    }
                }
            }
        }
    }

    #[test]
    fn the_byte_that_breaks_a_rule_is_enough() {
        let unfinished = Rules { unfinished: true, ..SERVER };
        let deflate = Rules { deflate: true, ..SERVER };
        for (rules, bytes) in [
            // These frames have reserved bits, with and without compression.
            (SERVER, &b"\xc1"[..]),
            (SERVER, b"\xa1"),
            (deflate, b"\x91"),
            (deflate, b"\xc9"),
            (Rules { unfinished: true, ..deflate }, b"\xc0"),
            // These frames have unknown opcodes.
            (SERVER, b"\x83"),
            (SERVER, b"\x8b"),
            // These frames are invalid fragments.
            (SERVER, b"\x09"),
            (SERVER, b"\x80"),
            (unfinished, b"\x81"),
            (unfinished, b"\x02"),
            // These frames have the wrong masking.
            (SERVER, b"\x81\x05"),
            (CLIENT, b"\x81\x85"),
            // These frames have invalid lengths.
            (SERVER, b"\x89\xfe"),
            (SERVER, b"\x88\xff"),
            (SERVER, b"\x81\xfe\0\x7d"),
            (SERVER, b"\x81\xff\0\0\0\0\0\0\xff\xff"),
            (SERVER, b"\x81\xff\x80\0\0\0\0\0\0\0"),
        ] {
            assert!(Header::parse(bytes, rules).is_err(), "{bytes:x?}");
            assert_eq!(Header::parse(&bytes[..bytes.len() - 1], rules), Ok(None), "{bytes:x?}");
        }
    }
}
