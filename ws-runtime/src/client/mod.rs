//! A client that reconnects: it sends and receives typed messages over a connection that is renewed when it breaks.
//!
//! ```no_run
//! use ws_runtime::client::{Client, ClientError};
//!
//! #[derive(serde::Deserialize)]
//! struct Event {
//!     user: String,
//!     message: String,
//! }
//!
//! #[derive(serde::Serialize)]
//! struct Command {
//!     message: String,
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mut client: Client<Event, Command> = Client::builder("ws://127.0.0.1:8000/chat/bob")
//!     .query("token", "a b&c")
//!     .cookie("session", "abc")
//!     .connect()
//!     .await?;
//! client.send(Command { message: "hi".to_owned() }).await?;
//! loop {
//!     match client.recv().await {
//!         Ok(event) => println!("{}: {}", event.user, event.message),
//!         // One message that is no `Event`; the connection goes on.
//!         Err(ClientError::Message(error)) => eprintln!("{error}"),
//!         // No other connection will be made: the server said 1000 or 1008, say.
//!         Err(error) => return Err(error.into()),
//!     }
//! }
//! # }
//! ```
//!
//! # When a connection ends
//!
//! A task owns the connection. It answers pings, and sends its own to a server that is silent. When the connection
//! ends, the task makes a new one, unless [the end](Ended::is_transient) says that this makes no sense: it does not
//! reconnect after 1000, 1008 and 3000–4999, but it does after 1001, 1006, 1011, 1012, 1013 and 1014. The delays
//! between attempts grow and have jitter: see [`Backoff`]. [`Client::recv`] and [`Client::send`] simply wait in the
//! meantime; [`Client::states`] reports what happens.
//!
//! To the server the new connection is unrelated to the old one: what the endpoint kept for the old one is gone. A
//! client that needs to log in or to subscribe does so in [`on_open`](ClientBuilder::on_open), which runs on every
//! connection before anything that is queued is sent. A token that has to be fresh for each attempt is set in
//! [`before_connect`](ClientBuilder::before_connect).
//!
//! # Delivery of messages
//!
//! Messages that are sent go into a queue of bounded size. Each leaves the queue when the transport has taken all of
//! it. The messages that are left when a connection ends are sent on the next one, in the same order, before all later
//! ones.
//!
//! - A message is sent **at most once** over TCP. What TCP has taken is not sent again: if the connection breaks before
//!   the server has read it, the message is lost. A message that TCP had taken in part is sent again from its start,
//!   and a server never acts on a part of a message.
//! - A transport that buffers, such as TLS, may break just after it has sent a message but before it has reported that.
//!   The message then arrives twice.
//! - If you need to know that a message arrived, let the server answer it.
//!
//! Messages that were received before an end can still be received after it. When the client ends for good, queued
//! messages are lost.
//!
//! # Nothing missed
//!
//! A server may send the messages of a room in envelopes, which tell their positions: see
//! [`Tracked`](crate::rooms::Tracked). A client of the type `Client<Tracked<Event>>` then returns with the last position
//! that it received, as the query parameter `since`, and the server sends it what it missed. Its user sees one stream
//! without gaps, and one event after each connection was made:
//!
//! ```no_run
//! # use ws_runtime::{client::{Client, ClientError}, rooms::{Recovery, Tracked}};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mut client: Client<Tracked<String>, String> = Client::builder("ws://127.0.0.1:8000/chat/bob").connect().await?;
//! loop {
//!     match client.recv().await? {
//!         Tracked::Message { message, .. } => println!("{message}"),
//!         Tracked::Joined { recovery: Recovery::Recovered { missed }, .. } => println!("{missed} messages follow"),
//!         Tracked::Joined { recovery: Recovery::Lost { why }, .. } => println!("messages are lost: {why}"),
//!         _ => {}
//!     }
//! }
//! # }
//! ```
//!
//! [`Client::position`] returns the position, and [`ClientBuilder::since`] starts from one. A message is recognised as an
//! envelope by its first field, which is a `position` of this form; the parameter `since` is not sent unless there was one.
//!
//! # When the user does not receive
//!
//! The client reads 32 messages or 64 KiB ahead of [`Client::recv`]. Then it stops reading until there is room again:
//! the server is held back, and its Close frame is not seen either. The client notices that such a connection has ended
//! when it next sends something over it; it then reads what is left of the connection, however much that is, and makes
//! a new one. As long as the messages of one connection fill the read-ahead, the messages that are left of later
//! connections when they break are discarded. A client that only sends therefore does not have to receive, but one that
//! wants to see what the server says does.
//!
//! # Stopping
//!
//! [`Client::close`] sends what is queued and a Close frame, and waits for the answer. A client that is dropped does
//! the same with 1001 in the background, within a second; if it has no connection at the time, it stops at once.

