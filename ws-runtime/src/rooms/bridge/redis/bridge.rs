//! [`Bridge`]: the task that keeps a session with Redis open, one after another.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::{sync::mpsc::UnboundedReceiver, time::sleep};
use tracing::field;

use super::{
    BridgeFailure, BridgeState, Redis,
    command::Command,
    scripts::Names,
    session::{Session, SessionEnded},
    shared::Shared,
    wire::Node,
};
use crate::{
    observe,
    rooms::{random::random, registry::Registry},
};

/// The shortest and the longest pause between two attempts to connect; jitter may double either. They are kept
/// below a third of a lease, so that all processes can come back before one of them gives up on another.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The bridge to other processes. It ends when the last handle of the rooms is dropped.
pub(super) struct Bridge {
    pub(super) redis: Redis,
    pub(super) names: Names,
    pub(super) shared: Arc<Shared>,
    pub(super) registry: Weak<Registry>,
    pub(super) commands: UnboundedReceiver<Command>,
    /// The messages that were still waiting when the previous session ended.
    pub(super) backlog: VecDeque<Command>,
}

impl Bridge {
    pub(super) fn new(
        redis: Redis,
        shared: Arc<Shared>,
        registry: Weak<Registry>,
        commands: UnboundedReceiver<Command>,
    ) -> Self {
        let names = Names::new(&redis.prefix, redis.servers.database(), Node::from(random()));
        Self { redis, names, shared, registry, commands, backlog: VecDeque::new() }
    }

    pub(super) async fn run(mut self) {
        let mut pauses = pauses(self.redis.lease);
        let mut attempts = 0;
        let mut known = None;
        loop {
            let ended = Session::run(&mut self).await;
            self.shared.open.store(false, Ordering::Release);
            self.unsync();
            self.keep_messages();
            let error = match ended {
                Ok(SessionEnded) => return,
                Err(error) => error,
            };
            if *self.shared.state.borrow() == BridgeState::Connected {
                pauses = self::pauses(self.redis.lease);
                attempts = 0;
                known = None;
            }
            attempts += 1;
            let reason = BridgeFailure::of(&error);
            self.shared.state.send_replace(BridgeState::Reconnecting { attempts, reason });
            if known.replace(reason) == Some(reason) {
                tracing::debug!(%error, attempts, "Redis is still away");
            } else {
                observe::warn!(
                    "Redis is away: rooms go on within this process",
                    reason = field::display(&reason),
                    error = field::display(&error)
                );
            }
            sleep(pauses.next().unwrap_or(PAUSES.1)).await;
            if self.registry.strong_count() == 0 {
                return;
            }
        }
    }

    /// What rooms remember may grow without this process.
    fn unsync(&self) {
        let rosters = self.registry.upgrade().map(|registry| registry.rosters()).unwrap_or_default();
        for roster in rosters {
            roster.unsync();
        }
    }

    /// Removes everything but what rooms say from the queue: the next session reads the rest anew, and nobody waits for it. What
    /// Redis may not have got comes first.
    fn keep_messages(&mut self) {
        for publish in self.shared.unconfirmed().drain(..).rev() {
            self.shared.queue.put_back(publish.message.len());
            self.backlog.push_front(Command::Publish(publish));
        }
        while let Ok(command) = self.commands.try_recv() {
            if command.is_said() {
                self.backlog.push_back(command);
            }
        }
    }
}

fn pauses(lease: Duration) -> ExponentialBackoff {
    let longest = PAUSES.1.min(lease / 3);
    ExponentialBuilder::new()
        .with_min_delay(PAUSES.0.min(longest))
        .with_max_delay(longest)
        .without_max_times()
        .with_jitter()
        .build()
}
