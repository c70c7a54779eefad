//! [`Person`]: who has which name. A name that is in use belongs to those who have the same secret, which the page gives each
//! browser as a cookie.

use sha2::{Digest, Sha256};
use ws_runtime::{
    CloseError, Json, Sender, SocketError, dependency,
    rooms::{Member, MemberTaken, Position, Room, RoomSender, Rooms},
};

use super::{messages::Event, names};

/// The cookie with the secret.
pub(crate) const COOKIE: &str = "chat-secret";

/// The room that everybody is in, and the only one that remembers what was said.
pub(crate) const ROOM: &str = "chat";

/// The room in which names are unique. Nothing is said in it.
const NAMES: &str = "names";

/// Somebody with a name.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    /// What is known of the secret: another one has another key.
    key: String,
}

/// Why somebody cannot have a name.
#[derive(Debug, thiserror::Error, CloseError)]
pub(crate) enum NameError {
    /// A name has 3 to 32 visible characters, with single spaces between words.
    #[error("Invalid user ID")]
    #[close(1008)]
    Invalid,
    /// Somebody else has the name.
    #[error("User ID already in use")]
    #[close(1008)]
    Taken,
    /// Two processes gave the name away while they could not reach Redis.
    #[error("User ID already in use")]
    #[close(1008)]
    TakenElsewhere(#[from] MemberTaken),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// A connection that is in the chat, for as long as this is held.
pub(crate) struct Joined {
    pub(crate) member: Member<Event>,
    /// `false` if the person is here already, in another window or by a connection that
    /// is not known to be lost.
    pub(crate) is_new: bool,
    _name: Member<Event>,
}

/// Reads who connects.
#[dependency]
pub(crate) async fn identify(
    /// The name: 3 to 32 visible characters, with single spaces between words.
    user_id: String,
    /// The secret of a browser. Those who have the same are the same person.
    #[cookie(name = "chat-secret", min_length = 16, max_length = 64)]
    secret: Option<String>,
) -> Result<Person, NameError> {
    if !names::is_valid(&user_id) {
        return Err(NameError::Invalid);
    }
    let secret = secret.unwrap_or_else(new_secret);
    Ok(Person { name: user_id, key: format!("{:x}", Sha256::digest(secret)) })
}

/// Returns a secret that nobody has.
pub(crate) fn new_secret() -> String {
    format!("{:032x}", rand::random::<u128>())
}

impl Person {
    /// Returns the ID in the room of the chat. Nobody else ever has it, not even under
    /// the same name, so nobody else gets the private messages that the room remembers
    /// for it.
    pub(crate) fn id(&self) -> String {
        id_of(&self.key, &self.name)
    }

    /// Joins the chat, if nobody else has the name. The member gets what it missed since
    /// a position.
    pub(crate) async fn join<Out>(
        &self,
        rooms: &Rooms<Event>,
        sender: Sender<Out>,
        since: Option<Position>,
    ) -> Result<Joined, NameError>
    where
        Sender<Out>: RoomSender<Event, Json>,
    {
        let (chat, names) = (rooms.room(ROOM), rooms.room(NAMES));
        if let Ok(name) = names.join(&self.name, sender.clone()).await {
            name.set_meta(&self.key)?;
            let member = chat.join(&self.id(), sender).since(since).share().await?;
            return Ok(Joined { member, is_new: true, _name: name });
        }
        if !self.holds_name(&names) {
            return Err(NameError::Taken);
        }
        // In another window, or by a connection that is not known to be lost.
        let member = chat.join(&self.id(), sender.clone()).since(since).share().await?;
        let name = names.join(&self.name, sender).share().await?;
        // In the meantime, the last of the other connections may have left, and somebody
        // else may have taken the name.
        if names.meta(&self.name).is_none() {
            name.set_meta(&self.key)?;
        }
        if !self.holds_name(&names) {
            return Err(NameError::Taken);
        }
        Ok(Joined { member, is_new: false, _name: name })
    }

    /// Returns `true` if somebody with this secret has the name.
    fn holds_name(&self, names: &Room<Event>) -> bool {
        key_of(names, &self.name).as_ref() == Some(&self.key)
    }
}

/// Returns what is known of the secret of the person who has a name.
fn key_of(names: &Room<Event>, name: &str) -> Option<String> {
    names.meta(name)?.get().ok()
}

/// Returns the ID of somebody who is in the chat.
pub(crate) fn find(rooms: &Rooms<Event>, name: &str) -> Option<String> {
    key_of(&rooms.room(NAMES), name).map(|key| id_of(&key, name))
}

fn id_of(key: &str, name: &str) -> String {
    format!("{key} {name}")
}

/// Returns the name in the ID of a member.
pub(crate) fn name_of(id: &str) -> &str {
    id.split_once(' ').map_or(id, |(_key, name)| name)
}
