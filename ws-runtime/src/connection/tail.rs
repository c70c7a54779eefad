//! [`Tail`]: the last bytes that came in, to see a Close frame as the server sent it.

use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

use crate::PeerClose;

/// A Close frame from a server has at most so many bytes: 125, and 2 before them.
const LONGEST: usize = 125 + 2;

/// What the library says in place of a code that it does not allow.
const REPLACED: u16 = 1002;

/// The last bytes that came in to a client.
///
/// The protocol library replaces a Close frame with a code that it does not allow, by one of its own, before anyone can
/// see it; 1014 (Bad Gateway), which is in the IANA registry, is among them. So the bytes are kept as they pass.
#[derive(Debug)]
pub(crate) struct Tail {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Tail {
    pub(crate) fn new() -> Self {
        Self { bytes: [0; LONGEST], length: 0 }
    }

    pub(crate) fn push(&mut self, read: &[u8]) {
        let read = &read[read.len().saturating_sub(LONGEST)..];
        let kept = self.length.min(LONGEST - read.len());
        self.bytes.copy_within(self.length - kept..self.length, 0);
        self.bytes[kept..kept + read.len()].copy_from_slice(read);
        self.length = kept + read.len();
    }

    /// What the server said in a Close frame, of which the library tells this. Nothing must have been read since.
    pub(crate) fn peer_close(&self, told: Option<CloseFrame>) -> Option<PeerClose> {
        let told = told?;
        let code = u16::from(told.code);
        let hidden = if code == REPLACED { self.close() } else { None };
        hidden.or_else(|| Some(PeerClose { code, reason: told.reason.as_str().to_owned() }))
    }

    /// What the last bytes say, if they are a Close frame with a code that is not allowed.
    fn close(&self) -> Option<PeerClose> {
        let bytes = &self.bytes[..self.length];
        (0..bytes.len())
            .rev()
            .find_map(|start| parse(&bytes[start..]))
            .filter(|close| !CloseCode::from(close.code).is_allowed())
    }
}

fn parse(frame: &[u8]) -> Option<PeerClose> {
    let (&[0x88, length], payload) = frame.split_first_chunk()? else { return None };
    if usize::from(length) != payload.len() {
        return None;
    }
    let (code, reason) = payload.split_first_chunk()?;
    let reason = str::from_utf8(reason).ok()?.to_owned();
    Some(PeerClose { code: u16::from_be_bytes(*code), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(code: u16, reason: &str) -> Vec<u8> {
        let length = u8::try_from(2 + reason.len()).unwrap();
        [&[0x88, length], &code.to_be_bytes()[..], reason.as_bytes()].concat()
    }

    fn found(bytes: &[u8], piece: usize) -> Option<(u16, String)> {
        let mut tail = Tail::new();
        bytes.chunks(piece).for_each(|piece| tail.push(piece));
        tail.close().map(|close| (close.code, close.reason))
    }

    #[test]
    fn a_code_that_is_not_allowed_is_found_at_the_end() {
        let longest = "x".repeat(123);
        for piece in [1, 7, 100, 127, 1000] {
            for code in [0, 999, 1004, 1005, 1006, 1014, 1015, 2999, 5000] {
                assert_eq!(found(&close(code, "up"), piece), Some((code, "up".to_owned())));
            }
            let after = [vec![b'\x88'; 300], close(1014, &longest)].concat();
            assert_eq!(found(&after, piece), Some((1014, longest.clone())));
            assert_eq!(found(&close(1013, "up"), piece), None);
            assert_eq!(found(&[close(1014, "up"), vec![0]].concat(), piece), None);
            assert_eq!(found(b"", piece), None);
            assert_eq!(found(b"\x88\xff", piece), None);
        }
    }
}
