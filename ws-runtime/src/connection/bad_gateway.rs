//! 1014 from a peer: a code of the IANA registry that the protocol library takes for none.

/// A Close frame has at most 125 bytes, and 6 before them.
const LONGEST: usize = 125 + 6;

/// The reason, if the bytes that were read last end with a masked Close frame that has code 1014 (Bad Gateway).
///
/// The library replaces such a frame by one of its own before anyone can see it, so the bytes are looked at as they
/// pass. A peer that sends the frame in pieces is answered as if the code were none.
pub(super) fn close_at_end(read: &[u8]) -> Option<String> {
    const FIRST_BYTE: u8 = 0x88;
    let tail = &read[read.len().saturating_sub(LONGEST)..];
    let starts = (0..tail.len()).filter(|start| tail[*start] == FIRST_BYTE);
    starts.rev().find_map(|start| parse(&tail[start..]))
}

fn parse(frame: &[u8]) -> Option<String> {
    let (head, masked) = frame.split_at_checked(6)?;
    let length = usize::from(head[1].checked_sub(0x80)?);
    if length != masked.len() {
        return None;
    }
    let mask = &head[2..];
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

    #[test]
    fn only_1014_at_the_end_is_found() {
        assert_eq!(close_at_end(&close(1014, "up")).as_deref(), Some("up"));
        assert_eq!(
            close_at_end(&[b"\x88\x80earlier".to_vec(), close(1014, &"x".repeat(123))].concat()),
            Some("x".repeat(123))
        );
        assert_eq!(close_at_end(&close(1013, "up")), None);
        assert_eq!(close_at_end(&[close(1014, "up"), vec![0]].concat()), None);
        assert_eq!(close_at_end(b""), None);
        assert_eq!(close_at_end(b"\x88\xff"), None);
    }
}
