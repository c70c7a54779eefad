//! TCP as a [`Listener`].

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpStream};

use super::{Listener, pause_after};

/// Sets `TCP_NODELAY`: small messages do not wait for the acknowledgement of earlier ones. A connection works without, too.
pub(crate) fn set_nodelay(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}

impl Listener for TcpListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match Self::accept(self).await {
                Ok((stream, peer)) => {
                    set_nodelay(&stream);
                    return (stream, peer);
                }
                Err(error) => pause_after(error).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_accepted_has_nodelay() {
        let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let ((accepted, _), connected) = tokio::join!(Listener::accept(&mut listener), connecting);
        assert!(accepted.nodelay().unwrap());
        drop(connected);
    }
}
