//! A client that connects again: typed messages over a connection that is renewed when it breaks.
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
//! A task owns the connection. It answers pings, sends its own to a server that is silent, and when the connection ends it
//! makes another, unless [the end](Ended::is_transient) says that it makes no sense: not after 1000, 1008 and 3000–4999, but
//! after 1001, 1006, 1011, 1012, 1013 and 1014. It waits between attempts, longer each time and never as long as all others:
//! see [`Backoff`]. [`Client::recv`] and [`Client::send`] just take longer meanwhile; [`Client::states`] tells what
//! happens.
//!
//! The new connection is a new one for the server: what the endpoint kept for the old one is gone, and whoever needs to
//! log in or subscribe does it again when [`ClientState::Open`] comes.
//!
//! # What becomes of messages
//!
//! What is sent goes into a queue of bounded size, and leaves it when the transport has taken it as a whole. What is left
//! when a connection ends is sent on the next one, in the same order, before everything that came later.
//!
//! - A message is sent **at most once** over TCP. What TCP has taken is not sent again: if the connection breaks before
//!   the server has read it, it is lost. A message that TCP had taken in part is sent again from its start, and a server
//!   never acts on a part of a message.
//! - A transport that buffers, such as TLS, may break just when it has sent a message and not said so: then it arrives
//!   twice.
//! - Whoever must know that a message arrived has the server answer it.
//!
//! What was received before an end stays to be received. When the client ends for good, what is still queued is lost.
//!
//! # Who does not receive
//!
//! 32 messages or 64 KiB are read ahead of [`Client::recv`]. Then the client reads nothing more until there is room: the
//! server is held back, and its Close frame is not seen either. That the connection has ended is noticed when something is
//! sent over it; then what is left of it is read, however much that is, and another one is made. As long as what came over
//! one connection fills the read-ahead, what is left of the next ones when they break is thrown away. So whoever only
//! sends needs not receive, but whoever wants to see what the server says must.
//!
//! # Stopping
//!
//! [`Client::close`] sends what is queued and a Close frame, and waits for the answer. A client that is dropped does the
//! same with 1001 on its own, within a second; while it has no connection, it stops at once.

mod backoff;
mod builder;
mod ended;
mod error;
mod futures;
mod handshake;
mod link;
mod outgoing;
mod queue;
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

pub use backoff::Backoff;
pub use builder::ClientBuilder;
pub use ended::{Ended, Refused};
pub use error::{ClientError, ConnectError};
pub use futures::{ClientCloseFuture, ClientRecvFuture, ClientSendFuture, ConnectFuture};
pub use sender::ClientSender;
pub use state::ClientState;
#[cfg(feature = "client-tls")]
pub use tls::Tls;
/// The `rustls` whose configurations [`Tls`] takes, under the name of its version.
#[cfg(feature = "client-tls")]
pub use tokio_rustls::rustls as rustls_0_23;

use crate::{Decode, Encode, IntoClose, IntoMessage, Json, Message, SocketError};
use queue::Entry;
use shared::{Shared, Stop};

/// A connection to a server that is made anew when it breaks; see the [module](self).
///
/// `In` is the type of what it receives, `Out` of what it sends, `C` their format: [`Json`] unless another is named.
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

    /// A handle that only sends, to give to other tasks. It does not keep the client.
    #[must_use]
    pub fn sender(&self) -> ClientSender<Out, C> {
        self.sender.clone()
    }

    /// What the client is doing now.
    #[must_use]
    pub fn state(&self) -> ClientState {
        self.states.borrow().clone()
    }

    /// Tells of every change of state; one that is followed by the next at once may not be seen.
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

    /// The subprotocol that the server selected for the present or last connection.
    #[must_use]
    pub fn protocol(&self) -> Option<String> {
        self.shared.protocol()
    }

    /// Sends what is queued, then a Close frame, and waits for the answer: how the connection ended.
    ///
    /// That is [`Ended::Local`] if all went well, or there was no connection at the time; [`Ended::Lost`] if the server did
    /// not take it all and answer within `close_timeout`; [`Ended::Peer`] if it closed first. What it sends meanwhile is
    /// thrown away; what was received before is still there to be [received](Self::recv). A client that has ended already
    /// stays as it is.
    pub fn close(&mut self, close: impl IntoClose) -> ClientCloseFuture<'_> {
        let stop = Stop::Close(close.into_close());
        let Self { shared, sender, states, .. } = self;
        let (entry, shared) = (sender.entry(), &*shared);
        ClientCloseFuture(Box::pin(async move {
            entry.close();
            shared.stop(stop);
            // The task says how it ended before it goes.
            let _ = states.wait_for(|state| state.ended().is_some()).await;
            shared.ended()
        }))
    }

    /// Waits until the client has ended for good, and says how.
    pub async fn closed(&self) -> Ended {
        let _ = self.states.clone().wait_for(|state| state.ended().is_some()).await;
        self.shared.ended()
    }
}

/// Messages of the types that the client has.
impl<In, Out, C> Client<In, Out, C> {
    /// Sends a message: completes when it is queued, and waits while the queue is full (64 KiB by default), be it because
    /// there is no connection for the time being.
    ///
    /// Cancel-safe: a message that waits for room when the future is dropped is not sent.
    ///
    /// # Errors
    ///
    /// [`ClientError::Closed`] if the client has ended for good, [`ClientError::Message`] if the message does not
    /// serialize.
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
    /// [`ClientError::Full`] if there is none, else as [`send`](Self::send).
    pub fn try_send(&self, message: impl IntoMessage<Out>) -> Result<(), ClientError>
    where
        C: Encode<Out>,
    {
        self.sender.try_send(message)
    }

    /// Receives the next message, over as many connections as it takes. Cancel-safe.
    ///
    /// # Errors
    ///
    /// [`ClientError::Message`] for a message that is no `In`; it is gone, and the next call receives the next message.
    /// [`ClientError::Closed`] once the client has ended for good and what came before is received.
    pub fn recv(&mut self) -> ClientRecvFuture<'_, In>
    where
        C: Decode<In>,
    {
        ClientRecvFuture { shared: &self.shared, decode: C::decode }
    }
}

/// What other libraries have, and connections of a server.
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

/// The messages until the client ends for good. Ask [`closed`](Client::closed) how it did.
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
