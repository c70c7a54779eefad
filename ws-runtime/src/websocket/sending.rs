//! [`SendFuture`] and [`CloseFuture`]: the futures of sending and closing.
//!
//! They are named types without bounds on the type of their message, and hold the function that encodes it: for an
//! `async fn` with a wrong argument, rustc would report both the call and its `.await`.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use serde::Serialize;

use super::{IntoBinary, IntoText};
use crate::{
    Close, Encode, Message, SocketError,
    codec::encode_json,
    connection::{Capacity, Outbox},
    protocol::{LARGE, Opcode, Payload},
};

/// Sends a message while it is awaited; returned by [`WebSocket::send`](super::WebSocket::send) and similar methods.
///
/// If it is dropped before it completes, nothing is sent.
#[must_use = "nothing is sent until it is awaited"]
pub struct SendFuture<'a, T> {
    capacity: Capacity<'a>,
    message: Kept<T>,
    append: Append<T>,
    by_policy: bool,
}

/// Encodes a message and appends it to the outbox. Returns `Pending` if there is no room.
type Append<T> = fn(&Outbox, &T) -> Poll<Result<(), SocketError>>;

/// A message that its sender still holds. A short one is copied into its frame, and is not encoded separately before.
enum Kept<T> {
    Value(T),
    Long(Message),
    Sent,
}

impl<'a, T> SendFuture<'a, T> {
    fn new(outbox: &'a Outbox, message: Kept<T>, append: Append<T>) -> Self {
        Self { capacity: outbox.capacity(), message, append, by_policy: false }
    }

    /// Sends a value in the format `C`.
    pub(crate) fn encoded<C: Encode<T>>(outbox: &'a Outbox, value: T) -> Self {
        Self::new(outbox, Kept::Value(value), |outbox, value| {
            outbox.poll_push(&*C::encode(value)?).map_err(SocketError::from)
        })
    }

    /// Sends a value in the format `C`, but never compressed.
    #[cfg(feature = "deflate")]
    pub(super) fn uncompressed<C: Encode<T>>(outbox: &'a Outbox, value: T) -> Self {
        Self::new(outbox, Kept::Value(value), |outbox, value| {
            let encoded = C::encode(value)?;
            let (opcode, payload) = Payload::plain(&encoded);
            outbox.poll_append(opcode, payload).map_err(SocketError::from)
        })
    }

    pub(crate) fn text(outbox: &'a Outbox, text: T) -> Self
    where
        T: IntoText,
    {
        let kept = if text.as_ref().len() < LARGE {
            Kept::Value(text)
        } else {
            Kept::Long(Message::Text(text.into_utf8_bytes()))
        };
        Self::new(outbox, kept, |outbox, text| append_text(outbox, text.as_ref()))
    }

    pub(crate) fn binary(outbox: &'a Outbox, bytes: T) -> Self
    where
        T: IntoBinary,
    {
        let kept = if bytes.as_ref().len() < LARGE {
            Kept::Value(bytes)
        } else {
            Kept::Long(Message::Binary(bytes.into_bytes()))
        };
        Self::new(outbox, kept, |outbox, bytes| {
            outbox.poll_append(Opcode::Binary, Payload::Borrowed(bytes.as_ref())).map_err(SocketError::from)
        })
    }

    /// Lets the option `send_buffer` decide what happens to the message if there is no room.
    pub(super) fn by_policy(self) -> Self {
        Self { by_policy: true, ..self }
    }
}

impl<'a, T: Serialize + ?Sized> SendFuture<'a, &'a T> {
    /// Sends a value as JSON in a text message.
    pub(crate) fn json(outbox: &'a Outbox, value: &'a T) -> Self {
        Self::new(outbox, Kept::Value(value), |outbox, value| {
            let json = encode_json(*value)?;
            if json.len() < LARGE {
                append_text(outbox, &json)
            } else {
                outbox.poll_push(&json.into()).map_err(SocketError::from)
            }
        })
    }
}

fn append_text(outbox: &Outbox, text: &str) -> Poll<Result<(), SocketError>> {
    outbox.poll_append(Opcode::Text, Payload::Borrowed(text.as_bytes())).map_err(SocketError::from)
}

impl<T> SendFuture<'_, T> {
    crate::elsewhere::result_methods!(T => (), crate::Result<()>);
}

/// None of the fields is pinned.
impl<T> Unpin for SendFuture<'_, T> {}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SocketError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { capacity, message, append, by_policy } = &mut *self;
        let append = |outbox: &Outbox| match &*message {
            Kept::Value(value) => append(outbox, value),
            Kept::Long(message) => outbox.poll_push(message).map_err(SocketError::from),
            Kept::Sent => panic!("`SendFuture` polled after completion"),
        };
        let sent = if *by_policy {
            capacity.poll_send_by_policy(cx, append)
        } else {
            capacity.poll_send(cx, append)
        };
        let sent = ready!(sent);
        *message = Kept::Sent;
        Poll::Ready(sent)
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendFuture").finish_non_exhaustive()
    }
}

/// Sends a Close frame while it is awaited; returned by [`WebSocket::close`](super::WebSocket::close).
#[must_use = "nothing is closed until it is awaited"]
pub struct CloseFuture<'a> {
    outbox: &'a Outbox,
    close: Option<Close>,
}

impl<'a> CloseFuture<'a> {
    pub(super) fn new(outbox: &'a Outbox, close: Close) -> Self {
        Self { outbox, close: Some(close) }
    }
}

impl Future for CloseFuture<'_> {
    type Output = Result<(), SocketError>;

    // There is nothing to wait for at present; this is a future for consistency with sending.
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let close = self.close.take().expect("`CloseFuture` polled after completion");
        Poll::Ready(self.outbox.close(close).map_err(SocketError::from))
    }
}

impl fmt::Debug for CloseFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloseFuture").finish_non_exhaustive()
    }
}
