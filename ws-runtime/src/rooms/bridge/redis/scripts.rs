//! [`Scripts`]: the steps that Redis carries out atomically, so that the holder of an ID and what rooms are told never
//! differ.

use std::time::Duration;

use redis::{Cmd, Pipeline, RedisResult, aio::MultiplexedConnection};
use tokio::time::Instant;

use super::{
    channels::Channels,
    clock::{Clock, milliseconds},
    command::{Claim, Publish, Release},
    info::Info,
    wire::{self, Node, Target},
};
use crate::{
    Close, Message,
    rooms::{History, random::random},
    tracked::Position,
};

/// The names of keys and channels.
#[derive(Clone)]
pub(super) struct Names {
    prefix: String,
    node: Node,
}

/// The scripts, as Redis knows them.
pub(super) struct Scripts<'a> {
    names: &'a Names,
    claim: String,
    release: String,
    renew: String,
    sync: String,
    append: String,
    history: String,
    retain: String,
    restore: String,
    pub(super) channels: Channels,
    /// The time for which Redis is known to keep what it has. Another life may have begun with less.
    life: String,
}

impl Names {
    /// The prefix is a hash tag, because the scripts use several keys and Redis Cluster wants these in one slot. It contains
    /// the database, because channels do not belong to one.
    pub(super) fn new(prefix: &str, database: i64, node: Node) -> Self {
        Self { prefix: format!("{{{prefix}{database}}}:"), node }
    }

    pub(super) fn node(&self) -> Node {
        self.node
    }

    /// Returns the key of the leases of all processes.
    pub(super) fn nodes(&self) -> String {
        format!("{}nodes", self.prefix)
    }

    /// Returns the key of a room, which is also the name of its channel.
    pub(super) fn room(&self, room: &str) -> String {
        format!("{}room:{room}", self.prefix)
    }

    /// Returns the keys of what a room remembers: the log, and its head.
    fn history(&self, room: &str) -> [String; 2] {
        [format!("{}log:{room}", self.prefix), format!("{}head:{room}", self.prefix)]
    }

    /// Returns the key of the number of the last message that this process appended in a room.
    fn last(&self, room: &str) -> String {
        format!("{}last:{}:{room}", self.prefix, String::from_utf8_lossy(&self.node.0))
    }

    /// Returns the key of what a room keeps for those who join.
    fn retained(&self, room: &str) -> String {
        format!("{}retained:{room}", self.prefix)
    }

    /// Returns the room that a channel belongs to.
    pub(super) fn room_of<'a>(&self, channel: &'a str) -> Option<&'a str> {
        channel.strip_prefix(&self.prefix)?.strip_prefix("room:")
    }

    /// Returns the key of what this process holds, which is also the name of its channel.
    pub(super) fn own(&self) -> String {
        format!("{}node:{}", self.prefix, String::from_utf8_lossy(&self.node.0))
    }
}

impl<'a> Scripts<'a> {
    pub(super) async fn load(connection: &mut MultiplexedConnection, names: &'a Names) -> RedisResult<Self> {
        let info = Info(redis::cmd("INFO").query_async(connection).await?);
        let (life, channels) = (info.life(), Channels::of(&info));
        let mut pipeline = redis::pipe();
        let prelude = format!("local PUBLISH = '{}'\n{}", channels.publish(), include_str!("prelude.lua"));
        for script in [
            include_str!("claim.lua"),
            include_str!("release.lua"),
            include_str!("renew.lua"),
            include_str!("sync.lua"),
            include_str!("append.lua"),
            include_str!("history.lua"),
            include_str!("retain.lua"),
            include_str!("restore.lua"),
        ] {
            pipeline.cmd("SCRIPT").arg("LOAD").arg(format!("{prelude}{script}"));
        }
        let (claim, release, renew, sync, append, history, retain, restore) =
            pipeline.query_async(connection).await?;
        Ok(Self { names, claim, release, renew, sync, append, history, retain, restore, channels, life })
    }

    /// Claims an ID for a connection that came between two times of Redis.
    pub(super) fn claim(&self, pipeline: &mut Pipeline, claim: &Claim, came: (u64, u64)) {
        let Claim { room, id, number, known, taken, .. } = claim;
        let [log, head] = self.names.history(room);
        run(
            pipeline.cmd("EVALSHA"),
            &self.claim,
            &[&self.names.nodes(), &self.names.room(room), &self.names.own(), &log, &head],
        )
        .arg(&self.names.prefix)
        .arg(&self.names.node.0)
        .arg(digits(*number))
        .arg(&**id)
        .arg(wire::known(known.meta.as_ref(), known.farewell.as_ref()))
        .arg(&**room)
        .arg(wire::taken(taken))
        .arg(digits(came.0))
        .arg(digits(came.1));
    }

    pub(super) fn release(&self, pipeline: &mut Pipeline, release: &Release) {
        let Release { room, id, number, farewell, untold } = release;
        let farewell = wire::farewell(farewell.as_ref());
        self.release_held(pipeline, room, id, &digits(*number), &farewell, *untold);
    }

    /// Releases an ID that this process once claimed, but does not know any more.
    pub(super) fn release_forgotten(&self, pipeline: &mut Pipeline, room: &str, id: &str) {
        self.release_held(pipeline, room, id, "", &[], false);
    }

