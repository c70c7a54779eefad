//! [`Command`]: what rooms ask of the bridge.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::wire::Target;
use crate::{
    Close, Message,
    rooms::{MemberTaken, history::Histories, join::Taken, removal::Closing, seats::Known},
};

/// What rooms ask of the bridge. It carries the commands out in order.
pub(super) enum Command {
    Follow(Arc<str>),
    Unfollow(Arc<str>),
    Claim(Claim),
    Release(Release),
    Publish(Publish),
    Close {
        room: Arc<str>,
        target: Target,
        close: Close,
    },
    /// Closes connections of this process once their rooms have heard what comes before.
    CloseHere(Closing),
    Retain {
        room: Arc<str>,
        message: Option<Message>,
        tell: bool,
    },
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
    pub(super) known: Known,
    /// What happens to a connection elsewhere that has the ID.
    pub(super) taken: Taken,
    pub(super) reply: Option<oneshot::Sender<Result<(), MemberTaken>>>,
}

pub(super) struct Release {
    pub(super) room: Arc<str>,
    pub(super) id: Arc<str>,
    pub(super) number: u64,
    pub(super) farewell: Option<Message>,
    /// Whether the members in this process have not been told, because the ID seemed to be shared.
    pub(super) untold: bool,
}

#[derive(Clone)]
pub(super) struct Publish {
    pub(super) room: Arc<str>,
    pub(super) target: Target,
    pub(super) message: Message,
    /// The number of the message in this process, if the room has a history.
    pub(super) history: Option<(u64, Arc<Histories>)>,
}
