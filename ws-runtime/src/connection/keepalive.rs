//! [`Keepalive`]: pings, and what the peer's silence after them means.

use std::time::Duration;

use tokio::time::Instant;

/// When the next ping is due, or by when the peer must have shown life.
pub(super) struct Keepalive {
    interval: Duration,
    timeout: Duration,
    ping: Ping,
}

enum Ping {
    /// The next one is due then.
    Due(Instant),
    /// It waits to be written.
    Queued,
    /// It is on its way since then; whether it was answered is looked at when the next would be due.
    Sent { since: Instant, next: Instant },
}

/// What is to be done when a deadline has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    Wait,
    Ping,
    /// The peer is dead.
    GiveUp,
}

impl Keepalive {
    pub(super) fn new(interval: Duration, timeout: Duration, now: Instant) -> Self {
        Self { interval, timeout, ping: Ping::Due(now + interval) }
    }

    /// When to call [`check`](Self::check); `None` while a ping waits to be written, as the peer cannot answer what it
    /// was not sent.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.ping {
            Ping::Due(due) => Some(due),
            Ping::Queued => None,
            Ping::Sent { since, next } => Some(next.min(since + self.timeout)),
        }
    }

    /// `alive` says whether bytes came in since the ping was sent, `paused` whether we do not read what comes.
    pub(super) fn check(&mut self, now: Instant, alive: bool, paused: bool) -> Action {
        match self.ping {
            Ping::Due(due) if due <= now => {
                self.ping = Ping::Queued;
                Action::Ping
            }
            Ping::Sent { since, .. } if alive => {
                self.ping = Ping::Due(since + self.interval);
                self.check(now, false, paused)
            }
            Ping::Sent { since, .. } if since + self.timeout <= now => {
                if !paused {
                    return Action::GiveUp;
                }
                self.ping = self.sent(now);
                Action::Wait
            }
            Ping::Sent { since, next } if next <= now => {
                // The pong of a slow peer may still come.
                self.ping = Ping::Sent { since, next: now + self.interval };
                Action::Wait
            }
            _ => Action::Wait,
        }
    }

    /// Everything that was queued is written. Whether a ping was among it.
    pub(super) fn flushed(&mut self, now: impl FnOnce() -> Instant) -> bool {
        let queued = matches!(self.ping, Ping::Queued);
        if queued {
            self.ping = self.sent(now());
        }
        queued
    }

    fn sent(&self, now: Instant) -> Ping {
        Ping::Sent { since: now, next: now + self.interval }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn sent(interval: u32, timeout: u32) -> (Keepalive, Instant) {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(interval * SECOND, timeout * SECOND, start);
        let due = start + interval * SECOND;
        assert_eq!(keepalive.deadline(), Some(due));
        assert_eq!(keepalive.check(due, true, false), Action::Ping);
        assert_eq!(keepalive.deadline(), None);
        assert!(keepalive.flushed(|| due));
        (keepalive, due)
    }

    #[test]
    fn pings_go_out_at_the_interval() {
        for timeout in [1, 4, 20] {
            let (mut keepalive, sent) = sent(4, timeout);
            let (action, now) = loop {
                let now = keepalive.deadline().unwrap();
                match keepalive.check(now, true, false) {
                    Action::Wait => {}
                    action => break (action, now),
                }
            };
            assert_eq!((action, now), (Action::Ping, sent + 4 * SECOND), "timeout {timeout}");
        }
    }

    #[test]
    fn a_slow_pong_is_noticed_when_the_next_ping_would_be_due() {
        let (mut keepalive, sent) = sent(2, 10);
        assert_eq!(keepalive.deadline(), Some(sent + 2 * SECOND));
        assert_eq!(keepalive.check(sent + 2 * SECOND, false, false), Action::Wait);
        assert_eq!(keepalive.deadline(), Some(sent + 4 * SECOND));
        assert_eq!(keepalive.check(sent + 4 * SECOND, true, false), Action::Ping);
    }

    #[test]
    fn silence_past_the_timeout_is_death() {
        for (interval, timeout) in [(4, 1), (4, 4), (4, 20)] {
            let (mut keepalive, sent) = sent(interval, timeout);
            let (action, now) = loop {
                let now = keepalive.deadline().unwrap();
                match keepalive.check(now, false, false) {
                    Action::Wait => {}
                    action => break (action, now),
                }
            };
            assert_eq!((action, now), (Action::GiveUp, sent + timeout * SECOND), "timeout {timeout}");
        }
    }

    #[test]
    fn a_peer_that_we_do_not_read_is_not_dead() {
        let (mut keepalive, sent) = sent(4, 4);
        let late = sent + 4 * SECOND;
        assert_eq!(keepalive.check(late, false, true), Action::Wait);
        assert_eq!(keepalive.deadline(), Some(late + 4 * SECOND));
    }
}
