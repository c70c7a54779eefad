//! The compressors and inflaters of a thread, which its connections use in turn.

use std::{
    cell::RefCell,
    mem,
    sync::atomic::{AtomicU64, Ordering},
};

use flate2::{Compress, CompressError, Decompress, FlushCompress};

/// The largest number of compressors of a thread. A compressor with a window of 14 bits takes 304 KiB, so they take
/// 1.5 MiB.
const MAX_COMPRESSORS: usize = 5;

/// The number of unused inflaters that a thread keeps. Each takes 43 KB.
const KEPT_INFLATERS: usize = 4;

/// The end of a message that was compressed with a sync flush. It is not sent (RFC 7692, section 7.2.1).
pub(super) const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

thread_local! {
    static COMPRESSORS: RefCell<Compressors> = const { RefCell::new(Compressors::new()) };
    // The inflaters are boxed, as they move between the thread and its connections.
    #[allow(clippy::vec_box)]
    static INFLATERS: RefCell<Vec<Box<Decompress>>> = const { RefCell::new(Vec::new()) };
}

/// The settings for the compression of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setup {
    /// The window as a power of two, from 9 to 15.
    pub(super) window_bits: u8,
    pub(super) level: u8,
}

/// A state of one compressor, unique within the process. If a compressor still has the ticket of a connection, that
/// connection was the last to use it and has compressed nothing elsewhere since, so the compressor can go on from
/// there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Ticket {
    /// The ticket that stands for no state.
    pub(super) const NONE: Self = Self(0);
}

/// The data that a message may refer to.
#[derive(Clone, Copy)]
pub(super) enum Context<'a> {
    /// The message refers to nothing before it.
    Alone,
    /// The message refers to what the compressor with this ticket has seen. If that compressor is gone, it refers to
    /// the given end of that data.
    After(Ticket, &'a [u8]),
}

/// Appends the compressed message and returns a ticket, from which the next message in the same context goes on.
/// Returns `None`, and leaves `out` as it was, if the compressed message would be longer than `most`.
pub(super) fn compress(
    payload: &[u8],
    setup: Setup,
    context: Context<'_>,
    most: usize,
    out: &mut Vec<u8>,
) -> Option<Ticket> {
    let start = out.len();
    // A thread that is ending may already have dropped its compressors.
    let ticket = COMPRESSORS
        .try_with(|compressors| compressors.borrow_mut().compress(payload, setup, context, most, out))
        .ok()
        .flatten();
    if ticket.is_none() {
        out.truncate(start);
    }
    ticket
}

/// Returns an inflater in its initial state.
pub(super) fn borrow_inflater() -> Box<Decompress> {
    let kept = INFLATERS.try_with(|inflaters| inflaters.borrow_mut().pop()).ok().flatten();
    kept.unwrap_or_else(|| Box::new(Decompress::new(false)))
}

pub(super) fn give_back_inflater(mut inflater: Box<Decompress>) {
    // A thread that is ending may already have dropped its inflaters.
    let _ = INFLATERS.try_with(|inflaters| {
        let mut inflaters = inflaters.borrow_mut();
        if inflaters.len() < KEPT_INFLATERS {
            inflater.reset(false);
            inflaters.push(inflater);
        }
    });
}

struct Compressors {
    all: Vec<Compressor>,
    /// Counts the uses, to find the compressor that was not used for the longest time.
    clock: u64,
    next_ticket: u64,
}

struct Compressor {
    compress: Compress,
    setup: Setup,
    ticket: Ticket,
    last_use: u64,
}

impl Compressors {
    const fn new() -> Self {
        Self { all: Vec::new(), clock: 0, next_ticket: 0 }
    }

