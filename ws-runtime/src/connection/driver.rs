//! [`drive`]: the task that runs a connection.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Attach, Attached, Outbox,
    limits::{DRAIN_TIMEOUT, dead_peer, lifetime_over, slow_peer},
    read::{Inbox, Reading, Signs, State},
};
use crate::{
    Close,
    protocol::{Action, Keepalive},
};

/// An endpoint, from its first guard to its close. It yields `None` if there is no peer left to send a close to.
pub(crate) type Running = Pin<Box<dyn Future<Output = Option<Close>> + Send>>;

/// Is notified when a connection is over. The endpoint of the connection may still go on.
pub(crate) trait Watch {
    /// Called when the connection is over, possibly more than once.
    fn over(&mut self);
}

/// Runs an endpoint on its connection, and ends the connection when the endpoint ends. The future completes when both
/// have ended, or when the connection is abandoned. `attach` hands the connection to an endpoint that has accepted.
/// `watch` is notified when the connection is over, even if the endpoint still runs.
pub(crate) fn drive<IO, W>(
    inbox: Arc<Inbox<IO>>,
    endpoint: Running,
    mut attach: Option<Attach>,
    watch: W,
) -> impl Future<Output = ()> + Send + Unpin
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    W: Watch + Send + Unpin,
{
    let limits = inbox.outbox.limits();
    let now = Instant::now();
    if let Some(lifetime) = limits.max_lifetime.filter(|_| attach.is_some()) {
        inbox.outbox.expire_at(now + lifetime, lifetime_over());
    }
    let keepalive = limits.ping_interval.map(|interval| Keepalive::new(interval, limits.pong_timeout, now));
    let mut driver = Driver {
        inbox,
        endpoint: Some(endpoint),
        stage: Stage::Open,
        keepalive,
        stalled: None,
        answers: false,
        timer: None,
        armed: false,
        task: None,
        watch,
    };
    poll_fn(move |cx| {
        if let Some(attach) = attach.take() {
            let _ = attach.send(Arc::clone(&driver.inbox) as Attached);
        }
        driver.poll(cx)
    })
}

struct Driver<IO, W> {
    inbox: Arc<Inbox<IO>>,
    endpoint: Option<Running>,
    stage: Stage,
    keepalive: Option<Keepalive>,
    /// The time since which the transport has taken none of the waiting data.
    stalled: Option<Instant>,
    /// Whether there is a deadline for the answer to the peer's Close frame.
    answers: bool,
    /// The timer for all deadlines, created with the first one.
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the timer is set to the next deadline and will wake the task.
    armed: bool,
    /// The task that handles and the transport wake. This copy makes it possible to compare tasks without a lock.
    task: Option<Waker>,
    watch: W,
}

/// The stage that the connection has reached, independently of its endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// A Close frame was sent or received (RFC 6455, section 7.1.2). Everything that was sent before it is still
    /// written, and the peer has until this time to answer.
    Closing(Instant),
    /// Our Close frame is written, and the peer's will not come. Closing a socket with unread data resets the
    /// connection, and a reset may overtake our Close frame, so the peer has until this time to end its side first.
    Draining(Instant),
    /// Both sides have sent a Close frame. A transport may need another message of its own to end (TLS), for which
    /// the peer has until this time.
    Ending(Instant),
    /// The transport is gone. An endpoint that still runs at this time is removed from everything that the connection
    /// took part in.
    Over(Instant),
    /// Only the endpoint is left to run.
    Done,
}

