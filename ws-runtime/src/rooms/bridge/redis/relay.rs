//! [`Relay`]: passes on to the bridge what rooms send, without waiting for it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot, watch,
    },
    time::timeout,
};

use super::{BridgeState, Redis, bridge::Bridge, wire::Target};
use crate::{
    Close, Message,
    observe::{self, Throttle},
    rooms::{MemberTaken, Meta, history::Histories, registry::Registry, roster::Roster, seats::To},
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

/// The state that rooms and the bridge share.
pub(super) struct Shared {
    pub(super) state: watch::Sender<BridgeState>,
    /// Set while the bridge keeps Redis up to date about who is in which room. While it does not, rooms tell it
    /// nothing: a new session collects the members itself.
    pub(super) open: AtomicBool,
    /// The messages that wait for Redis.
    pub(super) queue: Queue,
    /// The messages of rooms with a history that Redis has been sent, and has not confirmed. They are sent again if the
    /// connection is lost: Redis knows by their numbers which of them it has.
    pub(super) unconfirmed: Mutex<VecDeque<Publish>>,
    /// The number of the last such message.
    sequence: AtomicU64,
    dropped: AtomicU64,
    pub(super) warned: AtomicBool,
    /// The number of bytes of messages from other processes that may wait until they are handed to rooms.
    pub(super) receive_buffer: usize,
    missed: AtomicU64,
    missing: Throttle,
}

/// The number and size of the messages that wait for Redis.
pub(super) struct Queue {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    /// The upper bounds of both.
    most: (usize, usize),
}

impl Queue {
    /// Reserves room for a message of `bytes` bytes, and returns `true` if there was room. An empty queue accepts a
    /// message of any size.
    fn enter(&self, bytes: usize) -> bool {
        let messages = self.messages.fetch_add(1, Ordering::Relaxed);
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let has_room = messages < self.most.0 && before < self.most.1;
        if !has_room {
            self.took(bytes);
        }
        has_room
    }

    /// Records that a message is in the queue again.
    pub(super) fn put_back(&self, bytes: usize) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Records that a message has been taken from the queue.
    pub(super) fn took(&self, bytes: usize) {
        self.messages.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Shared {
    pub(super) fn unconfirmed(&self) -> MutexGuard<'_, VecDeque<Publish>> {
        self.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a message that Redis had no memory for.
    pub(super) fn refused(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        if !self.warned.swap(true, Ordering::Relaxed) {
            observe::warn!("Redis has no memory for what rooms remember: messages of rooms are lost");
        }
    }

    /// Counts a message from another process that is not handed to a room, and logs that from time to time.
    pub(super) fn miss(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
        if let Some(held_back) = self.missing.pass() {
            observe::warn!(
                "this process does not keep up with Redis: its members miss messages of rooms",
                receive_buffer = self.receive_buffer,
                before = held_back,
            );
        }
    }
}

/// What rooms ask of the bridge. It carries the commands out in order.
pub(super) enum Command {
    Follow(Arc<str>),
    Unfollow(Arc<str>),
    Claim(Claim),
    Release { room: Arc<str>, id: Arc<str>, number: u64, farewell: Option<Message> },
    Publish(Publish),
    Close { room: Arc<str>, target: Target, close: Close },
    Retain { room: Arc<str>, message: Option<Message>, tell: bool },
    Flush(oneshot::Sender<()>),
}

impl Command {
    /// Returns `true` for what rooms say once, so that it has to wait while Redis is away. A new session reads
    /// everything else anew.
    pub(super) fn is_said(&self) -> bool {
        matches!(self, Self::Publish(_) | Self::Close { .. } | Self::Retain { .. })
    }
}

pub(super) struct Claim {
    pub(super) room: Arc<str>,
    pub(super) id: Arc<str>,
    pub(super) number: u64,
    pub(super) farewell: Option<Message>,
    pub(super) meta: Option<Meta>,
    /// How to close a connection elsewhere that has the ID and makes way.
    pub(super) replace: Option<Close>,
    pub(super) reply: Option<oneshot::Sender<Result<(), MemberTaken>>>,
}

pub(super) struct Publish {
    pub(super) room: Arc<str>,
    pub(super) target: Target,
    pub(super) message: Message,
    /// The number of the message in this process, if the room has a history.
    pub(super) history: Option<(u64, Arc<Histories>)>,
}

impl Relay {
    pub(super) fn new(redis: Redis) -> Self {
        let (commands, receiver) = unbounded_channel();
        let shared = Shared {
            state: watch::Sender::new(BridgeState::Connecting),
            open: AtomicBool::new(false),
            queue: Queue {
                messages: AtomicUsize::new(0),
                bytes: AtomicUsize::new(0),
                most: (redis.queue, redis.queue_bytes.max(1)),
            },
            unconfirmed: Mutex::default(),
            sequence: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            warned: AtomicBool::new(false),
            receive_buffer: redis.receive_buffer.max(1),
            missed: AtomicU64::new(0),
            missing: Throttle::default(),
        };
        Self(Some(Link {
            commands,
            shared: Arc::new(shared),
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
        self.0.as_ref().map_or(0, |link| link.shared.dropped.load(Ordering::Relaxed))
    }

    pub(super) fn missed(&self) -> u64 {
        self.0.as_ref().map_or(0, |link| link.shared.missed.load(Ordering::Relaxed))
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
        replace: Option<Close>,
    ) -> Result<(), MemberTaken> {
        let Some(link) = &self.0 else { return Ok(()) };
        link.start(roster.registry());
        // Without an answer the ID is unique within this process only. The bridge claims it later, and closes the
        // member if it turns out to belong to another.
        timeout(link.timeout, link.claim(roster, id, number, replace)).await.unwrap_or(Ok(()))
    }

    /// Tells the others what is known of a member.
    pub(in crate::rooms) fn update(
        &self,
        roster: &Roster,
        id: &Arc<str>,
        number: u64,
        farewell: Option<Message>,
        meta: Option<Meta>,
    ) {
        if let Some(link) = &self.0 {
            link.tell(|| {
                Command::Claim(Claim {
                    room: Arc::clone(roster.name()),
                    id: Arc::clone(id),
                    number,
                    farewell,
                    meta,
                    replace: None,
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
    ) {
        if let Some(link) = &self.0 {
            link.tell(|| Command::Release {
                room: Arc::clone(roster.name()),
                id: Arc::clone(id),
                number,
                farewell: farewell.cloned(),
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
            let number = |histories| (link.shared.sequence.fetch_add(1, Ordering::Relaxed) + 1, histories);
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
        replace: Option<Close>,
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
                farewell: None,
                meta: None,
                replace,
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
        let shared = &*self.shared;
        if shared.queue.enter(bytes) {
            let _ = self.commands.send(command());
            return;
        }
        shared.dropped.fetch_add(1, Ordering::Relaxed);
        if !shared.warned.swap(true, Ordering::Relaxed) {
            observe::warn!(
                "Redis does not keep up: other processes miss messages of rooms",
                queue = shared.queue.most.0,
                queue_bytes = shared.queue.most.1,
            );
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
