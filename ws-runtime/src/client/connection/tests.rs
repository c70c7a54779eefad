//! Tests of the memory that a connection uses, which cannot be observed from outside.

use tokio::{
    io::{AsyncReadExt as _, DuplexStream, WriteHalf, duplex, join, split},
    task::yield_now,
};

use super::{
    super::{outgoing::AHEAD, queue::queue},
    *,
};

/// The writing half of a pipe whose flush takes several attempts.
struct Lazy(WriteHalf<DuplexStream>, usize);

impl AsyncWrite for Lazy {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.1 += 1;
        if self.1.is_multiple_of(20) { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

fn limits() -> ClientLimits {
    ClientLimits {
        connect_timeout: LINGER,
        ping_interval: None,
        pong_timeout: LINGER,
        close_timeout: LINGER,
        max_message_size: 1024,
    }
}

/// Sends 16 MiB through a pipe that always has less room than there is to send. Returns the largest amount of memory
/// that encoded frames took at any time, including spare capacity.
async fn most_encoded<IO: AsyncRead + AsyncWrite + Unpin>(io: IO, mut server: DuplexStream) -> usize {
    let (entry, queue) = queue(1024 * 1024);
    let mut connection = Connection::new(io, Vec::new(), Arc::default(), queue, limits());
    let mut timer = pin!(sleep_until(Instant::now()));
    let message = Message::from(vec![7; 1000]);
    let mut piece = vec![0; 8 * 1024];
    let mut most = 0;
    for _ in 0..2048 {
        while entry.try_push(message.clone()).is_ok() {}
        let ended = poll_fn(|cx| Poll::Ready(connection.poll(cx, timer.as_mut()))).await;
        assert!(ended.is_pending());
        most = most.max(connection.outgoing.capacity());
        server.read_exact(&mut piece).await.expect("the client writes");
        // Real tasks yield like this, so that scheduling is fair.
        yield_now().await;
    }
    most
}

#[tokio::test(start_paused = true)]
async fn what_is_encoded_is_bounded_while_the_transport_is_slower_than_the_user() {
    let (client, server) = duplex(16 * 1024);
    let most = most_encoded(client, server).await;
    assert!(most <= 4 * AHEAD, "{most} bytes");
    let (client, server) = duplex(16 * 1024);
    let (reader, writer) = split(client);
    let most = most_encoded(join(reader, Lazy(writer, 0)), server).await;
    assert!(most <= 4 * AHEAD, "{most} bytes");
}