mod attempt;
mod backoff;
mod builder;
mod call;
mod connection;
mod ended;
mod error;
mod futures;
mod handshake;
mod hooks;
mod opening;
mod outgoing;
mod queue;
mod redirect;
mod request;
mod sender;
mod shared;
mod state;
mod task;
#[cfg(feature = "client-tls")]
mod tls;
mod transport;

use std::{
    fmt,
    future::Future as _,
    marker::PhantomData,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use tokio::sync::watch;

pub use attempt::Attempt;
pub use backoff::Backoff;
pub use builder::ClientBuilder;
pub use call::ClientCall;
pub use ended::{Ended, Refused};
pub use error::{ClientError, ConnectError, UnusableUrl};
pub use futures::{ClientCloseFuture, ClientRecvFuture, ClientSendFuture, ConnectFuture};
pub use hooks::BoxError;
pub use opening::Opening;
pub use sender::ClientSender;
pub use state::ClientState;
#[cfg(feature = "client-tls")]
pub use tls::Tls;
/// The `rustls` whose configurations [`Tls`] takes, under the name of its version.
#[cfg(feature = "client-tls")]
pub use tokio_rustls::rustls as rustls_0_23;

use crate::{Decode, Encode, IntoClose, IntoMessage, Json, Message, SocketError, tracked::Position};
use queue::Entry;
use shared::{Shared, Stop};

/// A connection to a server that is renewed when it breaks; see the [module](self).
///
/// `In` is the type of the messages that it receives, `Out` the type of those it sends, and `C` their format, by
/// default [`Json`].
pub struct Client<In = Message, Out = In, C = Json> {
    shared: Arc<Shared>,
    sender: ClientSender<Out, C>,
    states: watch::Receiver<ClientState>,
    messages: PhantomData<fn(C) -> In>,
}

impl Client {
    /// Prepares a connection to a `ws://` or `wss://` URL. The types of messages are chosen when
    /// [connecting](ClientBuilder::connect).
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    #[doc(hidden)]
    #[allow(clippy::needless_pass_by_value, missing_docs)]
    pub fn connect<U: crate::NoClientConnect>(_: U) -> ConnectFuture<Message, Message, Json> {
        unreachable!("nothing implements the trait")
    }

    #[doc(hidden)]
    #[must_use]
    #[allow(clippy::needless_pass_by_value, clippy::new_ret_no_self, missing_docs)]
    pub fn new<U: crate::NoClientConnect>(_: U) -> ClientBuilder {
        unreachable!("nothing implements the trait")
    }
}

impl<In, Out, C> Client<In, Out, C> {
    fn of(shared: Arc<Shared>, entry: Entry, states: watch::Receiver<ClientState>) -> Self {
        let sender = ClientSender::new(entry, Arc::clone(&shared));
        Self { shared, sender, states, messages: PhantomData }
    }

    /// Returns a handle that only sends, for use in other tasks. It does not keep the client alive.
    #[must_use]
    pub fn sender(&self) -> ClientSender<Out, C> {
        self.sender.clone()
    }

    /// Returns the current state of the client.
    #[must_use]
    pub fn state(&self) -> ClientState {
        self.states.borrow().clone()
    }

    /// Returns a watch on the state of the client. A state that is followed by the next one at once may be missed.
    ///
    /// ```no_run
    /// # use ws_runtime::client::{Client, ClientState};
    /// # fn run(client: &Client) {
    /// let mut states = client.states();
    /// tokio::spawn(async move {
    ///     while states.changed().await.is_ok() {
    ///         match &*states.borrow_and_update() {
    ///             ClientState::Waiting { delay, last, .. } => println!("{last}; next attempt in {delay:?}"),
    ///             state => println!("{state:?}"),
    ///         }
    ///     }
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn states(&self) -> watch::Receiver<ClientState> {
        self.states.clone()
    }

    /// Returns the subprotocol that the server selected for the current or last connection.
    #[must_use]
    pub fn subprotocol(&self) -> Option<String> {
        self.shared.subprotocol()
    }

    /// Returns the last position in a room that was received, or the one that the client [started
    /// from](ClientBuilder::since). The messages up to it may not all have been returned by [`recv`](Self::recv) yet.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.shared.position()
    }

    /// Sends what is queued, then a Close frame, waits for the answer, and returns how the connection ended.
    ///
    /// The result is [`Ended::Local`] if all went well or there was no connection at the time, [`Ended::Lost`] if the
    /// server did not take everything and answer within `close_timeout`, and [`Ended::Peer`] if the server closed
    /// first. What the server sends in the meantime is discarded; messages that were received before can still be
    /// [received](Self::recv). If the client has ended already, this method changes nothing.
    pub fn close(&mut self, close: impl IntoClose) -> ClientCloseFuture<'_> {
        let stop = Stop::Close(close.into_close());
        let Self { shared, sender, states, .. } = self;
        let (entry, shared) = (sender.entry(), &*shared);
        ClientCloseFuture(Box::pin(async move {
            entry.close();
            shared.stop(stop);
            // This cannot fail: the task reports how it ended before it goes away.
            let _ = states.wait_for(|state| state.ended().is_some()).await;
            shared.ended()
        }))
    }

    /// Waits until the client has ended for good, and returns how it ended.
    pub async fn closed(&self) -> Ended {
        let _ = self.states.clone().wait_for(|state| state.ended().is_some()).await;
        self.shared.ended()
    }
}

