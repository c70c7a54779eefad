//! [`drive`]: the one task of a connection.

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
    limits::{DRAIN_TIMEOUT, dead_peer, slow_peer},
    read::{Inbox, Reading, Signs, State},
};
use crate::{
    Close,
    protocol::{Action, Keepalive},
};

/// An endpoint from its first guard to its close; `None` if there is nobody left to close.
pub(crate) type Running = Pin<Box<dyn Future<Output = Option<Close>> + Send>>;

/// Is told when a connection is over. Its endpoint may go on to do something else.
pub(crate) trait Watch {
    /// May be told again.
    fn over(&mut self);
}

/// Runs an endpoint on its connection, and ends the connection when the endpoint ends. Completes when both have, or
/// the connection is abandoned. `attach` is what the endpoint waits for, if it was accepted; `watch` is told when the
/// connection is over, whatever the endpoint still does.
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
            attach.attach(Arc::clone(&driver.inbox) as Attached, cx.waker());
        }
        driver.poll(cx)
    })
}

struct Driver<IO, W> {
    inbox: Arc<Inbox<IO>>,
    endpoint: Option<Running>,
    stage: Stage,
    keepalive: Option<Keepalive>,
    /// Since when the transport has taken nothing of what waits.
    stalled: Option<Instant>,
    /// There is a deadline for the answer to the peer's Close frame.
    answers: bool,
    /// One for all deadlines, from the first one on.
    timer: Option<Pin<Box<Sleep>>>,
    /// The timer is set to the next deadline, and will wake the task.
    armed: bool,
    /// The task that handles and transport wake: known here too, so that no lock is needed to see that it is the same.
    task: Option<Waker>,
    watch: W,
}

/// How far the connection is, whatever its endpoint still does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// A Close frame was sent or received (RFC 6455, section 7.1.2): what was sent goes out, and the peer has until
    /// then to answer.
    Closing(Instant),
    /// Our Close frame is on its way, and the peer's will not come. A socket that is closed with unread data resets,
    /// and a reset may overtake our Close frame: so the peer has until then to end first.
    Draining(Instant),
    /// Both sides have closed. To say so may take a transport another message of its own (TLS), for which the peer has
    /// until then.
    Ending(Instant),
    /// The transport is gone. An endpoint that still goes on then is taken out of what the connection took part in.
    Over(Instant),
    /// Nothing is left to do but to run the endpoint.
    Done,
}

