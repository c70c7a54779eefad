//! `Stream` and `Sink`, for use with the combinators of `futures`.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_sink::Sink;

use super::{Receiver, Sender, WebSocket};
use crate::{CloseCode, Decode, Encode, SocketError};

/// Yields messages until the connection is closed, which ends the stream. [`closed`](WebSocket::closed) returns how it
/// was closed.
impl<In, C: Decode<In>> Stream for Receiver<In, C> {
    type Item = Result<In, SocketError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.poll_recv(cx)) {
            Err(SocketError::Closed(_)) => None,
            item => Some(item),
        })
    }
}

/// The sink waits for room, regardless of the option `send_buffer`. Closing the sink closes the connection with 1000. A
/// message is written as soon as the task yields, so flushing does nothing.
impl<Out, C: Encode<Out>> Sink<Out> for Sender<Out, C> {
    type Error = SocketError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.outbox().poll_capacity(cx).map_err(SocketError::from)
    }

    fn start_send(self: Pin<&mut Self>, message: Out) -> Result<(), SocketError> {
        Ok(self.outbox().push(&*C::encode(&message)?)?)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        // Closing a sink twice is not an error.
        let _ = self.outbox().close(CloseCode::NORMAL_CLOSURE.into());
        Poll::Ready(Ok(()))
    }
}

impl<In, Out, C: Decode<In>> Stream for WebSocket<In, Out, C> {
    type Item = Result<In, SocketError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.receiver).poll_next(cx)
    }
}

/// Behaves like the sink of [`Sender`].
impl<In, Out, C: Encode<Out>> Sink<Out> for WebSocket<In, Out, C> {
    type Error = SocketError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.outbox().poll_capacity(cx).map_err(SocketError::from)
    }

    fn start_send(self: Pin<&mut Self>, message: Out) -> Result<(), SocketError> {
        Ok(self.outbox().push(&*C::encode(&message)?)?)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Sink::poll_close(Pin::new(&mut self.sender()), cx)
    }
}
