//! [`Opening`]: a connection that has just been made, which nothing else has been sent on.

use std::{fmt, future::poll_fn, pin::pin, sync::Arc, task::Poll};

use serde::Serialize;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until, timeout},
};

use super::{
    ClientError, Ended,
    connection::Connection,
    hooks::OnOpen,
    queue::Entry,
    shared::{Shared, Stop},
};
use crate::{CloseCode, Decode, FromJson, IntoText, Json, Message, Utf8Bytes, codec};

/// A connection that has just been made, for the hook [`on_open`](super::ClientBuilder::on_open). What is sent over it
/// comes before everything that is queued in the client. It is of no use once the hook has returned.
pub struct Opening {
    entry: Entry,
    shared: Arc<Shared>,
    is_first: bool,
}

impl Opening {
    /// Returns `true` if this is the first connection of the client, and `false` if it reconnects.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.is_first
    }

    /// Returns the subprotocol that the server selected.
    #[must_use]
    pub fn subprotocol(&self) -> Option<String> {
        self.shared.subprotocol()
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Closed`] if the connection is over.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), ClientError> {
        let sent = self.entry.clone().push(message.into()).await;
        sent.map_err(|_closed| ClientError::Closed(self.shared.ended()))
    }

    /// Sends a text message.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    pub async fn send_text(&mut self, text: impl IntoText) -> Result<(), ClientError> {
        self.send(Message::Text(text.into_utf8_bytes())).await
    }

    /// Sends `value` as JSON in a text message.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send), and [`ClientError::Message`] if `value` cannot be serialized.
    pub async fn send_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ClientError> {
        let json = codec::encode_json(value).map_err(ClientError::Message)?;
        self.send(json).await
    }

    /// Receives the next message. The messages that the hook does not receive remain for the client.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Closed`] if the connection is over.
    pub async fn recv(&mut self) -> Result<Message, ClientError> {
        poll_fn(|cx| self.shared.poll_recv(cx)).await.map_err(ClientError::Closed)
    }

    /// Receives a text message.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv`](Self::recv), and [`ClientError::Message`] for a binary message, which is
    /// discarded.
    pub async fn recv_text(&mut self) -> Result<Utf8Bytes, ClientError> {
        self.recv().await?.into_text().map_err(ClientError::Message)
    }

    /// Receives a text message and parses it as JSON.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv_text`](Self::recv_text), and [`ClientError::Message`] for a message that is
    /// not JSON or not a `T`.
    pub async fn recv_json<T: FromJson>(&mut self) -> Result<T, ClientError> {
        <Json as Decode<T>>::decode(self.recv().await?).map_err(ClientError::Message)
    }
}

/// Runs the hook on a connection, together with the connection itself.
pub(super) async fn run<IO>(
    connection: &mut Connection<IO>,
    entry: Entry,
    hook: &OnOpen,
    is_first: bool,
) -> Result<(), Ended>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let (shared, limit) = (Arc::clone(connection.shared()), connection.limits().connect_timeout);
    let mut hook = hook(Opening { entry, shared, is_first });
    let mut timer = pin!(sleep_until(Instant::now()));
    let mut done = None;
    let opening = poll_fn(|cx| {
        if done.is_none() {
            if let Poll::Ready(result) = hook.as_mut().poll(cx) {
                done = Some(result);
            }
        }
        if let Some(Err(_)) = &done {
            return Poll::Ready(Ok(()));
        }
        if let Poll::Ready(ended) = connection.poll(cx, timer.as_mut()) {
            return Poll::Ready(Err(ended));
        }
        // What the hook sent comes first: only when it is in line, what was queued may follow.
        if done.is_some() && connection.is_encoded() { Poll::Ready(Ok(())) } else { Poll::Pending }
    });
    let opened = timeout(limit, opening).await.unwrap_or(Err(Ended::TimedOut));
    match (opened, done) {
        (Ok(()), Some(Err(error))) => {
            connection.disarm();
            connection.stop(&Stop::Close(CloseCode::NORMAL_CLOSURE.into()));
            let mut timer = pin!(sleep_until(Instant::now()));
            // If the server has closed, its code says more than what the hook makes of that.
            match poll_fn(|cx| connection.poll(cx, timer.as_mut())).await {
                ended @ Ended::Peer(_) => Err(ended),
                _ => Err(Ended::OnOpen(error.into())),
            }
        }
        (opened, _) => opened,
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("is_first", &self.is_first).finish_non_exhaustive()
    }
}
