//! Reads from a transport into the buffers of the message layer, which does no I/O itself, for connections of the
//! server and of the client.

use std::{
    future::Future as _,
    io,
    pin::pin,
    task::{Context, Poll},
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::protocol::Reader;

/// Reads what the transport has, up to the room that the reader has for it. It yields 0 bytes at the end of the
/// stream.
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

/// Reads what the transport has, up to the room that a buffer has for it. It yields 0 bytes at the end of the stream.
pub(crate) fn poll_read<IO: AsyncRead + Unpin>(
    io: &mut IO,
    room: &mut BytesMut,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    // The future reads into memory that was not zeroed first, and loses nothing when it is dropped.
    pin!(io.read_buf(room)).poll(cx)
}