impl<IO: AsyncRead + AsyncWrite + Unpin, W: Watch> Driver<IO, W> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.register(cx) {
            self.enter_over();
            return Poll::Ready(());
        }
        // Everything that the endpoint sends during one poll goes out in one write.
        if let Some(endpoint) = &mut self.endpoint {
            if let Poll::Ready(close) = endpoint.as_mut().poll(cx) {
                self.endpoint = None;
                // The first close wins: if the endpoint has closed by itself, or the peer has left, this one is
                // ignored.
                let _ = self.outbox().close(close.unwrap_or_else(Close::internal_error));
            }
        }
        loop {
            let stage = self.stage;
            match stage {
                Stage::Open => self.drive_open(cx),
                Stage::Closing(_) => self.drive_closing(cx),
                Stage::Draining(_) => self.drive_draining(cx),
                Stage::Ending(_) => self.drive_ending(cx),
                Stage::Over(_) | Stage::Done => {}
            }
            if self.stage != stage || self.poll_timer(cx) {
                continue;
            }
            return match (self.stage, &self.endpoint) {
                (Stage::Over(_) | Stage::Done, None) => Poll::Ready(()),
                _ => Poll::Pending,
            };
        }
    }

    fn outbox(&self) -> &Outbox {
        &self.inbox.outbox
    }

    /// Notes that the driver is running, and in which task. Returns `true` if it should go on.
    fn register(&mut self, cx: &Context<'_>) -> bool {
        if !self.task.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            self.inbox.set_driver(cx.waker());
            self.task = Some(cx.waker().clone());
        }
        self.outbox().resume()
    }

    fn drive_open(&mut self, cx: &mut Context<'_>) {
        // If the connection is already closed, the next stage does the reading and writing.
        if !self.outbox().is_closed() {
            let (written, answers, signs, is_blocked) = self.inbox.with(|state| {
                state.read_ahead(&self.inbox.outbox, cx);
                let written = poll_write(state, &self.inbox.outbox, cx);
                if written.is_ready() {
                    state.flushed(&self.inbox.outbox, cx);
                }
                (written, state.answer_deadline().is_some(), state.take_signs(), state.socket.is_blocked())
            });
            self.note_signs(signs, is_blocked);
            if self.answers != answers {
                self.answers = answers;
                self.armed = false;
            }
            let keepalive = self.keepalive.as_mut().filter(|_| written.is_ready());
            if keepalive.is_some_and(|keepalive| keepalive.flushed(Instant::now)) {
                self.armed = false;
            }
        }
        if self.outbox().take_renewed() {
            self.armed = false;
        }
        if self.outbox().is_closed() {
            let until = Instant::now() + self.outbox().limits().close_timeout;
            self.enter(Stage::Closing(until));
        }
    }

    /// Records the signs that the peer lives and reads, or that it does not.
    fn note_signs(&mut self, signs: Signs, is_blocked: bool) {
        let Signs { seen, ponged, written } = signs;
        if let Some(keepalive) = &mut self.keepalive {
            if seen {
                keepalive.heard();
            }
            if ponged {
                if let Some(time) = keepalive.ponged(Instant::now) {
                    self.inbox.outbox.set_rtt(time);
                }
            }
            keepalive.wrote(written.written, written.resumed);
        }
        if !is_blocked {
            self.stalled = None;
        } else if self.stalled.is_none() || written.written > 0 {
            self.stalled = Some(Instant::now());
            self.armed = false;
        }
    }

    /// Returns the time at which the peer will have taken nothing for too long.
    fn send_deadline(&self) -> Option<Instant> {
        Some(self.stalled? + self.outbox().limits().send_timeout)
    }

    fn drive_closing(&mut self, cx: &mut Context<'_>) {
        let (reading, heard, told) = self.inbox.with(|state| {
            let heard = state.poll_discard(&self.inbox.outbox, cx);
            let told = poll_write(state, &self.inbox.outbox, cx);
            (state.reading, heard, told)
        });
        match (reading, heard, told) {
            (Reading::Lost, ..) => self.enter_over(),
            // Both Close frames have been delivered, and nothing is left unread.
            (Reading::Closed, _, Poll::Ready(())) => {
                self.enter(Stage::Ending(Instant::now() + DRAIN_TIMEOUT));
            }
            (_, Poll::Ready(()), Poll::Ready(())) => {
                self.enter(Stage::Draining(Instant::now() + DRAIN_TIMEOUT));
            }
            _ => {}
        }
    }

    /// Ends the transport: the server is the first to close the TCP connection (RFC 6455, section 7.1.1).
    fn drive_ending(&mut self, cx: &mut Context<'_>) {
        if self.inbox.with(|state| state.socket.poll_end(cx)).is_ready() {
            self.enter_over();
        }
    }

    fn drive_draining(&mut self, cx: &mut Context<'_>) {
        let drained = self.inbox.with(|state| state.socket.poll_drain(cx));
        if drained.is_ready() {
            self.enter_over();
        }
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.armed = false;
    }

    /// Releases the socket. The endpoint may go on without it.
    fn enter_over(&mut self) {
        self.inbox.with(|state| state.lose(self.outbox()));
        self.enter(Stage::Over(Instant::now() + self.outbox().limits().close_timeout));
        self.watch.over();
    }

    /// Returns `true` if a deadline has passed and was acted on.
    ///
    /// Traffic does not move the timer. When it fires, all deadlines are checked again.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.armed {
            let Some(deadline) = self.deadline() else { return false };
            match &mut self.timer {
                Some(timer) => timer.as_mut().reset(deadline),
                None => self.timer = Some(Box::pin(sleep_until(deadline))),
            }
            self.armed = true;
        } else if !self.timer.as_ref().is_some_and(|timer| timer.is_elapsed()) {
            return false;
        }
        // The timer is polled unconstrained: once the task has used up its budget, the timer would neither fire nor
        // be set.
        let fired = self.timer.as_mut().is_some_and(|timer| pin!(unconstrained(timer)).poll(cx).is_ready());
        if fired {
            self.armed = false;
            self.on_deadline(Instant::now());
        }
        fired
    }

    fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Open => {
                let ping = self.keepalive.as_ref().and_then(Keepalive::deadline);
                let (idle, answer) = self.inbox.deadlines();
                let expiry = self.outbox().expires_at();
                [ping, idle, self.send_deadline(), answer, expiry].into_iter().flatten().min()
            }
            Stage::Closing(until) | Stage::Draining(until) | Stage::Ending(until) => Some(until),
            Stage::Over(until) => self.endpoint.is_some().then_some(until),
            Stage::Done => None,
        }
    }

    fn on_deadline(&mut self, now: Instant) {
        match self.stage {
            Stage::Open => {
                let (idle, answer) = self.inbox.deadlines();
                if idle.is_some_and(|deadline| deadline <= now) {
                    self.inbox.report_idle(now);
                }
                if answer.is_some_and(|deadline| deadline <= now) {
                    self.inbox.with(|state| state.answer(&self.inbox.outbox));
                }
                self.outbox().expire(now);
                if self.send_deadline().is_some_and(|deadline| deadline <= now) {
                    let _ = self.outbox().close(slow_peer());
                }
                let (signs, is_blocked, is_paused) = self.inbox.with(|state| state.signs(&self.inbox.outbox));
                self.note_signs(signs, is_blocked);
                match self.keepalive.as_mut().map(|keepalive| keepalive.check(now, is_paused)) {
                    Some(Action::Ping) => {
                        self.outbox().ping();
                    }
                    Some(Action::GiveUp) => {
                        let _ = self.outbox().close(dead_peer());
                    }
                    Some(Action::Wait) | None => {}
                }
            }
            Stage::Closing(_) | Stage::Draining(_) | Stage::Ending(_) => self.enter_over(),
            Stage::Over(_) => {
                self.outbox().expel();
                self.enter(Stage::Done);
            }
            Stage::Done => {}
        }
    }
}

/// Writes what was sent, even if reading has used up the task's budget. Otherwise a peer that never pauses would not
/// hear anything. The amount written is bounded.
fn poll_write<IO: AsyncRead + AsyncWrite + Unpin>(
    state: &mut State<IO>,
    outbox: &Outbox,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let held_back = outbox.holds_pong();
    let write = poll_fn(|cx| state.socket.poll_write(outbox, cx));
    let written = pin!(unconstrained(write)).poll(cx);
    if let Poll::Ready(Err(_)) = written {
        state.lose(outbox);
    }
    if held_back && !outbox.holds_pong() {
        // Reading was held back until the peer had taken data, so the driver has to run again.
        cx.waker().wake_by_ref();
    }
    written.map(|_| ())
}
