//! [`Compression`]: the option that says whether messages are compressed, and how.

/// Whether messages are compressed (permessage-deflate, RFC 7692), and how. Messages are not compressed unless this
/// is set.
///
/// Compression is negotiated: a client that does not offer it gets none, and the limits that a peer asks for are
/// respected.
///
/// ```
/// use ws_runtime::{App, Compression};
///
/// let app = App::new().compression(Compression::deflate().threshold(256));
/// ```
///
/// Do not compress messages that hold a secret next to text that an attacker controls: the length of a message tells
/// the attacker when that text equals a part of the secret (CRIME, BREACH). [`Compression::off`] on an endpoint or a
/// router overrides the setting of the app.
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
    /// Returns `true` if messages may be compressed.
    #[cfg(feature = "describe")]
    pub(crate) fn is_on(&self) -> bool {
        self.enabled
    }

    /// Disables compression: offers are declined, and none are made.
    #[must_use]
    pub fn off() -> Self {
        Self { enabled: false, ..Self::deflate() }
    }

    /// Compresses messages of 64 bytes and more, at level 1 and with 2 KiB of history.
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

    /// Sets the size, in bytes, below which a message is sent uncompressed. The default is 64: a smaller message and
    /// its TCP and IP headers travel in one small packet either way.
    #[must_use]
    pub fn threshold(self, bytes: usize) -> Self {
        Self { threshold: bytes, ..self }
    }

    /// Sets the level of zlib, from 1 (fast, the default) to 9 (small). A level outside this range is replaced by the
    /// nearest one within it.
    #[must_use]
    pub fn level(self, level: u8) -> Self {
        Self { level: level.clamp(1, 9), ..self }
    }

    /// Sets how many bytes of sent data are kept for each connection, so that the next message can refer to them. The
    /// default is 2 KiB. The maximum is 32 KiB, to which larger values are reduced. With 0, each message is
    /// compressed by itself.
    #[must_use]
    pub fn history(self, bytes: usize) -> Self {
        let history = u16::try_from(bytes).unwrap_or(u16::MAX).min(MAX_WINDOW);
        Self { history, ..self }
    }

    /// Sets how far back the messages of the peer may refer, as a power of two: from 9 (512 bytes) to 15 (32 KiB). A
    /// value outside this range is replaced by the nearest one within it. That many bytes of received data are kept
    /// for each connection. The default is 12, which is 4 KiB. A peer that cannot limit itself to fewer than 15 bits
    /// is asked to compress each message by itself.
    #[must_use]
    pub fn max_window_bits(self, bits: u8) -> Self {
        Self { max_window_bits: bits.clamp(9, 15), ..self }
    }

    /// Compresses each message by itself, here and at the peer. Nothing is kept for a connection, and small messages
    /// shrink only a little.
    #[must_use]
    pub fn no_context_takeover(self) -> Self {
        Self { history: 0, peer_takeover: false, ..self }
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Returns the size, in bytes, from which a message is compressed.
    pub(super) fn min_message(&self) -> usize {
        self.threshold
    }

    pub(super) fn zlib_level(&self) -> u8 {
        self.level
    }

    /// Returns how many bytes of sent data are kept.
    pub(super) fn send_history(&self) -> u16 {
        self.history
    }

    /// Returns the window that the peer may use, or `None` if it has to compress each message by itself.
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