    fn compress(
        &mut self,
        payload: &[u8],
        setup: Setup,
        context: Context<'_>,
        most: usize,
        out: &mut Vec<u8>,
    ) -> Option<Ticket> {
        let (ticket, history, next) = match context {
            Context::Alone => (Ticket::NONE, &[][..], Ticket::NONE),
            Context::After(ticket, history) => (ticket, history, self.new_ticket()),
        };
        self.clock += 1;
        let clock = self.clock;
        let compressor = self.find(setup, ticket);
        compressor.last_use = clock;
        // Until the message is known to be sent compressed, no connection may go on from what the compressor has
        // seen.
        let seen = mem::replace(&mut compressor.ticket, Ticket::NONE);
        if ticket == Ticket::NONE || seen != ticket {
            compressor.compress.reset();
            if !history.is_empty() {
                compressor.compress.set_dictionary(history).ok()?;
            }
        }
        if !compress_up_to(most, &mut compressor.compress, payload, out).ok()? {
            return None;
        }
        compressor.ticket = next;
        Some(next)
    }

    /// Returns the compressor that has the ticket. If there is none, it returns one that no connection can go on
    /// from, a new one, or the one that was not used for the longest time.
    fn find(&mut self, setup: Setup, ticket: Ticket) -> &mut Compressor {
        let position = |is_it: &dyn Fn(&Compressor) -> bool| self.all.iter().position(is_it);
        let at = position(&|compressor| compressor.ticket == ticket && ticket != Ticket::NONE)
            .or_else(|| {
                position(&|compressor| compressor.ticket == Ticket::NONE && compressor.setup == setup)
            })
            .unwrap_or_else(|| self.make_free(setup));
        &mut self.all[at]
    }

    fn make_free(&mut self, setup: Setup) -> usize {
        if self.all.len() < MAX_COMPRESSORS {
            self.all.push(Compressor::new(setup));
            return self.all.len() - 1;
        }
        // Creating a compressor takes much longer than resetting one.
        let costs = self.all.iter().map(|compressor| (compressor.setup != setup, compressor.last_use));
        let at = costs.enumerate().min_by_key(|&(_, cost)| cost).map_or(0, |(at, _)| at);
        if self.all[at].setup != setup {
            self.all[at] = Compressor::new(setup);
        }
        at
    }

    /// Returns a new ticket. The numbers are taken from blocks, so that threads do not contend for them.
    fn new_ticket(&mut self) -> Ticket {
        static BLOCKS: AtomicU64 = AtomicU64::new(0);
        const BLOCK: u64 = 1 << 32;

        if self.next_ticket % BLOCK == 0 {
            // The 0 of each block is skipped, as in the first block it is the ticket of no state.
            self.next_ticket = BLOCKS.fetch_add(1, Ordering::Relaxed) * BLOCK + 1;
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        ticket
    }
}

impl Compressor {
    fn new(setup: Setup) -> Self {
        let level = flate2::Compression::new(u32::from(setup.level));
        let compress = Compress::new_with_window_bits(level, false, setup.window_bits);
        Self { compress, setup, ticket: Ticket::NONE, last_use: 0 }
    }
}

/// Compresses a message up to a sync flush, without the tail. Returns `false` if the output is longer than `most`.
///
/// The buffer has room for the whole output from the start: a compressor that ran out of room, and that is given more
/// input before its output is drained, panics (zlib-rs 0.6.8, level 1).
fn compress_up_to(
    most: usize,
    compress: &mut Compress,
    payload: &[u8],
    out: &mut Vec<u8>,
) -> Result<bool, CompressError> {
    let start = out.len();
    out.reserve(longest(payload.len()));
    let before = compress.total_in();
    compress.compress_vec(payload, out, FlushCompress::Sync)?;
    let is_whole = compress.total_in() - before == payload.len() as u64
        && out.len() < out.capacity()
        && out.ends_with(&TAIL);
    if !is_whole || out.len() - start - TAIL.len() > most {
        return Ok(false);
    }
    out.truncate(out.len() - TAIL.len());
    Ok(true)
}

/// Returns the largest possible size of the compressed payload: nine bits per byte with the fixed codes, plus the
/// overhead of blocks and flushes.
fn longest(payload: usize) -> usize {
    payload + payload / 8 + payload / 64 + 128
}
