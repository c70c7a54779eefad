//! [`Keepalive`]: says when pings are due, and what the peer's silence after them means.

use std::{mem, time::Duration};

use tokio::time::Instant;

/// Tracks when the next ping is due, and by when the peer must have shown a sign of life.
///
/// Any data that arrives is a sign of life, not only a pong. A transport that takes more after it was full is one
/// too, as only a peer that reads makes room.
#[derive(Debug)]
pub(crate) struct Keepalive {
    interval: Duration,
    timeout: Duration,
    ping: Ping,
    /// Whether there was a sign of life since the ping was sent.
    alive: bool,
    /// Whether the pong that answers the ping has been seen, or would come too late to say anything.
    answered: bool,
    /// How much was written that no pong has confirmed yet, in bytes.
    unanswered: u64,
    /// How much of it was written after the last ping, in bytes.
    behind_ping: u64,
}

#[derive(Debug)]
enum Ping {
    /// The next ping is due at this time.
    Due(Instant),
    /// A ping waits to be written.
    Queued,
    /// The transport has had the ping since this time. When the next one would be due, the answer is checked.
    Sent { since: Instant, next: Instant },
}

/// What to do when a deadline has passed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Wait,
    Ping,
    /// The peer is dead.
    GiveUp,
}

/// Up to this many bytes, the data on its way to the peer takes no time worth mentioning.
const QUICK: u64 = 256 * 1024;

/// The slowest link, in bytes per second, that is not taken for dead while a ping is on its way behind other data.
const SLOWEST: u64 = 32 * 1024;

/// The most time that the peer is given in addition, for data that is on its way to it.
const LONGEST: Duration = Duration::from_secs(60);

impl Keepalive {
    pub(crate) fn new(interval: Duration, timeout: Duration, now: Instant) -> Self {
        let ping = Ping::Due(now + interval);
        Self { interval, timeout, ping, alive: false, answered: true, unanswered: 0, behind_ping: 0 }
    }

