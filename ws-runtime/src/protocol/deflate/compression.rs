//! [`Compression`]: the option that says whether messages are compressed, and how.

/// Whether messages are compressed (permessage-deflate, RFC 7692), and how. Nothing is compressed unless this is set.
///
/// The peer has a say: a client that does not offer compression gets none, and what it asks for is respected.
///
/// ```
/// use ws_runtime::{App, Compression};
///
/// let app = App::new().compression(Compression::deflate().threshold(256));
/// ```
///
/// Do not compress messages that hold a secret beside text that an attacker controls: their length tells the attacker
/// when the text equals a part of the secret (CRIME, BREACH). [`Compression::off`] on one endpoint or router overrides
/// what its app says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compression {
    enabled: bool,
    level: u8,
    threshold: usize,
    history: u16,
    max_window_bits: u8,
    peer_takeover: bool,
}

impl Compression {
    /// No compression: offers are declined, and none are made.
    #[must_use]
    pub fn off() -> Self {
        Self { enabled: false, ..Self::deflate() }
    }

    /// Messages of 64 bytes and more are compressed, at level 1 and with 2 KiB of history.
    #[must_use]
    pub fn deflate() -> Self {
        Self {
            enabled: true,
            level: 1,
            threshold: 64,
            history: 2 * 1024,
            max_window_bits: 12,
            peer_takeover: true,
        }
    }

    /// Messages of fewer bytes are sent uncompressed. The default is 64: a smaller message and its TCP and IP headers
    /// travel in one small packet either way.
    #[must_use]
    pub fn threshold(self, bytes: usize) -> Self {
        Self { threshold: bytes, ..self }
    }

    /// The level of zlib, from 1 (fast, the default) to 9 (small). A level outside this range is taken for the nearest
    /// in it.
    #[must_use]
    pub fn level(self, level: u8) -> Self {
        Self { level: level.clamp(1, 9), ..self }
    }

    /// How many bytes of what was sent are kept for each connection, so that the next message can refer to them. The
    /// default is 2 KiB, and 32 KiB is the most; more is taken for that. With 0, each message is compressed by itself.
    #[must_use]
    pub fn history(self, bytes: usize) -> Self {
        let history = u16::try_from(bytes).unwrap_or(u16::MAX).min(MAX_WINDOW);
        Self { history, ..self }
    }

    /// How far back the messages of the peer may refer, as a power of two: from 9 (512 bytes) to 15 (32 KiB). Bits
    /// outside this range are taken for the nearest in it. So many bytes of what was received are kept for each
    /// connection; the default is 12, which is 4 KiB. A peer that cannot limit itself to fewer than 15 is asked to
    /// compress each message by itself.
    #[must_use]
    pub fn max_window_bits(self, bits: u8) -> Self {
        Self { max_window_bits: bits.clamp(9, 15), ..self }
    }

    /// Each message is compressed by itself, here and by the peer. Nothing is kept for a connection, and small messages
    /// shrink by little.
    #[must_use]
    pub fn no_context_takeover(self) -> Self {
        Self { history: 0, peer_takeover: false, ..self }
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// From how many bytes on a message is compressed.
    pub(super) fn min_message(&self) -> usize {
        self.threshold
    }

    pub(super) fn zlib_level(&self) -> u8 {
        self.level
    }

    /// How many bytes of what was sent are kept.
    pub(super) fn send_history(&self) -> u16 {
        self.history
    }

    /// The window that the peer may use; `None` if it is to compress each message by itself.
    pub(super) fn peer_window_bits(&self) -> Option<u8> {
        self.peer_takeover.then_some(self.max_window_bits)
    }
}

impl Default for Compression {
    fn default() -> Self {
        Self::off()
    }
}

/// The largest window of deflate, in bytes.
const MAX_WINDOW: u16 = 1 << 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_taken_for_the_nearest() {
        let level = |level| Compression::deflate().level(level).zlib_level();
        assert_eq!([0, 1, 9, 10, 255].map(level), [1, 1, 9, 9, 9]);
        let history = |bytes| Compression::deflate().history(bytes).send_history();
        assert_eq!(
            [0, 1, 32_768, 32_769, 65_536, usize::MAX].map(history),
            [0, 1, 32_768, 32_768, 32_768, 32_768]
        );
        let bits = |bits| Compression::deflate().max_window_bits(bits).peer_window_bits();
        assert_eq!([0, 8, 9, 15, 16, 255].map(bits), [9, 9, 9, 15, 15, 15].map(Some));
    }

    #[test]
    fn off_is_the_default() {
        assert!(!Compression::default().is_enabled());
        assert!(Compression::deflate().is_enabled());
    }
}
