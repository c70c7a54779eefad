//! Rooms: connections that talk to each other.
//!
//! [`Rooms`] is state of the app. An endpoint [joins](Room::join) a [`Room`] under an ID that is its own, and is in it for
//! as long as it holds the [`Member`]:
//!
//! ```
//! use ws_runtime::{App, Result, State, WebSocket, rooms::Rooms, routes, websocket};
//!
//! #[derive(serde::Deserialize)]
//! struct Said {
//!     message: String,
//! }
//!
//! #[derive(serde::Serialize)]
//! #[serde(tag = "type", rename_all = "lowercase")]
//! enum Event {
//!     System { message: String },
//!     Message { user: String, message: String },
//! }
//!
//! #[websocket("/chat/<room>/<user>")]
//! async fn chat(room: String, user: String, rooms: State<Rooms<Event>>, mut ws: WebSocket<Said, Event>) -> Result {
//!     // The ID is taken: 1008.
//!     let member = rooms.room(&room).join(&user, ws.sender()).await?;
//!     member.broadcast(&Event::System { message: format!("{user} has joined") })?;
//!     // Said when the endpoint ends, however it does: the client leaves, an error, a panic.
//!     member.set_farewell(&Event::System { message: format!("{user} has left") })?;
//!     loop {
//!         let message = ws.recv().await?.message;
//!         member.broadcast(&Event::Message { user: user.clone(), message })?;
//!     }
//! }
//!
//! let app = App::new().state(Rooms::<Event>::new()).routes(routes![chat]);
//! # app.build().unwrap();
//! ```
//!
//! # What holds
//!
//! - **Nobody waits for anybody.** Sending to a room is not even async: a message is encoded once and appended to what
//!   waits for each member. A member that takes next to nothing for 5 seconds while more waits for it than its
//!   [`send_buffer`](crate::SendBuffer) holds, or for whom 128 MiB wait, is closed with 1013, or misses messages:
//!   [`SlowMember`].
//! - **One order.** All members receive the messages of a room in the same order, and a member's farewell behind all
//!   else that it sent. Someone who joins receives everything that is sent from then on.
//! - **Over is over.** A member is listed as long as its connection is open. After that its endpoint has the time of
//!   `close_timeout` to say something to the room; then the member leaves, whatever the endpoint still does.
//! - **One member for each ID**, as far as the connection of the one before is open. A client that comes back in the
//!   moment after it left finds its ID free.
//! - **Rooms need no care.** There are no globals; a room is forgotten with the last who is in it or holds a handle.
//!
//! With the feature `redis`, rooms span processes.
#![cfg_attr(feature = "redis", doc = "")]
#![cfg_attr(feature = "redis", doc = include_str!("../../docs/rooms_on_redis.md"))]

mod bridge;
mod error;
mod member;
mod registry;
mod room;
mod roster;
mod seats;
mod slow;

#[cfg(feature = "redis")]
pub use bridge::{BridgeState, IntoRedis, InvalidRedisUrl, Redis};
pub use error::{MemberTaken, NotAMember, RoomError};
pub use member::Member;
pub use registry::Rooms;
pub use room::{Presence, Room};
pub use slow::SlowMember;

#[cfg(all(fuzzing, feature = "redis"))]
pub(crate) use bridge::check_wire as check_redis_wire;
