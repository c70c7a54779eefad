//! [`Relay`]: passes on to the bridge what rooms send, without waiting for it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, error::SendError, unbounded_channel},
        oneshot, watch,
    },
    time::timeout,
};

use super::{
    BridgeState, Redis,
    bridge::Bridge,
    command::{Claim, Command, Publish, Release},
    shared::Shared,
};
use crate::{
    Close, Message,
    rooms::{
        MemberTaken,
        history::Histories,
        join::Taken,
        registry::Registry,
        removal::Closing,
        roster::Roster,
        seats::{Known, To},
    },
};

/// The way to the bridge, if there is a bridge.
#[derive(Default)]
pub(in crate::rooms) struct Relay(Option<Link>);

struct Link {
    commands: UnboundedSender<Command>,
    shared: Arc<Shared>,
    timeout: Duration,
    flush_timeout: Duration,
    /// What the bridge starts with. It is started as soon as there is a runtime to run it.
    idle: Mutex<Option<(Redis, UnboundedReceiver<Command>)>>,
    started: AtomicBool,
}

impl Relay {
    pub(super) fn new(redis: Redis) -> Self {
        let (commands, receiver) = unbounded_channel();
        Self(Some(Link {
            commands,
            shared: Arc::new(Shared::new(&redis)),
            timeout: redis.timeout,
            flush_timeout: redis.flush_timeout,
            idle: Mutex::new(Some((redis, receiver))),
            started: AtomicBool::new(false),
        }))
    }

    /// Returns `true` if there are other processes.
    pub(in crate::rooms) fn is_remote(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn start(&self, registry: &Arc<Registry>) {
        if let Some(link) = &self.0 {
            link.start(registry);
        }
    }

    pub(super) fn state(&self) -> Option<watch::Receiver<BridgeState>> {
        self.0.as_ref().map(|link| link.shared.state.subscribe())
    }

    pub(super) fn dropped(&self) -> u64 {
        self.0.as_ref().map_or(0, |link| link.shared.dropped())
    }

    pub(super) fn missed(&self) -> u64 {
        self.0.as_ref().map_or(0, |link| link.shared.missed())
    }

    pub(super) async fn flush(&self) {
        let Some(link) = &self.0 else { return };
        let flushed = async {
            // Until the first attempt to connect is over, the bridge has been told nothing.
            let mut state = link.shared.state.subscribe();
            let _ = state.wait_for(|state| *state != BridgeState::Connecting).await;
            let (reply, done) = oneshot::channel();
            link.tell(|| Command::Flush(reply));
            // If the bridge drops the answer, it has lost its connection, and there is nothing to wait for.
            let _ = done.await;
        };
        let _ = timeout(link.flush_timeout, flushed).await;
    }

    pub(in crate::rooms) fn follow(&self, roster: &Roster) {
        if let Some(link) = &self.0 {
            link.start(roster.registry());
            link.tell(|| Command::Follow(Arc::clone(roster.name())));
        }
    }

    pub(in crate::rooms) fn unfollow(&self, room: &Arc<str>) {
        if let Some(link) = &self.0 {
            link.tell(|| Command::Unfollow(Arc::clone(room)));
        }
    }

    /// Claims an ID among all processes, if Redis answers in time.
    pub(in crate::rooms) async fn claim(
        &self,
        roster: &Roster,
        id: &Arc<str>,
        number: u64,
        known: Known,
        taken: Taken,
    ) -> Result<(), MemberTaken> {
        let Some(link) = &self.0 else { return Ok(()) };
        link.start(roster.registry());
        // Without an answer the ID is unique within this process only. The bridge claims it later, and closes the
        // member if it turns out to belong to another.
        timeout(link.timeout, link.claim(roster, id, number, known, taken)).await.unwrap_or(Ok(()))
    }

    /// Tells the others what is known of a member.
    pub(in crate::rooms) fn update(&self, roster: &Roster, id: &Arc<str>, number: u64, known: Known) {
        if let Some(link) = &self.0 {
            link.tell(|| {
                Command::Claim(Claim {
                    room: Arc::clone(roster.name()),
                    id: Arc::clone(id),
                    number,
                    known,
                    taken: Taken::Refuse,
                    reply: None,
                })
            });
        }
    }

    pub(in crate::rooms) fn release(
        &self,
        roster: &Roster,
        id: &Arc<str>,
        number: u64,
        farewell: Option<&Message>,
        untold: bool,
    ) {
        if let Some(link) = &self.0 {
            link.tell(|| {
                Command::Release(Release {
                    room: Arc::clone(roster.name()),
                    id: Arc::clone(id),
                    number,
                    farewell: farewell.cloned(),
                    untold,
                })
            });
        }
    }

    pub(in crate::rooms) fn close(&self, roster: &Roster, to: To<'_>, close: &Close) {
        if let Some(link) = &self.0 {
            link.start(roster.registry());
            let command = || Command::Close {
                room: Arc::clone(roster.name()),
                target: to.into(),
                close: close.clone(),
            };
            link.say(0, command);
        }
    }

    /// Closes connections after their room has received from Redis what was sent before. Gives them back if Redis is away.
    pub(in crate::rooms) fn close_here(&self, closing: Closing) -> Option<Closing> {
        let link = self.0.as_ref().filter(|link| link.shared.open.load(Ordering::Acquire));
        let Some(link) = link else { return Some(closing) };
        match link.commands.send(Command::CloseHere(closing)) {
            Err(SendError(Command::CloseHere(closing))) => Some(closing),
            _ => None,
        }
    }

    pub(in crate::rooms) fn retain(&self, roster: &Roster, message: Option<&Message>, tell: bool) {
        if let Some(link) = &self.0 {
            link.start(roster.registry());
            let command =
                || Command::Retain { room: Arc::clone(roster.name()), message: message.cloned(), tell };
            link.say(message.map_or(0, Message::len), command);
        }
    }

    pub(in crate::rooms) fn publish(
        &self,
        roster: &Roster,
        to: To<'_>,
        message: &Message,
        history: Option<Arc<Histories>>,
    ) {
        if let Some(link) = &self.0 {
            link.start(roster.registry());
            // The lock of the room is held, so the numbers grow in the order of the queue.
            let number = |histories| (link.shared.next_number(), histories);
            link.say(message.len(), || {
                Command::Publish(Publish {
                    room: Arc::clone(roster.name()),
                    target: to.into(),
                    message: message.clone(),
                    history: history.map(number),
                })
            });
        }
    }
}

impl Link {
    fn start(&self, registry: &Arc<Registry>) {
        if self.started.load(Ordering::Relaxed) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        if let Some((redis, commands)) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.started.store(true, Ordering::Relaxed);
            let bridge = Bridge::new(redis, Arc::clone(&self.shared), Arc::downgrade(registry), commands);
            runtime.spawn(bridge.run());
        }
    }

