//! From a transport into the message layer's buffers, which does no I/O itself: for the server's connections and the client's.

use std::{
    future::Future as _,
    io,
    pin::pin,
    task::{Context, Poll},
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::protocol::Reader;

/// Reads what the transport has, as far as the reader has room for it. 0 bytes are the end.
pub(crate) fn poll_fill<IO: AsyncRead + Unpin>(
    io: &mut IO,
    reader: &mut Reader,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let read = poll_read(io, reader.room(), cx);
    if !matches!(read, Poll::Ready(Ok(1..))) {
        reader.settle();
    }
    read
}

/// Reads what the transport has into what a buffer has room for. 0 bytes are the end.
pub(crate) fn poll_read<IO: AsyncRead + Unpin>(
    io: &mut IO,
    room: &mut BytesMut,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    // It reads into memory that was not zeroed before, and loses nothing when it is dropped.
    pin!(io.read_buf(room)).poll(cx)
}
