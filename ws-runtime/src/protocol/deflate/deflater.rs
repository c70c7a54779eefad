//! [`Deflater`]: compresses what one connection sends.

use super::{
    Compression,
    history::History,
    negotiation::Agreed,
    pool::{self, Context, Setup, Ticket},
};

/// The window for sent messages, unless the peer wants a smaller one or the history is larger. With 14 bits, messages
/// of a busy connection are 7 % smaller than with 12 bits, for 48 KiB more in the compressor. With 15 bits they are
/// another 1 % smaller, for 64 KiB more.
const WINDOW_BITS: u8 = 14;

/// The window for messages that are compressed once for many connections. Some clients, such as Python's, ask for 12
/// bits.
const SHARED_WINDOW_BITS: u8 = 12;

/// The level for messages that are compressed once for many connections. Level 1 leaves 96 % of a chat message that
/// stands alone, and 58 % of 1 KiB of JSON; level 2 leaves 85 % and 45 %; up to level 6, none leaves less than 44 %.
const SHARED_LEVEL: u8 = 2;

/// The largest message, in bytes, that may be sent compressed even though it does not get smaller.
const MAX_INVESTMENT: usize = 512;

/// The state that a connection keeps to compress its messages.
///
/// The peer's window holds the messages that were sent compressed, in order, and so does the history. Each message
/// that [`compress`](Self::compress) produces must therefore be sent, in the order in which it was produced, and
/// [`sent_shared`](Self::sent_shared) must be called in that order. A message that is sent uncompressed leaves no
/// trace.
#[derive(Debug)]
pub(crate) struct Deflater {
    history: History,
    /// The ticket of the compressor that holds what this connection sent, as long as it still does.
    ticket: Ticket,
    threshold: usize,
    /// The number of consecutive messages that did not get smaller.
    misses: u32,
    setup: Setup,
}

impl Deflater {
    pub(crate) fn new(option: &Compression, agreed: Agreed) -> Self {
        let window_bits = agreed.send.window_bits;
        let history = if agreed.send.takeover { usize::from(option.send_history()) } else { 0 };
        let own_bits = if history > 1 << WINDOW_BITS { 15 } else { WINDOW_BITS };
        Self {
            history: History::new(history.min(1 << window_bits)),
            ticket: Ticket::NONE,
            threshold: option.min_message(),
            misses: 0,
            setup: Setup {
                // zlib has no window of 8 bits. With 9 bits it refers to at most 250 bytes before the current
                // position, as it keeps 262 bytes of the window for itself, so a peer with 256 bytes can follow.
                window_bits: window_bits.min(own_bits).max(9),
                level: option.zlib_level(),
            },
        }
    }

    /// Appends the compressed message to `out` if that is worthwhile. Returns `false` otherwise: the message is
    /// smaller than the threshold or would not get smaller, and must be sent uncompressed.
    pub(crate) fn compress(&mut self, payload: &[u8], out: &mut Vec<u8>) -> bool {
        if payload.len() < self.threshold || payload.is_empty() {
            return false;
        }
        let context = if self.history.is_kept() {
            Context::After(self.ticket, self.history.bytes())
        } else {
            Context::Alone
        };
        let start = out.len();
        let ticket = pool::compress(payload, self.setup, context, self.longest(payload), out);
        // Without a ticket, the compressor has seen data that the peer will not see.
        self.ticket = ticket.unwrap_or(Ticket::NONE);
        let is_sent = ticket.is_some();
        if is_sent {
            self.history.push(payload);
        }
        if is_sent && out.len() - start < payload.len() {
            self.misses = 0;
        } else {
            self.misses = self.misses.saturating_add(1);
        }
        is_sent
    }

    /// Returns how long the compressed message may be.
    ///
    /// What small messages have in common only gets into the history if one of them is sent compressed, although that
    /// one does not get smaller by itself. Of the consecutive messages that do not get smaller, the first is
    /// therefore sent compressed, and so are the second, the fourth, the eighth and so on.
    fn longest(&self, payload: &[u8]) -> usize {
        let length = payload.len();
        let invests = self.history.is_kept()
            && length <= MAX_INVESTMENT
            && self.misses.checked_add(1).is_some_and(u32::is_power_of_two);
        if invests { length + length / 4 + 16 } else { length - 1 }
    }

    /// Returns `true` if the peer can read the output of [`compress_shared`] and the message is not smaller than the
    /// threshold.
    pub(crate) fn takes_shared(&self, payload: &[u8]) -> bool {
        self.setup.window_bits >= SHARED_WINDOW_BITS && payload.len() >= self.threshold
    }

    /// Records that a message was sent as [`compress_shared`] produced it. `payload` is the uncompressed one.
    pub(crate) fn sent_shared(&mut self, payload: &[u8]) {
        self.ticket = Ticket::NONE;
        self.history.push(payload);
    }
}

/// Appends a message that is compressed once for many connections. It refers to nothing before it, so each peer that
/// [takes it](Deflater::takes_shared) can read it. Returns `false`, and appends nothing, if it would not get smaller.
pub(crate) fn compress_shared(payload: &[u8], out: &mut Vec<u8>) -> bool {
    let setup = Setup { window_bits: SHARED_WINDOW_BITS, level: SHARED_LEVEL };
    let most = payload.len().saturating_sub(1);
    !payload.is_empty() && pool::compress(payload, setup, Context::Alone, most, out).is_some()
}
