//! [`Tail`]: the last bytes that came in, to see a Close frame that says 1014.

/// A Close frame from a client has at most so many bytes: 125, and 6 before them.
const LONGEST: usize = 125 + 6;

/// The last bytes that came in.
///
/// 1014 (Bad Gateway) is in the IANA registry, but the protocol library takes it for none, and replaces the frame by
/// one of its own before anyone can see it. So the bytes are kept as they pass.
pub(super) struct Tail {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Tail {
    pub(super) fn new() -> Self {
        Self { bytes: [0; LONGEST], length: 0 }
    }

    pub(super) fn push(&mut self, read: &[u8]) {
        let read = &read[read.len().saturating_sub(LONGEST)..];
        let kept = self.length.min(LONGEST - read.len());
        self.bytes.copy_within(self.length - kept..self.length, 0);
        self.bytes[kept..kept + read.len()].copy_from_slice(read);
        self.length = kept + read.len();
    }

    /// The reason, if the last bytes are a masked Close frame with code 1014.
    pub(super) fn bad_gateway(&self) -> Option<String> {
        let bytes = &self.bytes[..self.length];
        (0..bytes.len()).rev().find_map(|start| parse(&bytes[start..]))
    }
}

fn parse(frame: &[u8]) -> Option<String> {
    let (&[0x88, length, ref mask @ ..], masked) = frame.split_first_chunk::<6>()? else { return None };
    if usize::from(length.checked_sub(0x80)?) != masked.len() {
        return None;
    }
    let payload: Vec<u8> = masked.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    let reason = payload.strip_prefix(&1014_u16.to_be_bytes())?;
    String::from_utf8(reason.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(code: u16, reason: &str) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
        let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        [0x88, 0x80 | u8::try_from(payload.len()).unwrap()].into_iter().chain(mask).chain(masked).collect()
    }

    fn found(bytes: &[u8], piece: usize) -> Option<String> {
        let mut tail = Tail::new();
        bytes.chunks(piece).for_each(|piece| tail.push(piece));
        tail.bad_gateway()
    }

    #[test]
    fn only_1014_at_the_end_is_found() {
        let longest = "x".repeat(123);
        for piece in [1, 7, 100, 131, 1000] {
            assert_eq!(found(&close(1014, "up"), piece).as_deref(), Some("up"));
            let after = [vec![b'\x88'; 300], close(1014, &longest)].concat();
            assert_eq!(found(&after, piece).as_ref(), Some(&longest));
            assert_eq!(found(&close(1013, "up"), piece), None);
            assert_eq!(found(&[close(1014, "up"), vec![0]].concat(), piece), None);
            assert_eq!(found(b"", piece), None);
            assert_eq!(found(b"\x88\xff", piece), None);
        }
    }
}
