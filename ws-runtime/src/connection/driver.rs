//! [`drive`]: the one task of a connection.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{CLOSE_TIMEOUT, DRAIN_TIMEOUT, Outbox, inbox::Inbox};
use crate::Close;

/// An endpoint from its first guard to its close; `None` if there is nobody left to close.
pub(crate) type Running = Pin<Box<dyn Future<Output = Option<Close>> + Send>>;

/// Runs an endpoint on its connection, and ends the connection when the endpoint ends.
pub(crate) async fn drive<IO>(inbox: Arc<Inbox<IO>>, outbox: Outbox, mut endpoint: Running)
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    // Everything that the endpoint sends in one poll goes out in one write.
    let close = poll_fn(|cx| {
        inbox.attend(cx);
        let ended = endpoint.as_mut().poll(cx);
        inbox.read_ahead(cx);
        let was_full = outbox.is_full();
        let _ = inbox.poll_write(cx);
        if was_full && !outbox.is_full() {
            // Reading was held back until the peer had read: look again.
            cx.waker().wake_by_ref();
        }
        ended
    })
    .await;
    drop(endpoint);

    // The first close wins: an endpoint that closed by itself, or a peer that left, has nothing to add.
    let _ = outbox.close(close.unwrap_or_else(Close::internal_error));
    finish(&inbox).await;
}

/// The closing handshake (RFC 6455, section 7.1.2): what was sent goes out, the Close frame behind it, and the peer
/// gets the time to answer.
async fn finish<IO: AsyncRead + AsyncWrite + Unpin>(inbox: &Inbox<IO>) {
    let handshake = poll_fn(|cx| {
        inbox.attend(cx);
        let closed = inbox.poll_discard(cx);
        match (inbox.poll_write(cx), closed) {
            (Poll::Ready(()), Poll::Ready(())) => Poll::Ready(()),
            _ => Poll::Pending,
        }
    });
    let in_time = timeout(CLOSE_TIMEOUT, handshake).await.is_ok();
    if in_time && !inbox.is_lost() {
        // A socket that is closed with unread data resets, and a reset may overtake our Close frame.
        let _ = timeout(DRAIN_TIMEOUT, poll_fn(|cx| inbox.poll_drain(cx))).await;
    }
}