/// Messages of the client's types.
impl<In, Out, C> Client<In, Out, C> {
    /// Sends a message. The future completes when the message is queued; it waits while the queue is full (64 KiB by
    /// default), which may also be because there is no connection at the time.
    ///
    /// This method is cancel-safe: a message that is still waiting for room when the future is dropped is not sent.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Closed`] if the client has ended for good, and [`ClientError::Message`] if the message
    /// cannot be serialized.
    pub fn send(&self, message: impl IntoMessage<Out>) -> ClientSendFuture<'_, Out>
    where
        C: Encode<Out>,
    {
        self.sender.send(message)
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Full`] if there is no room, and otherwise the same errors as [`send`](Self::send).
    pub fn try_send(&self, message: impl IntoMessage<Out>) -> Result<(), ClientError>
    where
        C: Encode<Out>,
    {
        self.sender.try_send(message)
    }

    /// Receives the next message, reconnecting as often as necessary. This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Message`] for a message that is not an `In`. That message is discarded, and the next call
    /// receives the next one. Returns [`ClientError::Closed`] once the client has ended for good and all earlier
    /// messages have been received.
    pub fn recv(&mut self) -> ClientRecvFuture<'_, In>
    where
        C: Decode<In>,
    {
        ClientRecvFuture { shared: &self.shared, decode: C::decode }
    }
}

/// Methods that users of other libraries, or of a server's connection, may look for.
impl<In, Out, C> Client<In, Out, C> {
    crate::elsewhere::connection_methods! {
        In;
        recv_text(NoClientText), recv_json(NoClientText), recv_binary(NoClientText), receive(NoClientText), ping(NoPing),
        read_message(NoClientText),
    }
    crate::elsewhere::connection_methods! {
        Out;
        send_text(NoClientText, M), send_json(NoClientText, M), send_binary(NoClientText, M), send_message(NoClientText, M),
        write_message(NoClientText, M),
    }
}

/// Yields messages until the client ends for good. [`closed`](Client::closed) returns how it ended.
impl<In, Out, C: Decode<In>> Stream for Client<In, Out, C> {
    type Item = Result<In, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(pin!(self.recv()).poll(cx)) {
            Err(ClientError::Closed(_)) => None,
            item => Some(item),
        })
    }
}

impl<In, Out, C> Drop for Client<In, Out, C> {
    fn drop(&mut self) {
        self.sender.entry().close();
        self.shared.stop(Stop::Dropped);
    }
}

impl<In, Out, C> fmt::Debug for Client<In, Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &*self.states.borrow()).finish_non_exhaustive()
    }
}