    /// Returns when to call [`check`](Self::check), or `None` while a ping waits to be written: the peer cannot
    /// answer what it was not sent.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.ping {
            Ping::Due(due) => Some(due),
            Ping::Queued => None,
            Ping::Sent { since, next } => Some(next.min(since + self.patience())),
        }
    }

    /// Returns what to do now. If `paused` is `true`, incoming data is not being read, so silence means nothing.
    pub(crate) fn check(&mut self, now: Instant, paused: bool) -> Action {
        match self.ping {
            Ping::Due(due) if due <= now => {
                self.ping = Ping::Queued;
                Action::Ping
            }
            Ping::Sent { since, .. } if self.alive => {
                self.ping = Ping::Due(since + self.interval);
                self.check(now, paused)
            }
            Ping::Sent { since, .. } if since + self.patience() <= now => {
                if !paused {
                    return Action::GiveUp;
                }
                self.ping = self.sent(now);
                self.answered = true;
                Action::Wait
            }
            Ping::Sent { since, next } if next <= now => {
                // A slow peer may still send its pong.
                self.ping = Ping::Sent { since, next: now + self.interval };
                Action::Wait
            }
            _ => Action::Wait,
        }
    }

    /// Records that bytes arrived.
    pub(crate) fn heard(&mut self) {
        self.alive = true;
    }

    /// Records that the transport took so many bytes. `resumed` is `true` if it had taken nothing before.
    pub(crate) fn wrote(&mut self, bytes: u64, resumed: bool) {
        self.unanswered += bytes;
        self.behind_ping += bytes;
        self.alive |= resumed;
    }

    /// Records that everything that was queued has been written. Returns `true` if a ping was part of it.
    pub(crate) fn flushed(&mut self, now: impl FnOnce() -> Instant) -> bool {
        let queued = matches!(self.ping, Ping::Queued);
        if queued {
            self.ping = self.sent(now());
            self.alive = false;
            self.answered = false;
            self.behind_ping = 0;
        }
        queued
    }

    /// Records that a pong arrived: the peer has read what was written before the last ping. Returns how long the ping
    /// was on its way, if this pong is the first one after it.
    pub(crate) fn ponged(&mut self, now: impl FnOnce() -> Instant) -> Option<Duration> {
        self.unanswered = self.behind_ping;
        match self.ping {
            Ping::Sent { since, .. } if !mem::replace(&mut self.answered, true) => {
                Some(now().saturating_duration_since(since))
            }
            _ => None,
        }
    }

    /// Returns how long the peer may be silent after a ping. The time is longer if much data was sent before the
    /// ping.
    fn patience(&self) -> Duration {
        let before_ping = self.unanswered - self.behind_ping;
        let slow = Duration::from_secs(before_ping.saturating_sub(QUICK) / SLOWEST);
        self.timeout.saturating_add(slow.min(LONGEST))
    }

    fn sent(&self, now: Instant) -> Ping {
        Ping::Sent { since: now, next: now + self.interval }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn sent(interval: u32, timeout: u32, before: u64) -> (Keepalive, Instant) {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(interval * SECOND, timeout * SECOND, start);
        let due = start + interval * SECOND;
        assert_eq!(keepalive.deadline(), Some(due));
        keepalive.heard();
        assert_eq!(keepalive.check(due, false), Action::Ping);
        assert_eq!(keepalive.deadline(), None);
        keepalive.wrote(before, false);
        assert!(keepalive.flushed(|| due));
        (keepalive, due)
    }

    /// Waits for the final action. Returns it with its time.
    fn wait(keepalive: &mut Keepalive, alive: bool) -> (Action, Instant) {
        loop {
            let now = keepalive.deadline().unwrap();
            if alive {
                keepalive.heard();
            }
            match keepalive.check(now, false) {
                Action::Wait => {}
                action => return (action, now),
            }
        }
    }

    #[test]
    fn pings_go_out_at_the_interval() {
        for timeout in [1, 4, 20] {
            let (mut keepalive, sent) = sent(4, timeout, 0);
            assert_eq!(wait(&mut keepalive, true), (Action::Ping, sent + 4 * SECOND), "timeout {timeout}");
        }
    }

    #[test]
    fn a_slow_pong_is_noticed_when_the_next_ping_would_be_due() {
        let (mut keepalive, sent) = sent(2, 10, 0);
        assert_eq!(keepalive.deadline(), Some(sent + 2 * SECOND));
        assert_eq!(keepalive.check(sent + 2 * SECOND, false), Action::Wait);
        assert_eq!(keepalive.deadline(), Some(sent + 4 * SECOND));
        keepalive.heard();
        assert_eq!(keepalive.check(sent + 4 * SECOND, false), Action::Ping);
    }

    #[test]
    fn silence_past_the_timeout_is_death() {
        for (interval, timeout) in [(4, 1), (4, 4), (4, 20)] {
            let (mut keepalive, sent) = sent(interval, timeout, QUICK);
            let expected = (Action::GiveUp, sent + timeout * SECOND);
            assert_eq!(wait(&mut keepalive, false), expected, "timeout {timeout}");
        }
    }

    #[test]
    fn a_peer_that_we_do_not_read_is_not_dead() {
        let (mut keepalive, sent) = sent(4, 4, 0);
        let late = sent + 4 * SECOND;
        assert_eq!(keepalive.check(late, true), Action::Wait);
        assert_eq!(keepalive.deadline(), Some(late + 4 * SECOND));
    }

    #[test]
    fn a_peer_that_makes_room_lives() {
        let (mut keepalive, sent) = sent(4, 2, 0);
        keepalive.wrote(1, true);
        assert_eq!(keepalive.check(sent + 2 * SECOND, false), Action::Wait);
        assert_eq!(keepalive.deadline(), Some(sent + 4 * SECOND));
    }

    #[test]
    fn a_ping_behind_much_else_may_be_answered_later() {
        for (before, more) in [(QUICK + 10 * SLOWEST, 10), (1 << 30, 60)] {
            let (mut keepalive, sent) = sent(4, 4, before);
            // Data after the ping does not count.
            keepalive.wrote(1 << 30, false);
            assert_eq!(wait(&mut keepalive, false), (Action::GiveUp, sent + (4 + more) * SECOND));
        }
    }

    #[test]
    fn what_a_pong_has_answered_for_is_no_longer_on_its_way() {
        let (mut keepalive, first) = sent(4, 4, 1 << 30);
        keepalive.ponged(Instant::now);
        assert_eq!(wait(&mut keepalive, true), (Action::Ping, first + 4 * SECOND));
        let second = first + 5 * SECOND;
        assert!(keepalive.flushed(|| second));
        assert_eq!(wait(&mut keepalive, false), (Action::GiveUp, second + 4 * SECOND));
    }
}
