//! Unix sockets as a [`Listener`].

use std::io;

use tokio::net::{UnixListener, UnixStream, unix::SocketAddr};

use super::{Listener, pause_after};

impl Listener for UnixListener {
    type Io = UnixStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (UnixStream, SocketAddr) {
        loop {
            match Self::accept(self).await {
                Ok(accepted) => return accepted,
                Err(error) => pause_after(error).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}
