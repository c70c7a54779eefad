//! [`Connection`]: one open connection of a client.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io, mem,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::coop::has_budget_remaining,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Ended,
    builder::ClientLimits,
    outgoing::Outgoing,
    queue::Queue,
    shared::{Shared, Stop},
};
use crate::{
    Close, Message,
    connection::{Progress, poll_fill},
    protocol::{
        Action, Agreed, Compression, Deflater, Incoming, Inflater, Keepalive, Reader, Role, Violation,
    },
};

/// How long the server may take to close the TCP connection, which it should do first (RFC 6455, section 7.1.1), and
/// how long a client that was dropped keeps trying to send its Close frame.
const LINGER: Duration = Duration::from_secs(1);

/// The number of control frames and fragments that may follow one another before other tasks get a turn.
const STEPS_PER_POLL: usize = 64;

pub(super) struct Connection<IO> {
    io: IO,
    reader: Reader,
    shared: Arc<Shared>,
    queue: Queue,
    limits: ClientLimits,
    stage: Stage,
    keepalive: Option<Keepalive>,
    /// The time since which the transport has taken nothing of the bytes up to a ping.
    unsent: Option<Instant>,
    outgoing: Outgoing,
    /// Set once the transport fails to write. What arrived before is still read.
    deaf: bool,
    /// Set while messages of earlier connections have kept the read-ahead full since this one began.
    backlog: bool,
    /// Set once a message was discarded.
    discards: bool,
    /// The messages that were received before the client was attached, and have no room yet.
    held: VecDeque<Message>,
    /// The deadline that the timer is set to.
    armed: Option<Instant>,
}

