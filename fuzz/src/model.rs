//! What a peer sent, according to a plain reader that has all of the bytes. The answers of an echoing endpoint are compared
//! with it.

use crate::{
    LIMIT,
    deflate::{Inflated, inflate},
    frames::{BINARY, CLOSE, FIN, Frame, PING, PONG, RSV1, Side, TEXT, masked},
};

/// What a peer sent until its bytes end, it closes, or it breaks a rule.
#[derive(Debug)]
pub struct Told {
    /// Opcode and payload.
    pub messages: Vec<(u8, Vec<u8>)>,
    pub pings: Vec<Vec<u8>>,
    pub end: End,
}

#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// The bytes end after a complete frame.
    Whole,
    /// The bytes end within a frame.
    Cut,
    /// The peer sent a Close frame.
    Closed(Option<u16>),
    /// The peer broke a rule, which closes with one of these codes.
    Broken(&'static [u16]),
    /// A message can be inflated only in part, or not at all, and may be broken already.
    Unknown,
}

/// The number of compressed bytes from which a message may be inflated before it is complete.
const INFLATED_EARLY: usize = 32 * 1024;

impl Told {
    pub fn read(bytes: &[u8], from: Side, deflate: bool) -> Self {
        let mut reader = Reader { from, deflate, history: Vec::new(), partial: None, rest: bytes };
        let mut told = Self { messages: Vec::new(), pings: Vec::new(), end: End::Whole };
        told.end = loop {
            match reader.frame(&mut told) {
                Ok(()) => {}
                Err(end) => break end,
            }
        };
        if reader.partial.is_some_and(|partial| partial.compressed && partial.payload.len() >= INFLATED_EARLY)
        {
            told.end = End::Unknown;
        }
        told
    }

    /// Checks the answers of a side that sends back every message.
    pub fn check_echo(&self, frames: &[Frame]) {
        let echoed = frames.iter().filter(|frame| matches!(frame.opcode, TEXT | BINARY));
        let echoed: Vec<_> = echoed.map(|frame| (frame.opcode, &frame.payload)).collect();
        let mut messages = self.messages.iter().map(|(opcode, payload)| (*opcode, payload));
        if self.is_open() {
            assert!(messages.eq(echoed), "what was sent is not what came back");
        } else {
            // Messages that had not been sent at the end may be lost.
            assert!(
                echoed.into_iter().all(|echo| messages.next() == Some(echo)),
                "another message came back"
            );
        }
        self.check_control(frames);
    }

    /// Checks the pongs, and how the connection ended.
    pub fn check_control(&self, frames: &[Frame]) {
        let mut pings = self.pings.iter();
        let mut pongs = frames.iter().filter(|frame| frame.opcode == PONG);
        // RFC 6455, section 5.5.3: only the last ping must be answered.
        assert!(pongs.all(|pong| pings.any(|ping| *ping == pong.payload)), "a pong that answers no ping");
        if self.is_open() {
            assert!(pings.next().is_none(), "the last ping has no answer");
        }
        let close = frames.last().filter(|frame| frame.opcode == CLOSE);
        let code = close.and_then(Frame::close_code);
        match self.end {
            End::Whole | End::Cut => assert_eq!(close, None, "a Close frame for nothing"),
            End::Closed(None) => {
                assert!(close.is_some() && code.is_none(), "{code:?} answers an empty Close")
            }
            End::Closed(Some(sent @ (1000..=1003 | 1007..=1014 | 3000..=4999))) => {
                assert_eq!(code, Some(sent))
            }
            End::Closed(Some(sent)) => assert_eq!(code, Some(1002), "for {sent}"),
            End::Broken(codes) => {
                assert!(code.is_some_and(|code| codes.contains(&code)), "{code:?}, not {codes:?}")
            }
            End::Unknown => assert!(code.is_none_or(|code| matches!(code, 1002 | 1007 | 1009)), "{code:?}"),
        }
    }

    /// Neither side has a reason to close.
    pub fn is_open(&self) -> bool {
        matches!(self.end, End::Whole | End::Cut)
    }
}

struct Reader<'a> {
    from: Side,
    deflate: bool,
    history: Vec<u8>,
    partial: Option<Partial>,
    rest: &'a [u8],
}

/// What has arrived of a message.
struct Partial {
    opcode: u8,
    compressed: bool,
    payload: Vec<u8>,
}

