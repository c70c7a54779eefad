//! Rooms: connections that talk to each other.
//!
//! [`Rooms`] is a state of the app. An endpoint [joins](Room::join) a [`Room`] under an ID of its own, and stays in the
//! room for as long as it holds the [`Member`]:
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
//! # Guarantees
//!
//! - **Nobody waits for anybody.** Sending to a room is not even async: a message is encoded once and appended to the
//!   queue of each member. A member is slow if it takes next to nothing for 5 seconds while more than its
//!   [`send_buffer`](crate::SendBuffer) holds is waiting for it, or if 128 MiB are waiting for it. It is then closed
//!   with 1013, or misses messages: see [`SlowMember`].
//! - **There is one order.** All members receive the messages of a room in the same order, and a member's farewell
//!   after everything else that it sent. A new member receives everything that is sent from then on.
//! - **A closed connection leaves.** A member is listed as long as its connection is open. After that, its endpoint has
//!   `close_timeout` to say something to the room; then the member leaves, even if the endpoint is still running.
//! - **Each ID has one member**, as long as that member's connection is open. A client that reconnects right after it
//!   left finds its ID free, and may [take](Join::replace) it from a connection that is not known to be lost. One member may
//!   have [several connections](Join::share).
//! - **Rooms may remember.** With a [history](Rooms::history), a member that lost its connection [gets what it
//!   missed](Join::since), or is told that it is lost.
//! - **Rooms need no upkeep.** There are no globals, and a room is forgotten when its last member has left and its last
//!   handle is dropped.
//!
//! # More that a room does
//!
//! - [`Room::join_anonymous`] joins under an ID that is made for the member.
//! - [`Room::retain`] keeps the last value, such as a price, and each new member receives it first.
//! - [`Room::kick`] closes the connection of one member, and [`Room::close`] those of all.
//!
//! With the feature `redis`, rooms can span processes.
#![cfg_attr(feature = "redis", doc = "")]
#![cfg_attr(feature = "redis", doc = include_str!("../../docs/rooms_on_redis.md"))]

mod anonymous;
mod archive;
mod bridge;
mod error;
mod history;
mod join;
mod log;
mod member;
mod presence;
mod random;
mod registry;
mod removal;
mod retain;
mod room;
mod roster;
mod seats;
mod slow;

pub use crate::tracked::{Envelop, InvalidPosition, Position, Recovery, Tracked, WhyLost};
#[cfg(feature = "redis-tls")]
pub use bridge::InvalidCertificates;
#[cfg(feature = "redis")]
pub use bridge::{BridgeFailure, BridgeState, IntoRedis, InvalidRedisUrl, Redis};
pub use error::{MemberTaken, NotAMember, RoomError};
pub use history::History;
pub use join::{Join, RoomSender};
pub use member::Member;
pub use presence::{Meta, Presence, PresenceChange};
pub use registry::Rooms;
pub use room::Room;
pub use slow::SlowMember;

#[cfg(all(fuzzing, feature = "redis"))]
pub(crate) use bridge::check_wire as check_redis_wire;