    async fn claim(
        &self,
        roster: &Roster,
        id: &Arc<str>,
        number: u64,
        known: Known,
        taken: Taken,
    ) -> Result<(), MemberTaken> {
        let mut state = self.shared.state.subscribe();
        // Only after the first attempt to connect is it known whether there is anybody to ask.
        let _ = state.wait_for(|state| *state != BridgeState::Connecting).await;
        let (reply, answer) = oneshot::channel();
        self.tell(|| {
            Command::Claim(Claim {
                room: Arc::clone(roster.name()),
                id: Arc::clone(id),
                number,
                known,
                taken,
                reply: Some(reply),
            })
        });
        answer.await.unwrap_or(Ok(()))
    }

    fn tell(&self, command: impl FnOnce() -> Command) {
        if self.shared.open.load(Ordering::Acquire) {
            // This fails only if the bridge's runtime is gone: otherwise the bridge lives as long as this value.
            let _ = self.commands.send(command());
        }
    }

    /// Queues what a room says, with this many bytes of a message, if there is room for it.
    fn say(&self, bytes: usize, command: impl FnOnce() -> Command) {
        if self.shared.queue.enter(bytes) {
            let _ = self.commands.send(command());
        } else {
            self.shared.full();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flush_ends_although_the_bridge_does_not_answer() {
        let redis = Redis::open("redis://localhost").expect("a URL").flush_timeout(Duration::from_secs(3));
        let relay = Relay::new(redis);
        let start = Instant::now();
        // The first attempt to connect never ends here.
        relay.flush().await;
        assert_eq!(start.elapsed(), Duration::from_secs(3));
        let link = relay.0.as_ref().expect("there is a link");
        link.shared.state.send_replace(BridgeState::Connected);
        link.shared.open.store(true, Ordering::Release);
        relay.flush().await;
        assert_eq!(start.elapsed(), Duration::from_secs(6));
    }
}
