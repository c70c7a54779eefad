//! Fan-out: one client publishes, and the members of a room receive.

use std::{io, thread::sleep, time::Duration};

use crate::{
    Turns,
    connection::Connection,
    messages::Messages,
    meter::{Figures, Meter, Reactor},
    options::Options,
    receiver::Counts,
};

/// One of this many members compares everything that it receives, and inflates compressed messages.
const SAMPLE: usize = 16;

/// How long the server may take to add the last member to the room after it has accepted it.
const JOINING: Duration = Duration::from_millis(200);

/// How long it may take until something arrives while messages are due.
const STUCK: Duration = Duration::from_secs(2);

pub(crate) struct FanOut {
    pid: Option<u32>,
    messages: Messages,
    reactor: Reactor,
    members: Vec<Connection>,
    publisher: Connection,
    progress: Progress,
    buffer: Vec<u8>,
}

impl FanOut {
    pub(crate) fn open(options: &Options) -> io::Result<Self> {
        let messages = Messages::for_room(options, Connection::probe(options, "/room/pub")?)?;
        let reactor = Reactor::new()?;
        let registry = reactor.poll.registry();
        let member = |index| {
            let is_exact = index % SAMPLE == 0;
            Connection::open(options, "/room/ws", (index, registry), (0, &messages), is_exact)
        };
        let members = (0..options.connections).map(member).collect::<io::Result<Vec<_>>>()?;
        let place = (members.len(), registry);
        let publisher = Connection::open(options, "/room/pub", place, (0, &messages), true)?;
        sleep(JOINING);
        Ok(Self {
            pid: options.pid,
            progress: Progress::new(members.len(), options.window),
            messages,
            reactor,
            members,
            publisher,
            buffer: vec![0; 256 << 10],
        })
    }

    /// The number of messages that all members together have received.
    fn counts(&self) -> Counts {
        let mut total = Counts::default();
        for member in &self.members {
            total.add(member.receiver.counts);
        }
        total
    }

    /// Reads what has arrived for one member, and returns how many messages that is.
    fn receive(&mut self, index: usize, meter: &mut Meter) -> io::Result<()> {
        let member = &mut self.members[index];
        while let Some((read, received)) = member.receive(&mut self.buffer, &self.messages)? {
            let now = self.reactor.time();
            for _ in 0..received {
                if let Some(published) = self.progress.receive(index) {
                    meter.latencies.add(now - published);
                }
            }
            meter.count += received as u64;
            if read < self.buffer.len() {
                break;
            }
        }
        // A ping may have arrived.
        member.flush(&self.messages)
    }
}

impl Turns for FanOut {
    fn turn(&mut self, length: Duration) -> io::Result<Figures> {
        let before = self.counts();
        let mut meter = Meter::start(&mut self.reactor, self.pid, length);
        let (mut progressed, mut count) = (self.reactor.time(), 0);
        let mut tokens = Vec::new();
        loop {
            let due = if meter.is_over(&self.reactor) { 0 } else { self.progress.free() };
            if due > 0 {
                self.progress.publish(due, self.reactor.time());
                self.publisher.queue(due, &self.messages);
                self.publisher.flush(&self.messages)?;
            } else if self.progress.is_complete() {
                break;
            }
            self.reactor.turn()?;
            tokens.clear();
            tokens.extend(self.reactor.events.iter().map(|event| event.token().0));
            for &index in &tokens {
                if index < self.members.len() {
                    self.receive(index, &mut meter)?;
                } else {
                    while self.publisher.receive(&mut self.buffer, &self.messages)?.is_some() {}
                    self.publisher.flush(&self.messages)?;
                }
            }
            if meter.count > count {
                count = meter.count;
                progressed = self.reactor.time();
            } else if self.reactor.is_stuck(progressed, STUCK) {
                return Err(io::Error::other("the server has lost a message, or stopped"));
            }
        }
        let mut figures = meter.figures(&self.reactor);
        self.counts().since(before).report(&mut figures);
        Ok(figures)
    }
}

/// The progress of the messages.
struct Progress {
    /// The number of the message that each member receives next.
    members: Vec<usize>,
    /// Messages that were published.
    published: usize,
    /// Messages that every member has.
    complete: usize,
    /// The messages in between, by their number modulo the window.
    pending: Vec<Pending>,
}

#[derive(Clone, Copy, Default)]
struct Pending {
    published: u64,
    /// How many members have it.
    received: usize,
}

impl Progress {
    fn new(members: usize, window: usize) -> Self {
        let (members, pending) = (vec![0; members], vec![Pending::default(); window]);
        Self { members, published: 0, complete: 0, pending }
    }

    /// Returns how many messages may be published now.
    fn free(&self) -> usize {
        self.complete + self.pending.len() - self.published
    }

    fn is_complete(&self) -> bool {
        self.complete == self.published
    }

    fn publish(&mut self, count: usize, now: u64) {
        let window = self.pending.len();
        for number in self.published..self.published + count {
            self.pending[number % window] = Pending { published: now, received: 0 };
        }
        self.published += count;
    }

    /// Records that a member has its next message. If it is the last one to have it, returns when that was published.
    fn receive(&mut self, member: usize) -> Option<u64> {
        let window = self.pending.len();
        let pending = &mut self.pending[self.members[member] % window];
        self.members[member] += 1;
        pending.received += 1;
        // Messages arrive in order, so the earlier ones are complete before.
        if pending.received < self.members.len() {
            return None;
        }
        self.complete += 1;
        Some(pending.published)
    }
}
