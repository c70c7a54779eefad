//! [`Batch`]: a group of commands that share one round trip.

use std::{collections::HashMap, mem, sync::Arc};

use redis::{ErrorKind, Pipeline, RedisResult, Value, aio::MultiplexedConnection};
use tokio::{sync::oneshot, time::Instant};

use super::{
    command::{Claim, Command, Publish},
    session::{Heard, Session},
};
use crate::{
    Message,
    rooms::{MemberTaken, removal::Closing},
};

/// The number of commands, and of bytes in their messages, that are sent to Redis before their answers are awaited.
const MOST: (usize, usize) = (256, 1024 * 1024);

/// About how many rooms Redis is asked at once, and how many bytes these may remember. By default, Redis drops a client that has
/// more than 32 MB to read.
const ASKED: (usize, usize) = (32, 8 * 1024 * 1024);

/// A group of commands that go to Redis together.
#[derive(Default)]
pub(super) struct Batch {
    pipeline: Pipeline,
    /// How to handle each answer.
    answers: Vec<Answer>,
    bytes: usize,
    /// Messages of one room with a history, which follow the commands before them. One script appends them all.
    appends: Vec<Publish>,
    /// The rooms to follow (`true`) or to stop following (`false`).
    pub(super) rooms: HashMap<Arc<str>, bool>,
    flushes: Vec<oneshot::Sender<()>>,
    /// What is closed once the rooms have heard what these commands tell them.
    closing: Vec<Closing>,
}

