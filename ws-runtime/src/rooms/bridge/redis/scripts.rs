//! [`Scripts`]: the steps that Redis carries out atomically, so that the holder of an ID and what rooms are told never
//! differ.

use std::time::Duration;

use redis::{Cmd, Pipeline, RedisResult, aio::MultiplexedConnection};

use super::{
    relay::{Claim, Publish},
    wire::{self, Node, Target},
};
use crate::{Close, Message};

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
    retain: String,
}

impl Names {
    pub(super) fn new(prefix: &str, node: Node) -> Self {
        Self { prefix: prefix.to_owned(), node }
    }

    pub(super) fn node(&self) -> Node {
        self.node
    }

    fn nodes(&self) -> String {
        format!("{}nodes", self.prefix)
    }

    /// Returns the key of a room, which is also the name of its channel.
    pub(super) fn room(&self, room: &str) -> String {
        format!("{}room:{room}", self.prefix)
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
        let mut pipeline = redis::pipe();
        let prelude = include_str!("prelude.lua");
        for script in [
            include_str!("claim.lua"),
            include_str!("release.lua"),
            include_str!("renew.lua"),
            include_str!("sync.lua"),
            include_str!("retain.lua"),
        ] {
            pipeline.cmd("SCRIPT").arg("LOAD").arg(format!("{prelude}{script}"));
        }
        let (claim, release, renew, sync, retain) = pipeline.query_async(connection).await?;
        Ok(Self { names, claim, release, renew, sync, retain })
    }

    pub(super) fn claim(&self, pipeline: &mut Pipeline, claim: &Claim) {
        let Claim { room, id, number, farewell, .. } = claim;
        run(
            pipeline.cmd("EVALSHA"),
            &self.claim,
            &[&self.names.nodes(), &self.names.room(room), &self.names.own()],
        )
        .arg(&self.names.prefix)
        .arg(&self.names.node.0)
        .arg(digits(*number))
        .arg(&**id)
        .arg(wire::farewell(farewell.as_ref()))
        .arg(&**room);
    }

    pub(super) fn release(
        &self,
        pipeline: &mut Pipeline,
        room: &str,
        id: &str,
        number: u64,
        farewell: Option<&Message>,
    ) {
        self.release_held(pipeline, room, id, &digits(number), &wire::farewell(farewell));
    }

    /// Releases an ID that this process once claimed, but does not know any more.
    pub(super) fn release_forgotten(&self, pipeline: &mut Pipeline, room: &str, id: &str) {
        self.release_held(pipeline, room, id, "", &[]);
    }

    fn release_held(&self, pipeline: &mut Pipeline, room: &str, id: &str, number: &str, farewell: &[u8]) {
        run(pipeline.cmd("EVALSHA"), &self.release, &[&self.names.room(room), &self.names.own()])
            .arg(&self.names.node.0)
            .arg(number)
            .arg(id)
            .arg(farewell)
            .arg(room);
    }

    /// Renews the lease, and returns `true` if it had not ended in the meantime. A lease that does not exist counts as
    /// ended.
    pub(super) async fn renew(
        &self,
        connection: &mut MultiplexedConnection,
        lease: Option<Duration>,
    ) -> RedisResult<bool> {
        let mut command = Cmd::new();
        let length = lease.map_or(0, milliseconds);
        command.arg("EVALSHA").arg(&self.renew).arg(1).arg(self.names.nodes());
        command.arg(&self.names.prefix).arg(&self.names.node.0).arg(length);
        command.query_async(connection).await
    }

    pub(super) fn sync(&self, pipeline: &mut Pipeline, room: &str) {
        run(pipeline.cmd("EVALSHA"), &self.sync, &[&self.names.room(room), &self.names.retained(room)])
            .arg(self.names.own())
            .arg(room);
    }

    /// Closes the connections of members.
    pub(super) fn close(&self, pipeline: &mut Pipeline, room: &str, target: &Target, close: &Close) {
        let bytes = wire::close(self.names.node, target, close);
        pipeline.cmd("PUBLISH").arg(self.names.room(room)).arg(bytes);
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

    /// Keeps a message for those who join, unless Redis has another one.
    pub(super) fn restore(&self, pipeline: &mut Pipeline, room: &str, message: &Message, lease: Duration) {
        let bytes = wire::farewell(Some(message));
        let key = self.names.retained(room);
        pipeline.cmd("SET").arg(key).arg(bytes).arg("PX").arg(milliseconds(lease)).arg("NX");
    }

    /// Keeps the message for those who join for another lease.
    pub(super) fn keep(&self, pipeline: &mut Pipeline, room: &str, lease: Duration) {
        pipeline.cmd("PEXPIRE").arg(self.names.retained(room)).arg(milliseconds(lease));
    }

    pub(super) fn publish(&self, pipeline: &mut Pipeline, publish: &Publish) {
        let Publish { room, target, message } = publish;
        let bytes = wire::message(self.names.node, target, message);
        pipeline.cmd("PUBLISH").arg(self.names.room(room)).arg(bytes);
    }
}

fn run<'a>(pipeline: &'a mut Pipeline, script: &str, keys: &[&str]) -> &'a mut Pipeline {
    pipeline.arg(script).arg(keys.len()).arg(keys)
}

fn milliseconds(lease: Duration) -> u64 {
    u64::try_from(lease.as_millis()).unwrap_or(u64::MAX)
}

fn digits(number: u64) -> String {
    format!("{number:016x}")
}
