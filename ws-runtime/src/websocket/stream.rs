//! `Stream` and `Sink`, for those who work with the combinators of `futures`.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_sink::Sink;

use super::{Receiver, Sender, WebSocket};
use crate::{CloseCode, Decode, Encode, SocketError};

/// The messages until the connection is closed; the close itself is the end of the stream. Ask
/// [`closed`](WebSocket::closed) how it came.
impl<In, C: Decode<In>> Stream for Receiver<In, C> {
    type Item = Result<In, SocketError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.poll_recv(cx)) {
            Err(SocketError::Closed(_)) => None,
            item => Some(item),
        })
    }
}

/// It waits for room, whatever the option `send_buffer` says of it. Closing the sink closes the connection with 1000. A
/// message is written out as soon as the task yields, so flushing has nothing to do.
impl<Out, C: Encode<Out>> Sink<Out> for Sender<Out, C> {
    type Error = SocketError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.outbox().poll_room(cx).map_err(SocketError::from)
    }

    fn start_send(self: Pin<&mut Self>, message: Out) -> Result<(), SocketError> {
        Ok(self.outbox().push(&*C::encode(&message)?)?)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        // Closing twice is no error for a sink.
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

/// As that of [`Sender`].
impl<In, Out, C: Encode<Out>> Sink<Out> for WebSocket<In, Out, C> {
    type Error = SocketError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.outbox().poll_room(cx).map_err(SocketError::from)
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