enum Answer {
    None,
    Claim(Claim),
    /// What Redis did with this many messages of a room with a history.
    Appended(usize),
}

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.answers.len() + self.appends.len() + self.rooms.len() >= MOST.0 || self.bytes >= MOST.1
    }

    pub(super) fn add(&mut self, session: &Session<'_>, command: Command) {
        let goes_on = match (&command, self.appends.first()) {
            (Command::Publish(next), Some(first)) => next.history.is_some() && next.room == first.room,
            _ => false,
        };
        if !goes_on {
            self.append(session);
        }
        match command {
            Command::Follow(room) => {
                if let Some(roster) = session.registry.upgrade().and_then(|registry| registry.find(&room)) {
                    roster.unsync();
                }
                self.rooms.insert(room, true);
            }
            Command::Unfollow(room) => {
                self.rooms.insert(room, false);
            }
            Command::Claim(claim) => {
                let roster = session.registry.upgrade().and_then(|registry| registry.find(&claim.room));
                // A member that has left in the meantime does not need its claim any more.
                if let Some(at) = roster.and_then(|roster| roster.arrival(&claim.id, claim.number)) {
                    self.claim(session, claim, at);
                }
            }
            Command::Release(release) => {
                session.scripts.release(&mut self.pipeline, &release);
                self.answers.push(Answer::None);
            }
            Command::Publish(publish) => {
                session.shared.queue.took(publish.message.len());
                self.bytes += publish.message.len();
                if publish.history.is_some() {
                    session.shared.unconfirmed().push_back(publish.clone());
                    self.appends.push(publish);
                } else {
                    session.scripts.publish(&mut self.pipeline, &publish);
                    self.answers.push(Answer::None);
                }
            }
            Command::Close { room, target, close } => {
                session.shared.queue.took(0);
                session.scripts.close(&mut self.pipeline, &room, &target, &close);
                self.answers.push(Answer::None);
            }
            Command::Retain { room, message, tell } => {
                let bytes = message.as_ref().map_or(0, Message::len);
                session.shared.queue.took(bytes);
                self.bytes += bytes;
                session.scripts.retain(&mut self.pipeline, &room, message.as_ref(), tell, session.lease());
                self.answers.push(Answer::None);
            }
            Command::CloseHere(closing) => self.closing.push(closing),
            Command::Flush(done) => self.flushes.push(done),
        }
    }

    /// Turns the messages that wait to be appended into a command.
    fn append(&mut self, session: &Session<'_>) {
        let messages = mem::take(&mut self.appends);
        if !messages.is_empty() {
            session.scripts.append(&mut self.pipeline, &messages);
            self.answers.push(Answer::Appended(messages.len()));
        }
    }

    /// Gives the message for those who join back to a Redis that does not know it.
    pub(super) fn restore(&mut self, session: &Session<'_>, room: &str, message: &Message) {
        self.bytes += message.len();
        session.scripts.restore(&mut self.pipeline, room, message, session.lease());
        self.answers.push(Answer::None);
    }

    /// Lets Redis keep the message for those who join for another lease.
    pub(super) fn keep(&mut self, session: &Session<'_>, room: &str) {
        session.scripts.keep(&mut self.pipeline, room, session.lease());
        self.answers.push(Answer::None);
    }

    pub(super) fn release_forgotten(&mut self, session: &Session<'_>, room: &str, id: &str) {
        session.scripts.release_forgotten(&mut self.pipeline, room, id);
        self.answers.push(Answer::None);
    }

    /// Claims an ID for a connection that came at this time.
    pub(super) fn claim(&mut self, session: &Session<'_>, claim: Claim, at: Instant) {
        session.scripts.claim(&mut self.pipeline, &claim, session.clock().bounds(at));
        self.answers.push(Answer::Claim(claim));
    }

    /// Asks who is in the rooms to follow, and what they remember. Redis is asked about the next rooms when its answer about the
    /// last ones is here.
    async fn learn(&self, session: &Session<'_>, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let most = ASKED.1.min(session.shared.receive_buffer);
        let (mut pipeline, mut rooms, mut bytes) = (redis::pipe(), 0, 0_usize);
        for (room, _) in self.rooms.iter().filter(|room| *room.1) {
            session.scripts.sync(&mut pipeline, room);
            rooms += 1;
            let roster = session.registry.upgrade().and_then(|registry| registry.find(room));
            if let Some((history, seen)) = roster.and_then(|roster| roster.remembers()) {
                session.scripts.history(&mut pipeline, room, &history, seen);
                bytes = bytes.saturating_add(history.bytes);
            }
            if rooms >= ASKED.0 || bytes >= most {
                let _: Vec<Value> = mem::take(&mut pipeline).query_async(connection).await?;
                (rooms, bytes) = (0, 0);
            }
        }
        if rooms > 0 {
            let _: Vec<Value> = pipeline.query_async(connection).await?;
        }
        Ok(())
    }

    pub(super) async fn send(mut self, session: &Session<'_>) -> RedisResult<()> {
        self.append(session);
        let mut connection = session.connection.clone();
        let channels = |follow: bool| {
            let rooms = self.rooms.iter().filter(|room| *room.1 == follow);
            rooms.map(|(room, _)| session.names.room(room)).collect::<Vec<_>>()
        };
        let (follow, unfollow) = (channels(true), channels(false));
        if !follow.is_empty() {
            session.scripts.channels.subscribe(&mut connection, follow).await?;
            // Subscriptions come after the messages, so that nothing is missed, and before the claims, so that a new
            // member knows who is there.
            self.learn(session, &mut connection).await?;
        }
        if !self.pipeline.is_empty() {
            let answers: Vec<Value> = self.pipeline.query_async(&mut connection).await?;
            for (answer, value) in mem::take(&mut self.answers).into_iter().zip(answers) {
                match answer {
                    Answer::None => {}
                    Answer::Claim(claim) => {
                        let answer = if int(&value)? == 0 { Err(MemberTaken) } else { Ok(()) };
                        let _ = session.heard.send(Heard::Answer(claim, answer));
                    }
                    Answer::Appended(messages) => {
                        let refused = int(&value)?;
                        let mut unconfirmed = session.shared.unconfirmed();
                        let confirmed = messages.min(unconfirmed.len());
                        unconfirmed.drain(..confirmed);
                        drop(unconfirmed);
                        if refused > 0 {
                            session.shared.refused(refused.unsigned_abs());
                        }
                    }
                }
            }
        }
        for closing in self.closing {
            let _ = session.heard.send(Heard::Close(closing));
        }
        if !unfollow.is_empty() {
            session.scripts.channels.unsubscribe(&mut connection, unfollow).await?;
        }
        for done in self.flushes {
            let _ = done.send(());
        }
        Ok(())
    }
}

/// Returns the answer of a script. A server that gives a slot away sends something else in place of an answer.
fn int(value: &Value) -> RedisResult<i64> {
    match value {
        Value::Int(answer) => Ok(*answer),
        _ => Err((ErrorKind::UnexpectedReturnType, "not the answer of a script").into()),
    }
}
