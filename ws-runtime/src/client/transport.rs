//! The built-in transports of a client: TCP, and TLS over TCP.

use std::{future::Future, io, pin::Pin};

use tokio::net::TcpStream;

use super::request::Target;

#[cfg(feature = "client-tls")]
pub(super) use with_tls::any;
#[cfg(not(feature = "client-tls"))]
pub(super) use without_tls::any;

type Connecting<IO> = Pin<Box<dyn Future<Output = io::Result<IO>> + Send>>;

async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    // Small messages should not wait for the acknowledgement of earlier ones. A failure here only costs latency.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

#[cfg(not(feature = "client-tls"))]
mod without_tls {
    use super::{Connecting, Target, TcpStream, connect, io};
    use crate::client::ConnectError;

    /// Returns a function that connects to where a target is.
    pub(in crate::client) fn any() -> impl FnMut(&Target) -> Connecting<TcpStream> + Send + 'static {
        |target| {
            let (tls, host, port, url) = (target.tls, target.host.clone(), target.port, target.url());
            Box::pin(async move {
                if tls {
                    return Err(io::Error::new(io::ErrorKind::Unsupported, ConnectError::NoTls(url)));
                }
                connect(&host, port).await
            })
        }
    }
}

#[cfg(feature = "client-tls")]
mod with_tls {
    use std::{
        io::IoSlice,
        task::{Context, Poll},
    };

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

    use super::{Connecting, Pin, Target, TcpStream, connect, io};
    use crate::client::Tls;

    /// Returns a function that connects to where a target is.
    pub(in crate::client) fn any(
        tls: Option<Tls>,
    ) -> impl FnMut(&Target) -> Connecting<Transport> + Send + 'static {
        let mut connector = None;
        move |target| {
            let (host, port) = (target.host.clone(), target.port);
            if !target.tls {
                return Box::pin(async move { connect(&host, port).await.map(Transport::Plain) });
            }
            let connector = match &connector {
                Some(known) => Ok(TlsConnector::clone(known)),
                None => tls.clone().map_or_else(Tls::with_mozilla_roots, Ok).map(|tls| {
                    let made = TlsConnector::from(tls.into_config());
                    connector = Some(made.clone());
                    made
                }),
            };
            Box::pin(async move {
                let name = ServerName::try_from(host.clone())
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
                let stream = connector?.connect(name, connect(&host, port).await?).await?;
                Ok(Transport::Encrypted(Box::new(stream)))
            })
        }
    }

    /// A connection to a server of either scheme.
    pub(in crate::client) enum Transport {
        Plain(TcpStream),
        Encrypted(Box<TlsStream<TcpStream>>),
    }

    /// Calls a method of the stream inside.
    macro_rules! inside {
        ($self:ident.$method:ident($($argument:expr),*)) => {
            match $self.get_mut() {
                Self::Plain(stream) => Pin::new(stream).$method($($argument),*),
                Self::Encrypted(stream) => Pin::new(stream).$method($($argument),*),
            }
        };
    }

    impl AsyncRead for Transport {
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            inside!(self.poll_read(cx, buffer))
        }
    }

    impl AsyncWrite for Transport {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            inside!(self.poll_write(cx, bytes))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            inside!(self.poll_write_vectored(cx, slices))
        }

        fn is_write_vectored(&self) -> bool {
            match self {
                Self::Plain(stream) => stream.is_write_vectored(),
                Self::Encrypted(stream) => stream.is_write_vectored(),
            }
        }

        fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            inside!(self.poll_flush(cx))
        }

        fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            inside!(self.poll_shutdown(cx))
        }
    }
}