    fn release_held(
        &self,
        pipeline: &mut Pipeline,
        room: &str,
        id: &str,
        number: &str,
        farewell: &[u8],
        untold: bool,
    ) {
        let [log, head] = self.names.history(room);
        let keys = [&self.names.room(room), &self.names.own(), &log, &head];
        run(pipeline.cmd("EVALSHA"), &self.release, &keys.map(String::as_str))
            .arg(&self.names.node.0)
            .arg(number)
            .arg(id)
            .arg(farewell)
            .arg(room)
            .arg(&self.names.prefix)
            .arg(if untold { "l" } else { "L" });
    }

    /// Renews the lease. Returns `true` if it had not ended in the meantime, and the time of Redis. A lease that does not exist
    /// counts as ended.
    pub(super) async fn renew(
        &self,
        connection: &mut MultiplexedConnection,
        lease: Option<Duration>,
    ) -> RedisResult<(bool, Clock)> {
        let sent = Instant::now();
        let mut command = Cmd::new();
        let length = lease.map_or(0, milliseconds);
        command.arg("EVALSHA").arg(&self.renew).arg(1).arg(self.names.nodes());
        command.arg(&self.names.prefix).arg(&self.names.node.0).arg(length);
        let (alive, time) = command.query_async(connection).await?;
        Ok((alive, Clock::new(sent, time)))
    }

    pub(super) fn sync(&self, pipeline: &mut Pipeline, room: &str) {
        run(pipeline.cmd("EVALSHA"), &self.sync, &[&self.names.room(room), &self.names.retained(room)])
            .arg(self.names.own())
            .arg(room);
    }

    /// Closes the connections of members.
    pub(super) fn close(&self, pipeline: &mut Pipeline, room: &str, target: &Target, close: &Close) {
        let bytes = wire::close(self.names.node, target, close);
        pipeline.cmd(self.channels.publish()).arg(self.names.room(room)).arg(bytes);
    }

    /// Keeps a message for those who join, and tells the room.
    pub(super) fn retain(
        &self,
        pipeline: &mut Pipeline,
        room: &str,
        message: Option<&Message>,
        tell: bool,
        lease: Duration,
    ) {
        run(pipeline.cmd("EVALSHA"), &self.retain, &[&self.names.room(room), &self.names.retained(room)])
            .arg(wire::farewell(message))
            .arg(wire::retained(self.names.node, message, tell))
            .arg(milliseconds(lease));
    }

    /// Keeps a message for those who join, unless Redis has another one, or no memory.
    pub(super) fn restore(&self, pipeline: &mut Pipeline, room: &str, message: &Message, lease: Duration) {
        let bytes = wire::farewell(Some(message));
        run(pipeline.cmd("EVALSHA"), &self.restore, &[&self.names.retained(room)])
            .arg(bytes)
            .arg(milliseconds(lease));
    }

    /// Keeps the message for those who join for another lease.
    pub(super) fn keep(&self, pipeline: &mut Pipeline, room: &str, lease: Duration) {
        pipeline.cmd("PEXPIRE").arg(self.names.retained(room)).arg(milliseconds(lease));
    }

    /// Asks for what a room remembers after what this process has seen.
    pub(super) fn history(
        &self,
        pipeline: &mut Pipeline,
        room: &str,
        history: &History,
        seen: Option<(Position, u64)>,
    ) {
        let [log, head] = self.names.history(room);
        let command = run(pipeline.cmd("EVALSHA"), &self.history, &[&self.names.room(room), &log, &head]);
        command.arg(self.names.own()).arg(room);
        self.bounds(command, history);
        match seen {
            Some((seen, time)) => {
                command.arg(digits(seen.epoch())).arg(seen.key.offset).arg(seen.key.private).arg(time);
            }
            None => {
                command.arg("").arg(0).arg(0).arg(0);
            }
        }
    }

    fn bounds(&self, command: &mut Pipeline, history: &History) {
        command.arg(digits(random())).arg(&self.life);
        command.arg(history.count).arg(milliseconds(history.within)).arg(history.bytes);
    }

    /// Appends messages to the history of their room.
    pub(super) fn append(&self, pipeline: &mut Pipeline, messages: &[Publish]) {
        let Some(Publish { room, history: Some((_, histories)), .. }) = messages.first() else { return };
        let [log, head] = self.names.history(room);
        let keys = [&self.names.room(room), &log, &head, &self.names.last(room)];
        let command = run(pipeline.cmd("EVALSHA"), &self.append, &keys.map(String::as_str));
        self.bounds(command.arg(&self.names.node.0), &histories.settings);
        for Publish { target, message, history, .. } in messages {
            let number = history.as_ref().map_or(0, |(number, _)| *number);
            command.arg(digits(number)).arg(wire::remembered(target, message));
            command.arg(i32::from(matches!(target, Target::Only(_))));
        }
    }

    pub(super) fn publish(&self, pipeline: &mut Pipeline, publish: &Publish) {
        let Publish { room, target, message, .. } = publish;
        let bytes = wire::message(self.names.node, target, message);
        pipeline.cmd(self.channels.publish()).arg(self.names.room(room)).arg(bytes);
    }
}

fn run<'a>(pipeline: &'a mut Pipeline, script: &str, keys: &[&str]) -> &'a mut Pipeline {
    pipeline.arg(script).arg(keys.len()).arg(keys)
}

fn digits(number: u64) -> String {
    format!("{number:016x}")
}
