//! [`Session`]: one connection to Redis, from the first command to its loss.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io, mem,
    sync::{Arc, Mutex, PoisonError, Weak, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use redis::{
    AsyncConnectionConfig, ErrorKind, PushInfo, PushKind, RedisResult, Value, aio::MultiplexedConnection,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{MissedTickBehavior, interval},
};

use super::{
    BridgeState, Redis,
    batch::Batch,
    bridge::Bridge,
    clock::Clock,
    command::{Claim, Command},
    intake::{Intake, Level},
    past::Gap,
    remote::Held,
    scripts::{Names, Scripts},
    shared::Shared,
    wire::{self, Event, Holder, Told},
};
use crate::{
    observe,
    rooms::{MemberTaken, registry::Registry, removal::Closing},
    tracked::Position,
};

/// Returned when the rooms are gone, and with them everything that the process held.
pub(super) struct SessionEnded;

/// One connection to Redis. Commands and pushes share it, because Redis keeps both in one order.
pub(super) struct Session<'a> {
    redis: &'a Redis,
    pub(super) names: &'a Names,
    pub(super) shared: &'a Shared,
    pub(super) registry: &'a Weak<Registry>,
    pub(super) scripts: Scripts<'a>,
    pub(super) connection: MultiplexedConnection,
    clock: Mutex<Clock>,
    pub(super) heard: UnboundedSender<Heard>,
    level: Arc<Level>,
}

/// How often the clock of Redis is read at first. The quickest answer tells the most.
const CLOCK_READINGS: usize = 3;

/// What Redis sent, in its order.
pub(super) enum Heard {
    /// A push, and its size in bytes.
    Push(PushInfo, usize),
    /// The answer to a claim. By the time it is passed on, the room knows all that came before it.
    Answer(Claim, Result<(), MemberTaken>),
    /// Connections to close, now that the rooms know all that came before.
    Close(Closing),
}

