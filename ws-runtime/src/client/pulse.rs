//! [`Pulse`]: whether the server lives.

use std::time::Duration;

use tokio::time::Instant;

/// Pings that go out when the server is silent, and what further silence means.
pub(super) struct Pulse {
    interval: Option<Duration>,
    timeout: Duration,
    /// When something came in last.
    heard: Instant,
    ping: Option<Ping>,
}

struct Ping {
    /// When it was sent, or the transport last took a part of more than it could take.
    since: Instant,
    written: bool,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    Wait,
    Ping,
    GiveUp,
}

impl Pulse {
    pub(super) fn new(interval: Option<Duration>, timeout: Duration, now: Instant) -> Self {
        Self { interval, timeout, heard: now, ping: None }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.ping {
            Some(ping) => Some(ping.since + self.timeout),
            None => self.interval.map(|interval| self.heard + interval),
        }
    }

    /// Something came in.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.ping = None;
    }

    /// The transport took something; `all` if nothing is left. As long as something is, that the server takes it is a sign
    /// of life: it may be that nobody reads the pong meanwhile.
    pub(super) fn wrote(&mut self, now: Instant, all: bool) {
        if let Some(ping) = self.ping.as_mut().filter(|ping| !(ping.written && all)) {
            ping.since = now;
            ping.written |= all;
        }
    }

    /// `paused` says that the user does not receive, so we do not read what comes: then silence means nothing.
    pub(super) fn check(&mut self, now: Instant, paused: bool) -> Action {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Action::Wait;
        }
        match &mut self.ping {
            None => {
                self.ping = Some(Ping { since: now, written: false });
                Action::Ping
            }
            Some(ping) if paused => {
                ping.since = now;
                Action::Wait
            }
            Some(_) => Action::GiveUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pinged() -> (Pulse, Instant) {
        let start = Instant::now();
        let mut pulse = Pulse::new(Some(4 * SECOND), 2 * SECOND, start);
        assert_eq!(pulse.check(start + 3 * SECOND, false), Action::Wait);
        let due = start + 4 * SECOND;
        assert_eq!((pulse.deadline(), pulse.check(due, false)), (Some(due), Action::Ping));
        (pulse, due)
    }

    #[test]
    fn silence_after_a_ping_is_death() {
        let (mut pulse, sent) = pinged();
        pulse.wrote(sent, true);
        pulse.wrote(sent + SECOND, true);
        assert_eq!(pulse.check(sent + SECOND, false), Action::Wait);
        assert_eq!(pulse.check(sent + 2 * SECOND, false), Action::GiveUp);
    }

    #[test]
    fn anything_that_comes_is_life() {
        let (mut pulse, sent) = pinged();
        pulse.heard(sent + SECOND);
        assert_eq!(pulse.deadline(), Some(sent + 5 * SECOND));
        assert_eq!(pulse.check(sent + 2 * SECOND, false), Action::Wait);
    }

    #[test]
    fn a_server_that_reads_what_stands_before_the_ping_lives() {
        let (mut pulse, sent) = pinged();
        pulse.wrote(sent + SECOND, false);
        assert_eq!(pulse.check(sent + 2 * SECOND, false), Action::Wait);
        assert_eq!(pulse.check(sent + 3 * SECOND, false), Action::GiveUp);
    }

    #[test]
    fn a_server_that_takes_what_was_sent_since_the_ping_lives() {
        let (mut pulse, sent) = pinged();
        pulse.wrote(sent, true);
        pulse.wrote(sent + SECOND, false);
        assert_eq!(pulse.check(sent + 2 * SECOND, false), Action::Wait);
        assert_eq!(pulse.check(sent + 3 * SECOND, false), Action::GiveUp);
    }

    #[test]
    fn a_server_that_we_do_not_read_is_not_dead() {
        let (mut pulse, sent) = pinged();
        assert_eq!(pulse.check(sent + 2 * SECOND, true), Action::Wait);
        assert_eq!(pulse.deadline(), Some(sent + 4 * SECOND));
    }

    #[test]
    fn without_an_interval_there_are_no_pings() {
        let now = Instant::now();
        let mut pulse = Pulse::new(None, SECOND, now);
        assert_eq!((pulse.deadline(), pulse.check(now + 100 * SECOND, false)), (None, Action::Wait));
    }
}