impl<IO: AsyncRead + AsyncWrite + Unpin, W: Watch> Driver<IO, W> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.attend(cx) {
            self.enter_over();
            return Poll::Ready(());
        }
        // Everything that the endpoint sends in one poll goes out in one write.
        if let Some(endpoint) = &mut self.endpoint {
            if let Poll::Ready(close) = endpoint.as_mut().poll(cx) {
                self.endpoint = None;
                // The first close wins: an endpoint that closed by itself, or a peer that left, has nothing to add.
                let _ = self.outbox().close(close.unwrap_or_else(Close::internal_error));
            }
        }
        loop {
            let stage = self.stage;
            match stage {
                Stage::Open => self.serve(cx),
                Stage::Closing(_) => self.close(cx),
                Stage::Draining(_) => self.drain(cx),
                Stage::Ending(_) => self.end(cx),
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

    /// Says that the driver is running, and whose task it is. Whether it should go on.
    fn attend(&mut self, cx: &Context<'_>) -> bool {
        if !self.task.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            self.inbox.set_driver(cx.waker());
            self.task = Some(cx.waker().clone());
        }
        self.outbox().resume()
    }

    fn serve(&mut self, cx: &mut Context<'_>) {
        // If it is closed already, what there is to read and to write is the matter of the next stage.
        if !self.outbox().is_closed() {
            let (written, answers, signs, is_blocked) = self.inbox.with(|state| {
                state.read_ahead(&self.inbox.outbox, cx);
                let written = poll_write(state, &self.inbox.outbox, cx);
                if written.is_ready() {
                    state.flushed(&self.inbox.outbox, cx);
                }
                (written, state.answer_deadline().is_some(), state.take_signs(), state.socket.is_blocked())
            });
            self.heed(signs, is_blocked);
            if self.answers != answers {
                self.answers = answers;
                self.armed = false;
            }
            let keepalive = self.keepalive.as_mut().filter(|_| written.is_ready());
            if keepalive.is_some_and(|keepalive| keepalive.flushed(Instant::now)) {
                self.armed = false;
            }
        }
        if self.outbox().is_closed() {
            let until = Instant::now() + self.outbox().limits().close_timeout;
            self.enter(Stage::Closing(until));
        }
    }

    /// Takes note of what shows that the peer lives and reads, or that it does not.
    fn heed(&mut self, signs: Signs, is_blocked: bool) {
        let Signs { seen, ponged, written } = signs;
        if let Some(keepalive) = &mut self.keepalive {
            if seen {
                keepalive.heard();
            }
            if ponged {
                keepalive.ponged();
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

    /// When the peer has taken nothing for too long.
    fn send_deadline(&self) -> Option<Instant> {
        Some(self.stalled? + self.outbox().limits().send_timeout)
    }

    fn close(&mut self, cx: &mut Context<'_>) {
        let (reading, heard, told) = self.inbox.with(|state| {
            let heard = state.poll_discard(&self.inbox.outbox, cx);
            let told = poll_write(state, &self.inbox.outbox, cx);
            (state.reading, heard, told)
        });
        match (reading, heard, told) {
            (Reading::Lost, ..) => self.enter_over(),
            // Both Close frames are where they belong, and nothing is left unread.
            (Reading::Closed, _, Poll::Ready(())) => {
                self.enter(Stage::Ending(Instant::now() + DRAIN_TIMEOUT));
            }
            (_, Poll::Ready(()), Poll::Ready(())) => {
                self.enter(Stage::Draining(Instant::now() + DRAIN_TIMEOUT));
            }
            _ => {}
        }
    }

    /// The server is the first to end the TCP connection (RFC 6455, section 7.1.1).
    fn end(&mut self, cx: &mut Context<'_>) {
        if self.inbox.with(|state| state.socket.poll_end(cx)).is_ready() {
            self.enter_over();
        }
    }

    fn drain(&mut self, cx: &mut Context<'_>) {
        let drained = self.inbox.with(|state| state.socket.poll_drain(cx));
        if drained.is_ready() {
            self.enter_over();
        }
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.armed = false;
    }

    /// The endpoint may go on; the socket need not.
    fn enter_over(&mut self) {
        self.inbox.with(|state| state.lose(self.outbox()));
        self.enter(Stage::Over(Instant::now() + self.outbox().limits().close_timeout));
        self.watch.over();
    }

    /// Whether a deadline has come, and something was done about it.
    ///
    /// The timer is not moved by traffic: when it fires, the deadlines are looked at again.
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
        // A task that has used up its turn would be refused, and the timer not set.
        let fired = self.timer.as_mut().is_some_and(|timer| pin!(unconstrained(timer)).poll(cx).is_ready());
        if fired {
            self.armed = false;
            self.fire(Instant::now());
        }
        fired
    }

    fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Open => {
                let ping = self.keepalive.as_ref().and_then(Keepalive::deadline);
                let (idle, answer) = self.inbox.deadlines();
                [ping, idle, self.send_deadline(), answer].into_iter().flatten().min()
            }
            Stage::Closing(until) | Stage::Draining(until) | Stage::Ending(until) => Some(until),
            Stage::Over(until) => self.endpoint.is_some().then_some(until),
            Stage::Done => None,
        }
    }

    fn fire(&mut self, now: Instant) {
        match self.stage {
            Stage::Open => {
                let (idle, answer) = self.inbox.deadlines();
                if idle.is_some_and(|deadline| deadline <= now) {
                    self.inbox.report_idle(now);
                }
                if answer.is_some_and(|deadline| deadline <= now) {
                    self.inbox.with(|state| state.answer(&self.inbox.outbox));
                }
                if self.send_deadline().is_some_and(|deadline| deadline <= now) {
                    let _ = self.outbox().close(slow_peer());
                }
                let (signs, is_blocked, is_paused) = self.inbox.with(|state| state.signs(&self.inbox.outbox));
                self.heed(signs, is_blocked);
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

/// Writes what was sent. However much of its turn the task has used up by reading: else a peer that never pauses would
/// hear nothing. What is written is bounded.
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
        // Reading was held back until the peer had read: look again.
        cx.waker().wake_by_ref();
    }
    written.map(|_| ())
}
