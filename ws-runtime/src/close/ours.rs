//! The closes that the crate itself sends, with their reasons: lower case, without a full stop.
//!
//! The guide lists them in one table (`docs/guide/errors.md`), and the test below compares the two.

use super::{Close, CloseCode};

/// A close of this crate with a fixed reason.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ours {
    code: CloseCode,
    pub(crate) reason: &'static str,
}

impl Ours {
    const fn new(code: CloseCode, reason: &'static str) -> Self {
        Self { code, reason }
    }

    pub(crate) fn close(self) -> Close {
        Close::new(self.code, self.reason)
    }
}

pub(crate) const INACTIVE: Ours = Ours::new(CloseCode::NORMAL_CLOSURE, "inactivity timeout");
pub(crate) const SHUTDOWN: Ours = Ours::new(CloseCode::GOING_AWAY, "server shutting down");
pub(crate) const LIFETIME_OVER: Ours = Ours::new(CloseCode::GOING_AWAY, "maximum lifetime reached");
pub(crate) const NOT_TEXT: Ours = Ours::new(CloseCode::UNSUPPORTED_DATA, "expected a text message");
pub(crate) const NOT_BINARY: Ours = Ours::new(CloseCode::UNSUPPORTED_DATA, "expected a binary message");
pub(crate) const NOT_UTF8: Ours = Ours::new(CloseCode::INVALID_FRAME_PAYLOAD_DATA, "invalid UTF-8");
#[cfg(any(feature = "deflate", test))]
pub(crate) const NOT_COMPRESSED: Ours =
    Ours::new(CloseCode::INVALID_FRAME_PAYLOAD_DATA, "invalid compressed data");
#[cfg(any(feature = "rate-limit", test))]
pub(crate) const RATE_LIMITED: Ours = Ours::new(CloseCode::POLICY_VIOLATION, "rate limit exceeded");
pub(crate) const NO_BEARER: Ours =
    Ours::new(CloseCode::POLICY_VIOLATION, "bearer token missing or malformed");
pub(crate) const MEMBER_TAKEN: Ours = Ours::new(CloseCode::POLICY_VIOLATION, "member ID already in use");
pub(crate) const NOT_A_MEMBER: Ours = Ours::new(CloseCode::POLICY_VIOLATION, "no such member");
pub(crate) const INTERNAL: Ours = Ours::new(CloseCode::INTERNAL_ERROR, "internal server error");
pub(crate) const NO_PONG: Ours = Ours::new(CloseCode::INTERNAL_ERROR, "keepalive ping timeout");
pub(crate) const TOO_SLOW: Ours = Ours::new(CloseCode::TRY_AGAIN_LATER, "too slow");
pub(crate) const REPLACED: Ours = Ours::new(crate::close_code!(4001), "replaced by a newer connection");
pub(crate) const NOT_ACCEPTED: Ours = Ours::new(CloseCode::TRY_AGAIN_LATER, "timed out before accept");

/// Returns the close for a message or a frame of more than `limit` bytes.
pub(crate) fn too_big(limit: usize) -> Close {
    Close::new(CloseCode::MESSAGE_TOO_BIG, format!("message over {limit} bytes"))
}

/// Returns the close for a peer that broke `rule` of the protocol.
pub(crate) fn broken(rule: &'static str) -> Close {
    Close::new(CloseCode::PROTOCOL_ERROR, rule)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    const GUIDE: &str = include_str!("../../docs/guide/errors.md");

    const ALL: [Ours; 16] = [
        REPLACED,
        INACTIVE,
        SHUTDOWN,
        LIFETIME_OVER,
        NOT_TEXT,
        NOT_BINARY,
        NOT_UTF8,
        NOT_COMPRESSED,
        RATE_LIMITED,
        NO_BEARER,
        MEMBER_TAKEN,
        NOT_A_MEMBER,
        INTERNAL,
        NO_PONG,
        TOO_SLOW,
        NOT_ACCEPTED,
    ];

    /// The codes and reasons in the table of the guide, whose rows begin with both.
    fn listed() -> BTreeSet<(u16, String)> {
        let (_, section) =
            GUIDE.split_once("\n# Codes and reasons that the library sends\n").expect("the section");
        let rows =
            section.lines().take_while(|line| !line.starts_with("# ")).filter(|line| line.starts_with("| "));
        rows.filter_map(|row| {
            let mut cells = row.split('|').skip(1).map(str::trim);
            let code = cells.next()?.parse().ok()?;
            let reason = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
            Some((code, reason.to_owned()))
        })
        .collect()
    }

    /// Calls `look` with every line of code of this crate, without comments and tests.
    fn each_line(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
        for entry in fs::read_dir(folder).expect("the sources are readable") {
            let path = entry.expect("the sources are readable").path();
            let is_test = path.file_stem().is_some_and(|name| name == "tests" || name == "model");
            if path.is_dir() && !is_test {
                each_line(&path, look);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
                let source = fs::read_to_string(&path).expect("the sources are readable");
                let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or(&source);
                code.lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .for_each(|line| look(&path, line));
            }
        }
    }

    #[test]
    fn the_guide_lists_what_is_sent() {
        let mut sent: BTreeSet<_> =
            ALL.iter().map(|ours| (ours.close().code().as_u16(), ours.reason.to_owned())).collect();
        let too_big = too_big(1024);
        sent.insert((too_big.code().as_u16(), too_big.reason().replace("1024", "N")));
        assert_eq!(listed(), sent);
    }

    #[test]
    fn reasons_are_in_one_style_and_in_one_place() {
        let mut reasons: Vec<String> = ALL.iter().map(|ours| ours.reason.to_owned()).collect();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        each_line(&sources, &mut |path, line| {
            if let Some((_, rule)) = line.split_once("Violation::Protocol(\"") {
                reasons.push(rule.split('"').next().unwrap_or(rule).to_owned());
            }
            // The help of the compiler has escaped quotes.
            let is_close = line.contains("Close::new(CloseCode::") && !line.contains("\\\"");
            assert!(!is_close || path.ends_with("close/ours.rs"), "{}: {line}", path.display());
        });
        assert!(reasons.len() > ALL.len(), "the rules of the protocol are found");
        for reason in reasons {
            let starts_low = reason.starts_with(|first: char| first.is_ascii_lowercase());
            assert!(starts_low && !reason.ends_with('.'), "{reason}");
        }
    }
}
