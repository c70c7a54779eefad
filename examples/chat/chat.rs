//! The endpoints: one connection of a member, from joining to leaving.

use std::pin::pin;

use serde::Serialize;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use ws_runtime::{
    CloseError, Json, Sender, SocketError, State, WebSocket,
    rooms::{Member, Position, RoomError, RoomSender, Rooms, Tracked},
    websocket,
};

use super::{
    messages::{Event, Incoming, MAX_LENGTH},
    options::Options,
    person::{self, Joined, NameError, Person, identify},
    warnings::{TooManyMessages, Warnings},
};

/// Everything that ends a connection, and with which close code.
#[derive(Debug, thiserror::Error, CloseError)]
pub(crate) enum ChatError {
    #[error(transparent)]
    #[close(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    #[close(transparent)]
    TooManyMessages(#[from] TooManyMessages),
    /// The user has been silent for too long.
    #[error("inactivity timeout")]
    #[close(1000)]
    Inactive,
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// The chat, for a client that keeps nothing: when it has lost its connection, it joins
/// anew.
#[websocket("/ws/chat/<user_id>")]
pub(crate) async fn chat(
    #[depends(identify)] person: Person,
    rooms: State<Rooms<Event>>,
    options: State<Options>,
    ws: WebSocket<Incoming, Event>,
) -> Result<(), ChatError> {
    take_part(&person, None, &rooms, &options, ws).await
}

/// The chat, for a client that misses nothing: each message tells its position, and a
/// client that has lost its connection returns with the last one as `since`.
#[websocket("/ws/chat/<user_id>/tracked")]
pub(crate) async fn tracked(
    #[depends(identify)] person: Person,
    #[query] since: Option<Position>,
    rooms: State<Rooms<Event>>,
    options: State<Options>,
    ws: WebSocket<Incoming, Tracked<Event>>,
) -> Result<(), ChatError> {
    take_part(&person, since, &rooms, &options, ws).await
}

async fn take_part<Out>(
    person: &Person,
    since: Option<Position>,
    rooms: &Rooms<Event>,
    options: &Options,
    mut ws: WebSocket<Incoming, Out>,
) -> Result<(), ChatError>
where
    Out: From<Event> + Serialize + Send,
    Sender<Out>: RoomSender<Event, Json>,
{
    let Joined { member, is_new, .. } = &person.join(rooms, ws.sender(), since).await?;
    // It is sent when the last connection of the person ends, no matter how: the client
    // leaves, an error, a panic.
    member.set_farewell(&Event::left(&person.name))?;
    if *is_new {
        member.broadcast(&Event::joined(&person.name))?;
    }

    // What follows is the state as it is, which no history has: who is there, and then
    // each change of that.
    ws.send(Event::Welcome { heartbeat: options.heartbeat.as_secs() }).await?;
    let mut presence = member.room().presence();
    let start = Instant::now();
    let mut heartbeat = interval_at(start + options.heartbeat, options.heartbeat);
    // Missed heartbeats are not made up for.
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silence = pin!(sleep_until(start + options.inactivity));
    let mut warnings = Warnings::new(options.quota());
    loop {
        tokio::select! {
            received = ws.recv() => {
                // A client answers heartbeats by itself: nobody need be there for that.
                if let Ok(Incoming::HeartbeatAck) = received {
                    continue;
                }
                let answer = match warnings.check(received)? {
                    Ok(incoming) => pass_on(member, rooms, incoming)?,
                    Err(mistake) => Some(Event::error(mistake)),
                };
                if let Some(answer) = answer {
                    ws.send(answer).await?;
                }
                silence.as_mut().reset(Instant::now() + options.inactivity);
            }
            change = presence.next() => {
                if let Some(event) = Event::of(&change) {
                    ws.send(event).await?;
                }
            }
            _ = heartbeat.tick() => ws.send(Event::Heartbeat).await?,
            () = silence.as_mut() => {
                ws.send(Event::error("Connection timed out due to inactivity")).await?;
                return Err(ChatError::Inactive);
            }
        }
    }
}

/// Sends a message to its recipients, and returns the answer to the sender.
fn pass_on(
    member: &Member<Event>,
    rooms: &Rooms<Event>,
    incoming: Incoming,
) -> Result<Option<Event>, SocketError> {
    let user = person::name_of(member.id()).to_owned();
    if incoming.is_too_long() {
        let mistake = format!("Message too long: at most {MAX_LENGTH} characters");
        return Ok(Some(Event::error(mistake)));
    }
    match incoming {
        Incoming::Message(message) => {
            member.broadcast(&Event::Message { user, message })?;
        }
        Incoming::Private { to, message } => return whisper(member, rooms, to, message),
        Incoming::Status(status) => member.set_meta(&status)?,
        Incoming::HeartbeatAck => {}
    }
    Ok(None)
}

/// Sends a message to one person, and to all windows of the sender.
fn whisper(
    member: &Member<Event>,
    rooms: &Rooms<Event>,
    to: String,
    message: String,
) -> Result<Option<Event>, SocketError> {
    let absent = Event::error(format!("User {to} is not in the chat"));
    let Some(recipient) = person::find(rooms, &to) else { return Ok(Some(absent)) };
    let event =
        Event::Private { from: person::name_of(member.id()).to_owned(), to, message };
    let mut sent = member.room().send_to(&recipient, &event);
    if recipient != member.id() {
        sent = sent.and_then(|()| member.room().send_to(member.id(), &event));
    }
    match sent {
        Ok(()) => Ok(None),
        Err(RoomError::Socket(error)) => Err(error),
        Err(_) => Ok(Some(absent)),
    }
}
