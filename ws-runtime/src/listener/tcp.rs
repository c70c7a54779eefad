//! TCP as a [`Listener`].

use std::{io, net::SocketAddr};

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

use super::{Listener, pause_after};

impl Listener for TcpListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
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

    // Accepted sockets inherit it from the listener on Linux.
    fn set_nodelay(&self) -> bool {
        cfg!(target_os = "linux") && SockRef::from(self).set_tcp_nodelay(true).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_accepted_has_nodelay_if_the_listener_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nodelay = listener.set_nodelay();
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, connected) = tokio::join!(listener.accept(), connecting);
        assert_eq!(accepted.unwrap().0.nodelay().unwrap(), nodelay);
        drop(connected);
    }
}
