//! Close frames (RFC 6455, sections 5.5.1 and 7): their content, the answers to them, and the closes for violations.

use super::{Role, deflate::InflateError};
use crate::{Close, CloseCode, PeerClose, close::ours};

/// A rule that the peer broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Violation {
    /// The peer broke the protocol.
    Protocol(&'static str),
    /// Text, or the reason of a Close frame, is not UTF-8.
    Utf8,
    /// A message or a frame is larger than this, in bytes.
    TooBig(usize),
    /// Data that is marked as compressed is not valid compressed data.
    #[cfg(feature = "deflate")]
    Deflate,
}

impl Violation {
    /// Returns the close that is sent to the peer (RFC 6455, section 7.4.1).
    pub(crate) fn close(&self) -> Close {
        match self {
            Self::Protocol(reason) => ours::broken(reason),
            Self::Utf8 => ours::NOT_UTF8.close(),
            Self::TooBig(limit) => ours::too_big(*limit),
            #[cfg(feature = "deflate")]
            Self::Deflate => ours::NOT_COMPRESSED.close(),
        }
    }
}

impl Violation {
    /// Returns the violation for a message that cannot be inflated. `limit` is the limit of the message, in bytes.
    pub(super) fn of_inflating(error: InflateError, limit: usize) -> Self {
        #[cfg(not(feature = "deflate"))]
        let _ = limit;
        match error {
            #[cfg(feature = "deflate")]
            InflateError::TooBig => Self::TooBig(limit),
            #[cfg(feature = "deflate")]
            InflateError::Corrupt => Self::Deflate,
        }
    }
}

/// Reads the payload of a Close frame. The code may be one that must not be sent, as the receiver still wants to know
/// it.
pub(super) fn parse_close(payload: &[u8]) -> Result<Option<PeerClose>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        let half_a_code = Err(Violation::Protocol("close frame with half a code"));
        return if payload.is_empty() { Ok(None) } else { half_a_code };
    };
    let reason = std::str::from_utf8(reason).map_err(|_| Violation::Utf8)?.to_owned();
    Ok(Some(PeerClose { code: u16::from_be_bytes(*code), reason }))
}

/// Returns the answer to the peer's Close frame, or `None` for one without a code. A code that must not be sent is
/// answered with a protocol error. A client repeats the reason, as other clients do.
pub(super) fn answer_to(peer: Option<&PeerClose>, role: Role) -> Option<Close> {
    let peer = peer?;
    let code = CloseCode::from_u16(peer.code).unwrap_or(CloseCode::PROTOCOL_ERROR);
    Some(match role {
        Role::Server => code.into(),
        #[cfg(any(feature = "client", feature = "test-client", test))]
        Role::Client => Close::new(code, peer.reason.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_frame_tells_its_code_whatever_it_is() {
        assert_eq!(parse_close(b""), Ok(None));
        for code in [0_u16, 999, 1000, 1004, 1005, 1006, 1013, 1014, 1015, 2999, 4000, 5000] {
            for reason in [String::new(), "x".repeat(123)] {
                let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
                assert_eq!(parse_close(&payload), Ok(Some(PeerClose { code, reason })));
            }
        }
        assert_eq!(parse_close(&[3]), Err(Violation::Protocol("close frame with half a code")));
        assert_eq!(parse_close(&[3, 232, 0xff]), Err(Violation::Utf8));
    }

    #[test]
    fn a_code_that_may_be_sent_is_echoed() {
        let answer = |code| {
            answer_to(Some(&PeerClose { code, reason: String::new() }), Role::Server)
                .map(|close| close.code().as_u16())
        };
        for code in [1000, 1003, 1014, 3000, 4999] {
            assert_eq!(answer(code), Some(code));
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
            assert_eq!(answer(code), Some(1002));
        }
        assert_eq!(answer_to(None, Role::Server), None);
    }
}