/// The stages of a connection.
enum Stage {
    Open,
    /// The server broke a rule. Until the deadline the user may answer what was received before.
    Failing(Close, Instant),
    /// The queued messages are sent, and then a Close frame, which must be answered before the deadline.
    Stopping(Close, Instant),
    /// Our Close frame is on its way, and must be answered before the deadline.
    Closing(Close, Instant),
    /// Neither side has anything more to say. The server must end the transport before the deadline.
    Ending(Ended, Instant),
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Connection<IO> {
    pub(super) fn new(
        io: IO,
        head: Vec<u8>,
        shared: Arc<Shared>,
        mut queue: Queue,
        limits: ClientLimits,
    ) -> Self {
        queue.restart();
        let backlog = shared.is_full();
        Self {
            io,
            reader: Reader::new(Role::Client, head),
            shared,
            queue,
            keepalive: limits
                .ping_interval
                .map(|interval| Keepalive::new(interval, limits.pong_timeout, Instant::now())),
            limits,
            stage: Stage::Open,
            unsent: None,
            outgoing: Outgoing::new(),
            deaf: false,
            backlog,
            discards: false,
            held: VecDeque::new(),
            armed: None,
        }
    }

    /// Compresses outgoing messages and accepts compressed ones, if the handshake agreed on compression.
    pub(super) fn with_compression(self, agreed: Option<(&Compression, Agreed)>) -> Self {
        let Some((option, agreed)) = agreed else { return self };
        Self {
            reader: self.reader.with_inflater(Some(Box::new(Inflater::new(agreed)))),
            outgoing: self.outgoing.with_deflater(Deflater::new(option, agreed)),
            ..self
        }
    }

    /// Connects the connection with the client from now on. What was received before remains to be received.
    pub(super) fn attach(&mut self, shared: Arc<Shared>, mut queue: Queue) {
        queue.restart();
        self.queue = queue;
        self.backlog = shared.is_full();
        let before = mem::replace(&mut self.shared, shared);
        self.held = before.take_received();
        self.shared.set_position(before.position().or(self.shared.position()));
        // A handle that the hook kept is of no use any more.
        before.end(Ended::Lost);
        self.disarm();
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(super) fn limits(&self) -> &ClientLimits {
        &self.limits
    }

    /// Returns `true` if all queued messages are in line for the transport.
    pub(super) fn is_encoded(&self) -> bool {
        self.queue.is_encoded()
    }

    /// Prepares for another timer.
    pub(super) fn disarm(&mut self) {
        self.armed = None;
    }

    /// Runs the connection until it ends. Returns the queue with what the transport did not take.
    pub(super) async fn run(mut self) -> (Ended, Queue) {
        let mut timer = pin!(sleep_until(Instant::now()));
        let ended = poll_fn(|cx| self.poll(cx, timer.as_mut())).await;
        if !self.backlog {
            self.held.drain(..).for_each(|message| self.shared.push(message));
        }
        (ended, self.queue)
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> Poll<Ended> {
        if let Poll::Ready(stop) = self.shared.poll_stop(cx) {
            self.stop(&stop);
        }
        loop {
            // Reading comes first: after the server's Close frame nothing more is sent, and messages stay in the queue.
            if let Some(ended) = self.read(cx) {
                return Poll::Ready(ended);
            }
            if self.write(cx) || self.poll_failing() {
                continue;
            }
            if !self.poll_timer(cx, timer.as_mut()) {
                return Poll::Pending;
            }
            if let Some(ended) = self.fire(Instant::now()) {
                return Poll::Ready(ended);
            }
        }
    }

    /// Starts to close the connection. This may be called repeatedly.
    pub(super) fn stop(&mut self, stop: &Stop) {
        let within = match stop {
            Stop::Close(_) => self.limits.close_timeout,
            Stop::Dropped => self.limits.close_timeout.min(LINGER),
        };
        let deadline = Instant::now() + within;
        match &mut self.stage {
            Stage::Open => {
                self.queue.close();
                self.stage = Stage::Stopping(stop.clone().close(), deadline);
            }
            Stage::Stopping(_, until) | Stage::Closing(_, until) => *until = deadline.min(*until),
            Stage::Failing(..) | Stage::Ending(..) => {}
        }
    }

    /// Reads as long as there are bytes, and room for messages. Returns `Some` if the connection is over.
    fn read(&mut self, cx: &mut Context<'_>) -> Option<Ended> {
        self.push_held();
        for _ in 0..STEPS_PER_POLL {
            match &self.stage {
                Stage::Ending(..) => return self.drain(cx),
                Stage::Failing(..) => return None,
                _ => {}
            }
            self.backlog &= self.discards || self.shared.is_full();
            if self.is_held_back() {
                return None;
            }
            match self.reader.next(self.limits.sizes()) {
                Ok(Some(item)) => self.take(item),
                Ok(None) => match poll_fill(&mut self.io, &mut self.reader, cx) {
                    Poll::Ready(Ok(1..)) => {
                        if let Some(keepalive) = &mut self.keepalive {
                            keepalive.heard();
                        }
                    }
                    Poll::Pending if !self.deaf => return None,
                    // The transport has not ended: the task has used up its budget.
                    Poll::Pending if !has_budget_remaining() => break,
                    Poll::Pending | Poll::Ready(Ok(0) | Err(_)) => return Some(Ended::Lost),
                },
                Err(violation) => self.fail(&violation),
            }
        }
        cx.waker().wake_by_ref();
        None
    }

    fn take(&mut self, item: Incoming) {
        match item {
            Incoming::Message(message) => self.push(message),
            Incoming::Ping(payload) => self.outgoing.pong(&payload),
            Incoming::Pong(_) => {
                if let Some(keepalive) = &mut self.keepalive {
                    keepalive.ponged(Instant::now);
                }
            }
            Incoming::Close(peer) => {
                let ended = if let Stage::Closing(close, _) = &self.stage {
                    // Both sides have closed.
                    Ended::Local(close.clone())
                } else {
                    self.outgoing.wire().close_answer(peer.as_ref());
                    Ended::Peer(peer)
                };
                self.stage = Stage::Ending(ended, Instant::now() + LINGER);
            }
        }
    }

    /// Handles a violation by the server. The server is told of it, unless this side has closed already. The user can
    /// still receive what came before, and may want to answer it.
    fn fail(&mut self, violation: &Violation) {
        let (close, now) = (violation.close(), Instant::now());
        match &self.stage {
            Stage::Open => {
                self.shared.wake_when_awaited();
                self.stage = Stage::Failing(close, now + LINGER);
            }
            _ => self.give_up(close, now),
        }
    }

    fn give_up(&mut self, close: Close, now: Instant) {
        if !matches!(self.stage, Stage::Closing(..)) {
            self.outgoing.wire().close(&close);
        }
        self.stage = Stage::Ending(Ended::Local(close), now + LINGER);
    }

    /// Tells the server that it broke a rule, once the user has received what came before and asks for more. Returns
    /// `true` if that added something to write.
    fn poll_failing(&mut self) -> bool {
        let Stage::Failing(close, _) = &self.stage else { return false };
        let is_due = self.shared.is_awaited() && self.queue.is_encoded();
        if is_due {
            self.give_up(close.clone(), Instant::now());
        }
        is_due
    }

    /// Hands over the messages that were received before the client was attached, as far as there is room.
    fn push_held(&mut self) {
        while !self.held.is_empty() && !self.shared.is_full() {
            self.held.drain(..1).for_each(|message| self.shared.push(message));
        }
    }

    /// Keeps a message for the user, unless the read-ahead is still full of messages from earlier connections. Nothing comes
    /// after a message that was discarded: a client that returns to a room says what the last one was.
    fn push(&mut self, message: Message) {
        if matches!(self.stage, Stage::Open) && !self.backlog && self.held.is_empty() {
            self.shared.push(message);
        } else {
            self.discards = true;
        }
    }

    /// Reads until the end: closing a socket with unread data sends a reset, which may overtake our Close frame.
    fn drain(&mut self, cx: &mut Context<'_>) -> Option<Ended> {
        let Stage::Ending(ended, _) = &self.stage else { return None };
        let mut scratch = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Pending if !self.deaf => return None,
                _ => return Some(ended.clone()),
            }
        }
    }

    /// Writes what is queued. Returns `true` if there may be more to read afterwards.
    fn write(&mut self, cx: &mut Context<'_>) -> bool {
        if self.deaf {
            return false;
        }
        loop {
            self.encode(cx);
            let encoded_less = self.outgoing.is_ahead();
            if let Poll::Ready(Err(_)) = self.poll_write(cx) {
                self.deaf = true;
                return true;
            }
            if !encoded_less || self.outgoing.is_ahead() {
                return false;
            }
        }
    }

    /// Encodes queued messages as long as the transport takes them.
    fn encode(&mut self, cx: &mut Context<'_>) {
        while matches!(self.stage, Stage::Open | Stage::Failing(..) | Stage::Stopping(..))
            && !self.outgoing.is_ahead()
        {
            match self.queue.poll_next(cx) {
                Poll::Ready(Some((message, end))) => {
                    self.outgoing.message(&message);
                    *end = self.outgoing.end();
                }
                Poll::Ready(None) => {
                    let Stage::Stopping(close, until) = &self.stage else { return };
                    self.outgoing.wire().close(close);
                    self.stage = Stage::Closing(close.clone(), *until);
                }
                Poll::Pending => return,
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = self.outgoing.poll_write(&mut self.io, cx);
        self.queue.sent(self.outgoing.taken());
        let Progress { written: bytes, resumed } = self.outgoing.take_progress();
        if let Some(keepalive) = &mut self.keepalive {
            keepalive.wrote(bytes, resumed);
            if written.is_ready() {
                keepalive.flushed(Instant::now);
                self.unsent = None;
            }
        }
        if self.unsent.is_some() && bytes > 0 {
            self.unsent = Some(Instant::now());
        }
        written
    }

    /// Returns `true` if the user does not receive what the server sends.
    fn is_full(&self) -> bool {
        matches!(self.stage, Stage::Open) && self.shared.is_full()
    }

    /// Returns `true` if nothing is read for now because the user does not receive. A connection whose transport has
    /// failed is always read to its end, which is no more than its buffers hold; otherwise its end would go unnoticed.
    fn is_held_back(&self) -> bool {
        !self.deaf && self.is_full()
    }

    /// Polls the timer, and returns `true` if it fired. Traffic does not move the timer: when it fires, the deadline is
    /// checked again.
    fn poll_timer(&mut self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> bool {
        let Some(deadline) = self.deadline() else { return false };
        if self.armed.is_none_or(|armed| deadline < armed) {
            self.armed = Some(deadline);
            timer.as_mut().reset(deadline);
        }
        let fired = timer.poll(cx).is_ready();
        if fired {
            self.armed = None;
        }
        fired
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Open => {
                let ping = self.keepalive.as_ref().and_then(Keepalive::deadline);
                ping.or(self.unsent.map(|since| since + self.limits.pong_timeout))
            }
            Stage::Failing(_, until)
            | Stage::Stopping(_, until)
            | Stage::Closing(_, until)
            | Stage::Ending(_, until) => Some(*until),
        }
    }

    /// Acts on a deadline that has passed. Returns `Some` if the connection is over.
    fn fire(&mut self, now: Instant) -> Option<Ended> {
        match &self.stage {
            Stage::Open => {
                let paused = self.is_full();
                if self.unsent.is_some_and(|since| since + self.limits.pong_timeout <= now) {
                    return Some(Ended::Unresponsive);
                }
                match self.keepalive.as_mut().map(|keepalive| keepalive.check(now, paused)) {
                    Some(Action::Ping) => {
                        self.outgoing.wire().ping(b"");
                        self.unsent = Some(now);
                        None
                    }
                    Some(Action::GiveUp) => Some(Ended::Unresponsive),
                    Some(Action::Wait) | None => None,
                }
            }
            Stage::Failing(close, until) => {
                if *until <= now {
                    self.give_up(close.clone(), now);
                }
                None
            }
            Stage::Stopping(_, until) | Stage::Closing(_, until) => (*until <= now).then_some(Ended::Lost),
            Stage::Ending(ended, until) => (*until <= now).then(|| ended.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
