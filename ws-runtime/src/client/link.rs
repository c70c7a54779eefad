//! [`Link`]: one open connection of a client.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
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
    builder::Limits,
    engine::Engine,
    outgoing::Outgoing,
    pulse::{Action, Pulse},
    queue::Queue,
    shared::{Shared, Stop},
};
use crate::{Close, Message, connection::Received};

/// How long the server may take to end TCP, as it should be the first to do (RFC 6455, section 7.1.1), and how long a
/// client that was dropped goes on to say so.
const LINGER: Duration = Duration::from_secs(1);

pub(super) struct Link<'a, IO> {
    io: IO,
    engine: Engine,
    shared: &'a Shared,
    queue: &'a mut Queue,
    limits: &'a Limits,
    stage: Stage,
    pulse: Pulse,
    outgoing: Outgoing,
    /// The transport takes nothing more. What came before that is still read.
    deaf: bool,
    /// What came over earlier connections has filled the read-ahead since this one began.
    backlog: bool,
    /// What the timer is set to.
    armed: Option<Instant>,
}

/// How far the connection is.
enum Stage {
    Open,
    /// What is queued goes out, and then a Close frame, which is to be answered by then.
    Stopping(Close, Instant),
    /// Our Close frame is on its way, and is to be answered by then.
    Closing(Close, Instant),
    /// Nothing more is to be said by either side. The server has until then to end the transport.
    Ending(Ended, Instant),
}

impl<'a, IO: AsyncRead + AsyncWrite + Unpin> Link<'a, IO> {
    pub(super) fn new(
        io: IO,
        head: Vec<u8>,
        shared: &'a Shared,
        queue: &'a mut Queue,
        limits: &'a Limits,
    ) -> Self {
        queue.restart();
        let backlog = shared.is_full();
        Self {
            io,
            engine: Engine::new(head, limits.max_message_size),
            shared,
            queue,
            limits,
            stage: Stage::Open,
            pulse: Pulse::new(limits.ping_interval, limits.pong_timeout, Instant::now()),
            outgoing: Outgoing::default(),
            deaf: false,
            backlog,
            armed: None,
        }
    }

    /// Runs the connection until it has ended.
    pub(super) async fn run(mut self) -> Ended {
        let mut timer = pin!(sleep_until(Instant::now()));
        poll_fn(|cx| self.poll(cx, timer.as_mut())).await
    }

    fn poll(&mut self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> Poll<Ended> {
        if let Poll::Ready(stop) = self.shared.poll_stop(cx) {
            self.stop(&stop);
        }
        loop {
            // What the server says comes first: after its Close frame nothing is sent, and stays in the queue.
            if let Some(ended) = self.read(cx) {
                return Poll::Ready(ended);
            }
            if self.write(cx) {
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

    /// May be told again and again.
    fn stop(&mut self, stop: &Stop) {
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
            Stage::Ending(..) => {}
        }
    }

    /// Reads what there is, and there is room for. `Some` if the connection is over.
    fn read(&mut self, cx: &mut Context<'_>) -> Option<Ended> {
        while !matches!(self.stage, Stage::Ending(..)) {
            self.backlog &= self.shared.is_full();
            if self.is_held_back() {
                return None;
            }
            let Self { io, engine, outgoing, .. } = self;
            let received = engine.poll_read(io, outgoing.buffer(), cx);
            if engine.take_seen() {
                self.pulse.heard(Instant::now());
            }
            match received {
                Poll::Pending if !self.deaf => return None,
                // Not the end, but the turn of other tasks.
                Poll::Pending if !has_budget_remaining() => {
                    cx.waker().wake_by_ref();
                    return None;
                }
                Poll::Ready(Received::Message(message)) => self.push(message),
                Poll::Ready(Received::Close(peer)) => {
                    self.engine.answer(self.outgoing.buffer());
                    let ended = match &self.stage {
                        Stage::Closing(close, _) => Ended::Local(close.clone()),
                        _ => Ended::Peer(peer),
                    };
                    self.stage = Stage::Ending(ended, Instant::now() + LINGER);
                }
                Poll::Ready(Received::Violation(close)) => {
                    self.engine.close(&close, self.outgoing.buffer());
                    self.stage = Stage::Ending(Ended::Local(close), Instant::now() + LINGER);
                }
                Poll::Pending | Poll::Ready(Received::End | Received::Lost) => return Some(Ended::Lost),
            }
        }
        self.drain(cx)
    }

    /// Keeps a message for the user; but not of one connection after another, if there is nobody who receives.
    fn push(&self, message: Message) {
        if matches!(self.stage, Stage::Open) && !self.backlog {
            self.shared.push(message);
        }
    }

    /// Reads to the end, as a socket that is closed with unread data resets, and a reset may overtake our Close frame.
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

    /// Writes what there is. Whether there may be more to read since then.
    fn write(&mut self, cx: &mut Context<'_>) -> bool {
        if self.deaf {
            return false;
        }
        let was_ahead = self.outgoing.is_ahead();
        loop {
            self.encode(cx);
            let encoded_less = self.outgoing.is_ahead();
            if let Poll::Ready(Err(_)) = self.poll_write(cx) {
                self.deaf = true;
                return true;
            }
            if !encoded_less || self.outgoing.is_ahead() {
                return was_ahead && !self.outgoing.is_ahead();
            }
        }
    }

    /// Makes frames of what is queued, as long as the transport takes them.
    fn encode(&mut self, cx: &mut Context<'_>) {
        while matches!(self.stage, Stage::Open | Stage::Stopping(..)) && !self.outgoing.is_ahead() {
            match self.queue.poll_next(cx) {
                Poll::Ready(Some((message, end))) => {
                    self.engine.write(message, self.outgoing.buffer());
                    *end = self.outgoing.end();
                }
                Poll::Ready(None) => {
                    let Stage::Stopping(close, until) = &self.stage else { return };
                    self.engine.close(close, self.outgoing.buffer());
                    self.stage = Stage::Closing(close.clone(), *until);
                }
                Poll::Pending => return,
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, outgoing, queue, pulse, .. } = self;
        outgoing.poll_write(io, cx, |taken, all| {
            queue.sent(taken);
            pulse.wrote(Instant::now(), all);
        })
    }

    /// Whether the user does not receive what the server sends.
    fn is_full(&self) -> bool {
        matches!(self.stage, Stage::Open) && self.shared.is_full()
    }

    /// Whether what the server sends is left unread for now: because it does not read either, or the user does not. Of a
    /// connection that is broken all is read, which is no more than its buffers hold: else nobody would see the end of it.
    fn is_held_back(&self) -> bool {
        !self.deaf && (self.outgoing.is_ahead() || self.is_full())
    }

    /// The timer is not moved by traffic: when it fires, the deadline is looked at again.
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
            Stage::Open => self.pulse.deadline(),
            Stage::Stopping(_, until) | Stage::Closing(_, until) | Stage::Ending(_, until) => Some(*until),
        }
    }

    /// `Some` if the connection is over.
    fn fire(&mut self, now: Instant) -> Option<Ended> {
        match &self.stage {
            Stage::Open => match self.pulse.check(now, self.is_full()) {
                Action::Wait => None,
                Action::Ping => {
                    self.engine.ping(self.outgoing.buffer());
                    None
                }
                Action::GiveUp => Some(Ended::Unresponsive),
            },
            Stage::Stopping(_, until) | Stage::Closing(_, until) => (*until <= now).then_some(Ended::Lost),
            Stage::Ending(ended, until) => (*until <= now).then(|| ended.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