impl<'a> Session<'a> {
    /// Runs until the connection is lost, or the rooms are gone.
    pub(super) async fn run(bridge: &'a mut Bridge) -> RedisResult<SessionEnded> {
        let Bridge { redis, names, shared, registry, commands, backlog } = bridge;
        let attempt = || {
            let (heard, hearing) = unbounded_channel();
            let level = Arc::<Level>::default();
            let intake = Intake::new(heard.clone(), names, shared, &level);
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(redis.timeout))
                .set_response_timeout(Some(redis.timeout))
                .set_push_sender(move |push| intake.push(push));
            (config, (heard, hearing, level))
        };
        let (mut connection, (heard, hearing, level)) =
            redis.servers.connect(&names.nodes(), &attempt).await?;
        let scripts = Scripts::load(&mut connection, names).await?;
        scripts.channels.subscribe(&mut connection, vec![names.own()]).await?;
        let (_, mut clock) = scripts.renew(&mut connection, Some(redis.lease)).await?;
        for _ in 0..CLOCK_READINGS - 1 {
            clock.follow(scripts.renew(&mut connection, Some(redis.lease)).await?.1);
        }
        let clock = Mutex::new(clock);
        let session = Self { redis, names, shared, registry, scripts, connection, clock, heard, level };
        tokio::select! {
            ended = session.talk(commands, backlog) => ended,
            lost = session.hear(hearing) => lost.map(|never| match never {}),
            lost = session.renew() => lost.map(|never| match never {}),
        }
    }

    async fn talk(
        &self,
        commands: &mut UnboundedReceiver<Command>,
        backlog: &mut VecDeque<Command>,
    ) -> RedisResult<SessionEnded> {
        // From here on changes are queued, and follow what is collected now.
        self.shared.open.store(true, Ordering::Release);
        self.begin().await?;
        let waiting = backlog.len() + commands.len();
        self.send_waiting(commands, backlog, None, waiting).await?;
        // This comes after the messages of the members that have left.
        self.release_forgotten().await?;
        self.shared.state.send_replace(BridgeState::Connected);
        self.shared.warned.store(false, Ordering::Relaxed);
        observe::info!("rooms span processes: connected to Redis");
        self.send(commands, backlog).await
    }

    /// Tells Redis everything that this process holds, and asks who else is there.
    async fn begin(&self) -> RedisResult<()> {
        let Some(registry) = self.registry.upgrade() else { return Ok(()) };
        let rosters = registry.rosters();
        let mut batch = Batch::default();
        for roster in rosters.iter().filter(|roster| roster.is_followed()) {
            roster.unsync();
            batch.rooms.insert(Arc::clone(roster.name()), true);
            self.send_full(&mut batch).await?;
        }
        // This comes before the claims, so that those who join know who is there.
        mem::take(&mut batch).send(self).await?;
        for roster in rosters {
            if let Some(message) = roster.retained() {
                batch.restore(self, roster.name(), &message);
            }
            for Held { id, number, known, taken } in roster.held() {
                let room = Arc::clone(roster.name());
                batch.add(self, Command::Claim(Claim { room, id, number, known, taken, reply: None }));
                self.send_full(&mut batch).await?;
            }
        }
        batch.send(self).await
    }

    /// Releases what members left while there was no connection.
    async fn release_forgotten(&self) -> RedisResult<()> {
        let Some(registry) = self.registry.upgrade() else { return Ok(()) };
        let mut connection = self.connection.clone();
        let entries: Vec<Vec<u8>> =
            redis::cmd("SMEMBERS").arg(self.names.own()).query_async(&mut connection).await?;
        let mut batch = Batch::default();
        for (room, id) in entries.into_iter().filter_map(wire::entry) {
            if !registry.find(&room).is_some_and(|roster| roster.holds_any(&id)) {
                batch.release_forgotten(self, &room, &id);
                self.send_full(&mut batch).await?;
            }
        }
        batch.send(self).await
    }

    pub(super) fn clock(&self) -> Clock {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how long a lease lasts.
    pub(super) fn lease(&self) -> Duration {
        self.redis.lease
    }

    async fn send_full(&self, batch: &mut Batch) -> RedisResult<()> {
        if batch.is_full() { mem::take(batch).send(self).await } else { Ok(()) }
    }

    /// Sends the queued commands, many at a time.
    async fn send(
        &self,
        commands: &mut UnboundedReceiver<Command>,
        backlog: &mut VecDeque<Command>,
    ) -> RedisResult<SessionEnded> {
        loop {
            let Some(command) = commands.recv().await else {
                self.scripts.renew(&mut self.connection.clone(), None).await?;
                return Ok(SessionEnded);
            };
            self.send_waiting(commands, backlog, Some(command), usize::MAX).await?;
        }
    }

    /// Sends one command and those that wait behind it, up to the limit of a batch.
    async fn send_waiting(
        &self,
        commands: &mut UnboundedReceiver<Command>,
        backlog: &mut VecDeque<Command>,
        first: Option<Command>,
        most: usize,
    ) -> RedisResult<()> {
        let mut batch = Batch::default();
        let mut next = first;
        for _ in 0..most {
            next = next.or_else(|| backlog.pop_front()).or_else(|| commands.try_recv().ok());
            let Some(command) = next.take() else { break };
            batch.add(self, command);
            self.send_full(&mut batch).await?;
        }
        batch.send(self).await
    }

    /// Hands incoming pushes and answers to the rooms.
    async fn hear(&self, mut hearing: UnboundedReceiver<Heard>) -> RedisResult<Infallible> {
        while let Some(heard) = hearing.recv().await {
            match heard {
                Heard::Push(PushInfo { kind: PushKind::Disconnection, .. }, _) => break,
                Heard::Push(PushInfo { kind: PushKind::SUnsubscribe, data }, _) if self.is_own(&data) => {
                    break;
                }
                Heard::Push(PushInfo { kind, data }, size) => {
                    if matches!(kind, PushKind::Message | PushKind::SMessage) {
                        match self.pushed(data) {
                            Some(Ok(())) => {}
                            Some(Err(Gap)) => {
                                return Err((ErrorKind::Client, "a message of a room is missing").into());
                            }
                            None => tracing::debug!("what a room was told is not understood"),
                        }
                    }
                    self.level.took(size);
                }
                Heard::Answer(claim, answer) => self.answered(claim, answer),
                Heard::Close(closing) => drop(closing),
            }
            if self.level.is_overflown() {
                return Err((ErrorKind::Client, "more came from Redis than could be handed to rooms").into());
            }
        }
        Err(io::Error::from(io::ErrorKind::ConnectionReset).into())
    }

    /// Returns `true` for the channel of this process. It is left only if another server of a cluster has it now.
    fn is_own(&self, data: &[Value]) -> bool {
        matches!(data, [Value::BulkString(channel), ..] if *channel == self.names.own().as_bytes())
    }

    fn pushed(&self, data: Vec<Value>) -> Option<Result<(), Gap>> {
        let [Value::BulkString(channel), Value::BulkString(bytes)] = <[Value; 2]>::try_from(data).ok()?
        else {
            return None;
        };
        let channel = std::str::from_utf8(&channel).ok()?;
        let registry = self.registry.upgrade()?;
        let Some(room) = self.names.room_of(channel) else {
            let bytes = Bytes::from(bytes);
            if let Some((room, message)) = wire::kept(bytes.clone()) {
                if let Some(roster) = registry.find(&room) {
                    roster.hear_retained(message, false);
                }
                return Some(Ok(()));
            }
            match wire::told(bytes)? {
                Told::Members(room, holders) => {
                    if let Some(roster) = registry.find(&room) {
                        roster.hear_snapshot(holders, self.names.node(), self.redis.lease);
                    }
                }
                Told::Past(room, past) => {
                    if let Some(roster) = registry.find(&room) {
                        roster.hear_past(past);
                    }
                }
            }
            return Some(Ok(()));
        };
        let (node, event) = wire::event(bytes.into())?;
        if let Some(roster) = registry.find(room) {
            match event {
                Event::Joined(id, meta, farewell) => {
                    roster.hear_joined(Holder { id, node, meta, farewell }, false);
                }
                Event::Shared(id, meta, farewell) => {
                    roster.hear_joined(Holder { id, node, meta, farewell }, true);
                }
                Event::Left(id, farewell) if node == self.names.node() => {
                    roster.hear_untold(&id, farewell.as_ref());
                }
                Event::Left(id, farewell) => roster.hear_left(&id, node, farewell.as_ref()),
                Event::Replaced { id, holder, number, close } => {
                    if holder == self.names.node() {
                        roster.hear_replaced(&id, number, &close);
                    }
                }
                Event::Message(target, message) => roster.hear(target.as_to(), &message),
                Event::Close(target, close) => roster.hear_close(target.as_to(), &close),
                Event::Retained { message, told } => {
                    roster.hear_retained(message, told && node != self.names.node());
                }
                Event::Appended { epoch, key, time, target, message } => {
                    let position = Position::new(epoch, key);
                    return Some(roster.hear_appended(position, time, target.as_to(), &message));
                }
            }
        }
        Some(Ok(()))
    }

    fn answered(&self, claim: Claim, answer: Result<(), MemberTaken>) {
        let told = claim.reply.is_some_and(|reply| reply.send(answer).is_ok());
        if told || answer.is_ok() {
            return;
        }
        if let Some(roster) = self.registry.upgrade().and_then(|registry| registry.find(&claim.room)) {
            roster.evict(&claim.id, claim.number);
        }
    }

    /// Renews the lease of this process, and gives up on processes that did not renew theirs.
    async fn renew(&self) -> RedisResult<Infallible> {
        let mut ticks = interval(self.redis.interval());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let (alive, clock) =
                self.scripts.renew(&mut self.connection.clone(), Some(self.redis.lease)).await?;
            self.clock.lock().unwrap_or_else(PoisonError::into_inner).follow(clock);
            if !alive {
                // Other processes have released what this one holds, so it starts anew.
                return Err((ErrorKind::Client, "the lease has ended").into());
            }
            let Some(registry) = self.registry.upgrade() else { continue };
            let rosters = registry.rosters();
            let mut batch = Batch::default();
            for roster in &rosters {
                roster.expire();
                if roster.retained().is_none() {
                    continue;
                }
                batch.keep(self, roster.name());
                self.send_full(&mut batch).await?;
            }
            batch.send(self).await?;
        }
    }
}
