//! The compressors and inflaters of a thread, which its connections use in turn.

use std::{
    cell::RefCell,
    mem,
    sync::atomic::{AtomicU64, Ordering},
};

use flate2::{Compress, CompressError, Decompress, FlushCompress};

/// How many compressors a thread has at most. One with a window of 14 bits takes 304 KiB, so this is 1.5 MiB.
const MAX_COMPRESSORS: usize = 5;

/// How many inflaters a thread keeps when nobody needs them. One takes 43 KB.
const KEPT_INFLATERS: usize = 4;

/// What ends a message that was compressed with a sync flush, and is not sent (RFC 7692, section 7.2.1).
pub(super) const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

thread_local! {
    static COMPRESSORS: RefCell<Compressors> = const { RefCell::new(Compressors::new()) };
    // In boxes, since they move between the thread and its connections.
    #[allow(clippy::vec_box)]
    static INFLATERS: RefCell<Vec<Box<Decompress>>> = const { RefCell::new(Vec::new()) };
}

/// How a message is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setup {
    /// From 9 to 15.
    pub(super) window_bits: u8,
    pub(super) level: u8,
}

/// A state of one compressor, unique in the process. A connection whose ticket a compressor still has was the last to
/// use it, and nothing was compressed for that connection since; so the compressor can go on from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Ticket {
    /// The ticket of no state.
    pub(super) const NONE: Self = Self(0);
}

/// What a message may refer to.
#[derive(Clone, Copy)]
pub(super) enum Context<'a> {
    /// Nothing before it.
    Alone,
    /// What the compressor of this ticket has seen; if it is gone, this end of it.
    After(Ticket, &'a [u8]),
}

/// Appends the compressed message if it is not longer than `most`. `None` if it is; then `out` is as before. The next
/// message in the same context goes on from the ticket.
pub(super) fn compress(
    payload: &[u8],
    setup: Setup,
    context: Context<'_>,
    most: usize,
    out: &mut Vec<u8>,
) -> Option<Ticket> {
    let start = out.len();
    // A thread that ends may have given up its compressors already.
    let ticket = COMPRESSORS
        .try_with(|compressors| compressors.borrow_mut().compress(payload, setup, context, most, out))
        .ok()
        .flatten();
    if ticket.is_none() {
        out.truncate(start);
    }
    ticket
}

/// An inflater in its first state.
pub(super) fn borrow_inflater() -> Box<Decompress> {
    let kept = INFLATERS.try_with(|inflaters| inflaters.borrow_mut().pop()).ok().flatten();
    kept.unwrap_or_else(|| Box::new(Decompress::new(false)))
}

pub(super) fn give_back_inflater(mut inflater: Box<Decompress>) {
    // A thread that ends may have given up its inflaters already.
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
    /// Counts the uses.
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
        // Until the message is known to be sent compressed, what the compressor has seen is nobody's context.
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

    /// The compressor that has the ticket; else one that is nobody's context, or a new one, or the one that was not used
    /// for the longest time.
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
        // To make one anew takes much longer than to reset one.
        let costs = self.all.iter().map(|compressor| (compressor.setup != setup, compressor.last_use));
        let at = costs.enumerate().min_by_key(|&(_, cost)| cost).map_or(0, |(at, _)| at);
        if self.all[at].setup != setup {
            self.all[at] = Compressor::new(setup);
        }
        at
    }

    /// Takes the numbers from blocks, so that threads do not contend for them.
    fn new_ticket(&mut self) -> Ticket {
        static BLOCKS: AtomicU64 = AtomicU64::new(0);
        const BLOCK: u64 = 1 << 32;

        if self.next_ticket % BLOCK == 0 {
            // Skips 0 in each block, which is the ticket of nothing in the first.
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

/// Compresses up to a sync flush, without its tail. Returns `false` if it is longer than `most`.
///
/// All of it has room at once: a compressor whose output found none, and which is given more input before it is empty,
/// panics (zlib-rs 0.6.8, level 1).
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

/// The most that so many bytes become: nine bits for each where the codes are fixed, and what blocks and flushes add.
fn longest(payload: usize) -> usize {
    payload + payload / 8 + payload / 64 + 128
}