const VIOLATION: End = End::Broken(&[1002]);
const NO_TEXT: End = End::Broken(&[1007]);
const TOO_BIG: End = End::Broken(&[1009]);

impl Reader<'_> {
    fn frame(&mut self, told: &mut Told) -> Result<(), End> {
        let [first, rest @ ..] = self.rest else { return Err(End::Whole) };
        let (fin, opcode) = (first & FIN != 0, first & 0xf);
        let (is_start, is_control) = (matches!(opcode, TEXT | BINARY), opcode >= CLOSE);
        let allowed = if self.deflate && is_start { RSV1 } else { 0 };
        if !matches!(opcode, 0 | TEXT | BINARY | CLOSE | PING | PONG)
            || first & 0x70 & !allowed != 0
            || is_control && !fin
            || !is_control && is_start == self.partial.is_some()
        {
            return Err(VIOLATION);
        }
        let [second, rest @ ..] = rest else { return Err(End::Cut) };
        let short = second & 0x7f;
        if (second & 0x80 != 0) != (self.from == Side::Client) || is_control && short > 125 {
            return Err(VIOLATION);
        }
        let size = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (long, rest) = rest.split_at_checked(size).ok_or(End::Cut)?;
        let long = long.iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        let length = match short {
            126 if long < 126 => return Err(VIOLATION),
            127 if long < 0x1_0000 || long > i64::MAX as u64 => return Err(VIOLATION),
            126 | 127 => usize::try_from(long).expect("64 bits"),
            short => short.into(),
        };
        // The size is known from the header. Incompressible data gets longer, and is accepted.
        let compressed = self.partial.as_ref().map_or(first & RSV1 != 0, |partial| partial.compressed);
        let before = self.partial.as_ref().map_or(0, |partial| partial.payload.len());
        let most = if compressed { LIMIT + LIMIT / 4 + 64 } else { LIMIT };
        let is_too_big = !is_control && before.saturating_add(length) > most;
        let mask_size = if self.from == Side::Client { 4 } else { 0 };
        let Some((mask, rest)) = rest.split_at_checked(mask_size) else { return Err(End::Cut) };
        if is_too_big {
            return Err(TOO_BIG);
        }
        let mask = mask.try_into().unwrap_or_default();
        let here = masked(&rest[..length.min(rest.len())], mask);
        let is_here = here.len() == length;
        if is_control {
            if !is_here {
                return Err(End::Cut);
            }
            self.rest = &rest[length..];
            return Self::control(opcode, here, told);
        }
        let partial = self.partial.get_or_insert(Partial { opcode, compressed, payload: Vec::new() });
        partial.payload.extend(here);
        if !is_here || !fin {
            // Invalid text fails as soon as it arrives.
            let text = str::from_utf8(&partial.payload);
            if !compressed && partial.opcode == TEXT && text.is_err_and(|error| error.error_len().is_some()) {
                return Err(NO_TEXT);
            }
            if !is_here {
                return Err(End::Cut);
            }
            self.rest = &rest[length..];
            return Ok(());
        }
        self.rest = &rest[length..];
        self.message(told)
    }

    fn control(opcode: u8, payload: Vec<u8>, told: &mut Told) -> Result<(), End> {
        match opcode {
            PING => told.pings.push(payload),
            CLOSE => {
                return Err(match payload.split_first_chunk() {
                    None if payload.is_empty() => End::Closed(None),
                    None => VIOLATION,
                    Some((_, reason)) if str::from_utf8(reason).is_err() => NO_TEXT,
                    Some((code, _)) => End::Closed(Some(u16::from_be_bytes(*code))),
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the message that is complete now.
    fn message(&mut self, told: &mut Told) -> Result<(), End> {
        let Some(Partial { opcode, compressed, mut payload }) = self.partial.take() else { return Ok(()) };
        if compressed {
            payload = match inflate(&payload, &self.history, LIMIT) {
                Inflated::Message(plain) => plain,
                // Part of a long message may have been found to be invalid text before.
                Inflated::Broken(_) if payload.len() >= INFLATED_EARLY => {
                    return Err(End::Broken(&[1007, 1009]));
                }
                Inflated::Broken(codes) => return Err(End::Broken(codes)),
            };
            self.history.extend(&payload);
        }
        if opcode == TEXT && str::from_utf8(&payload).is_err() {
            return Err(NO_TEXT);
        }
        told.messages.push((opcode, payload));
        Ok(())
    }
}
