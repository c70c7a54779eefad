//! [`CloseWatch`]: the Close frame of a server as it was sent.

use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::{
    CloseFrame,
    frame::{
        FrameHeader,
        coding::{CloseCode, Control, OpCode},
    },
};

use super::frame::MAX_CONTROL;
use crate::PeerClose;

/// What the library says in place of a code that it does not allow.
const REPLACED: u16 = 1002;

/// Follows the frames that come in to a client, up to the Close frame, which it keeps.
///
/// The protocol library replaces a Close frame with a code that it does not allow, by one of its own, before anyone can
/// see it; 1014 (Bad Gateway), which is in the IANA registry, is among them. So the frames are followed as they pass.
#[derive(Debug, Default)]
pub(crate) struct CloseWatch {
    /// What is here of a header.
    header: Vec<u8>,
    /// How much of a payload is still to come, in bytes.
    owed: u64,
    /// The payload of the Close frame, once it began.
    close: Option<Vec<u8>>,
}

impl CloseWatch {
    pub(crate) fn push(&mut self, mut read: &[u8]) {
        loop {
            let owed = usize::try_from(self.owed).unwrap_or(usize::MAX).min(read.len());
            let payload = read.split_off(..owed).unwrap_or_default();
            self.owed -= payload.len() as u64;
            if let Some(close) = &mut self.close {
                close.extend_from_slice(payload);
                // Nothing behind it is looked at.
                return;
            }
            let Some(byte) = read.split_off_first() else { return };
            self.header.push(*byte);
            match FrameHeader::parse(&mut Cursor::new(&self.header)) {
                Ok(None) => {}
                Ok(Some((header, length))) => {
                    self.header.clear();
                    self.owed = length;
                    if header.opcode == OpCode::Control(Control::Close) && length <= MAX_CONTROL as u64 {
                        self.close = Some(Vec::new());
                    }
                }
                // The library gives up too.
                Err(_) => self.owed = u64::MAX,
            }
        }
    }

    /// What the server said in a Close frame, of which the library tells this.
    pub(crate) fn peer_close(&self, told: Option<CloseFrame>) -> Option<PeerClose> {
        let told = told?;
        let code = u16::from(told.code);
        let hidden = if code == REPLACED { self.hidden() } else { None };
        hidden.or_else(|| Some(PeerClose { code, reason: told.reason.as_str().to_owned() }))
    }

    /// What the Close frame says, if its code is not allowed.
    fn hidden(&self) -> Option<PeerClose> {
        let (code, reason) = self.close.as_ref()?.split_first_chunk()?;
        let code = u16::from_be_bytes(*code);
        let reason = str::from_utf8(reason).ok()?.to_owned();
        (!CloseCode::from(code).is_allowed()).then_some(PeerClose { code, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = match payload.len() {
            short @ ..126 => vec![u8::try_from(short).unwrap()],
            long => [&[126][..], &u16::try_from(long).unwrap().to_be_bytes()].concat(),
        };
        [vec![first], length, payload.to_vec()].concat()
    }

    fn close(code: u16, reason: &str) -> Vec<u8> {
        frame(0x88, &[&code.to_be_bytes()[..], reason.as_bytes()].concat())
    }

    fn found(bytes: &[u8], piece: usize) -> Option<(u16, String)> {
        let mut watch = CloseWatch::default();
        bytes.chunks(piece).for_each(|piece| watch.push(piece));
        watch.hidden().map(|close| (close.code, close.reason))
    }

    #[test]
    fn a_code_that_is_not_allowed_is_found() {
        let longest = "x".repeat(123);
        // A reason with what looks like a Close frame in it.
        let strange = format!("\u{448} {}", "\u{430}".repeat(16));
        for piece in [1, 7, 100, 127, 1000] {
            for code in [0, 999, 1004, 1005, 1006, 1014, 1015, 2999, 5000] {
                assert_eq!(found(&close(code, "up"), piece), Some((code, "up".to_owned())));
            }
            for reason in [&longest, &strange] {
                let before = [frame(0x82, &[0x88; 300]), frame(0x89, b""), close(1014, reason)].concat();
                assert_eq!(found(&before, piece), Some((1014, reason.clone())));
            }
            assert_eq!(found(&close(1013, "up"), piece), None);
            assert_eq!(found(&frame(0x82, &close(1014, "up")), piece), None);
            assert_eq!(found(b"", piece), None);
            assert_eq!(found(b"\x88\xff", piece), None);
            assert_eq!(found(&[0xff; 100], piece), None);
        }
    }
}
