//! IDs for members that have none of their own.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use super::{Member, MemberTaken, Room, RoomSender, random::random};

impl<Out, C> Room<Out, C> {
    /// Joins the room under an ID that is made for this member, such as `anon-5be0cd19137e2179-2a`. It is different from
    /// every other ID made in this process and, with Redis, in any other. [`Member::id`] returns it.
    ///
    /// The ID is not a secret, and it can be guessed from other IDs.
    ///
    /// ```
    /// # use ws_runtime::{Result, State, WebSocket, rooms::Rooms, websocket};
    /// #[websocket("/ticker")]
    /// async fn ticker(rooms: State<Rooms>, ws: WebSocket) -> Result {
    ///     let _member = rooms.room("ticker").join_anonymous(ws.sender()).await?;
    ///     ws.closed().await;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`MemberTaken`] as [`join`](Self::join) does. That only happens if somebody joined under such an ID by
    /// its name.
    pub async fn join_anonymous(
        &self,
        sender: impl RoomSender<Out, C>,
    ) -> Result<Member<Out, C>, MemberTaken> {
        self.join(&anonymous_id(), sender).await
    }
}

/// Makes an ID from a random number for the process and a counter.
fn anonymous_id() -> String {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let process = PROCESS.get_or_init(random);
    format!("anon-{process:016x}-{:x}", NEXT.fetch_add(1, Ordering::Relaxed))
}
