//! The endpoint: one member of the room, from joining to leaving.

use std::pin::pin;

use governor::RateLimiter;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use ws_runtime::{
    Close, CloseCode, CloseError, ErrorContext, SocketError, State, WebSocket, on_error,
    rooms::{Member, MemberTaken, RoomError, Rooms},
    websocket,
};

use crate::{
    messages::{Event, Incoming, MAX_LENGTH},
    names,
    options::{Options, RATE_PERIOD},
};

/// How many messages beyond the rate limit get a warning before the next one closes the
/// connection.
const WARNINGS: u32 = 3;

/// Everything that ends a connection, and with which close code.
#[derive(Debug, thiserror::Error, CloseError)]
pub(crate) enum ChatError {
    #[error("Invalid user ID")]
    #[close(1008)]
    InvalidUserId,
    #[error("User ID already in use")]
    #[close(1008)]
    UserIdTaken(#[from] MemberTaken),
    #[error("rate limit exceeded")]
    #[close(1008)]
    TooManyMessages,
    #[error(transparent)]
    #[close(transparent)]
    Inactive(#[from] Inactive),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// The user has been silent for too long.
#[derive(Debug, thiserror::Error)]
#[error("inactivity timeout")]
pub(crate) struct Inactive;

#[on_error(Inactive)]
async fn inactive(error: Inactive, cx: ErrorContext) -> Close {
    // The client may be gone: the close is the same.
    let _ = cx.send_text("Connection timed out due to inactivity").await;
    Close::new(CloseCode::NORMAL_CLOSURE, error.to_string())
}

#[websocket("/ws/chat/<user_id>")]
pub(crate) async fn chat(
    user_id: String,
    rooms: State<Rooms<Event>>,
    options: State<Options>,
    mut ws: WebSocket<Incoming, Event>,
) -> Result<(), ChatError> {
    if !names::is_valid(&user_id) {
        return Err(ChatError::InvalidUserId);
    }
    let member = rooms.room("chat").join(&user_id, ws.sender()).await?;
    // It is sent when this function ends, no matter how: the client leaves, an error, a
    // panic.
    member.set_farewell(&Event::left(&user_id))?;
    member.broadcast(&Event::joined(&user_id))?;

    let mut presence = member.room().presence();
    let period = options.heartbeat.as_secs();
    ws.send(Event::Presence { users: presence.members(), heartbeat: Some(period) })
        .await?;
    let mut heartbeat =
        interval_at(Instant::now() + options.heartbeat, options.heartbeat);
    // Missed heartbeats are not made up for.
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silence = pin!(sleep_until(Instant::now() + options.inactivity));
    // The app's `rate_limit` counts everything that arrives; this one only counts what a
    // person wrote.
    let allowance = RateLimiter::direct(options.quota());
    let mut warnings = Warnings::default();
    loop {
        tokio::select! {
            received = ws.recv() => {
                let answer = match received {
                    // A client answers heartbeats by itself, so this does not show that a
                    // person is there.
                    Ok(Incoming::HeartbeatAck) => continue,
                    Ok(_) | Err(SocketError::Invalid(_) | SocketError::ExpectedText)
                        if allowance.check().is_err() =>
                    {
                        Some(Event::error(warnings.warn()?))
                    }
                    Ok(incoming) => pass_on(&member, incoming)?,
                    Err(error) => Some(Event::error(warnings.excuse(error)?)),
                };
                if let Some(answer) = answer {
                    ws.send(answer).await?;
                }
                silence.as_mut().reset(Instant::now() + options.inactivity);
            }
            () = presence.changed() => {
                let users = presence.members();
                ws.send(Event::Presence { users, heartbeat: None }).await?;
            }
            _ = heartbeat.tick() => ws.send(Event::Heartbeat).await?,
            () = silence.as_mut() => return Err(Inactive.into()),
        }
    }
}

/// Sends a message to its recipients, and returns the answer to the sender.
fn pass_on(
    member: &Member<Event>,
    incoming: Incoming,
) -> Result<Option<Event>, SocketError> {
    let user = member.id().to_owned();
    if incoming.is_too_long() {
        return Ok(Some(Event::error(format!(
            "Message too long: at most {MAX_LENGTH} characters"
        ))));
    }
    match incoming {
        Incoming::Message(message) => {
            member.broadcast(&Event::Message { user, message })?;
            Ok(None)
        }
        Incoming::Private { to, message } => {
            let event = Event::Private { from: user.clone(), to: to.clone(), message };
            match member.room().send_to(&to, &event) {
                Ok(()) => Ok((user != to).then_some(event)),
                Err(RoomError::Socket(error)) => Err(error),
                Err(_) => Ok(Some(Event::error(format!("User {to} is not in the chat")))),
            }
        }
        Incoming::HeartbeatAck => Ok(None),
    }
}

/// How often a client has recently exceeded the rate limit.
#[derive(Default)]
struct Warnings {
    count: u32,
    last: Option<Instant>,
}

impl Warnings {
    /// Returns what to tell a client whose message is not passed on, or the error itself
    /// if it ends the connection.
    fn excuse(&mut self, error: SocketError) -> Result<String, ChatError> {
        match error {
            SocketError::ExpectedText => Ok("Messages are text, not binary".to_owned()),
            SocketError::Invalid(error) => Ok(match error.errors() {
                [field, ..] if field.kind != "json_invalid" => format!("Invalid {field}"),
                _ => "Invalid JSON".to_owned(),
            }),
            SocketError::RateLimited(_) => self.warn(),
            error => Err(error.into()),
        }
    }

    fn warn(&mut self) -> Result<String, ChatError> {
        if self.last.is_none_or(|last| last.elapsed() > RATE_PERIOD) {
            self.count = 0;
        }
        self.last = Some(Instant::now());
        self.count += 1;
        if self.count > WARNINGS {
            return Err(ChatError::TooManyMessages);
        }
        Ok("Too many messages: that one was not delivered".to_owned())
    }
}
