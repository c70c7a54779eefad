//! The built-in transports of a client: TCP, and TLS over TCP.

use std::{future::Future, io, sync::Arc};

use tokio::net::TcpStream;

/// Returns a function that makes TCP connections.
pub(super) fn tcp(host: String, port: u16) -> impl FnMut() -> TcpConnect + Send + 'static {
    let host: Arc<str> = host.into();
    move || {
        let host = Arc::clone(&host);
        Box::pin(async move { connect(&host, port).await })
    }
}

type TcpConnect = std::pin::Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await.map_err(|error| {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        io::Error::new(error.kind(), format!("{host}:{port}: {error}"))
    })?;
    // Small messages should not wait for the acknowledgement of earlier ones. A failure here only costs latency.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

#[cfg(feature = "client-tls")]
pub(super) mod tls {
    use std::{future::Future, io, pin::Pin, sync::Arc};

    use tokio::net::TcpStream;
    use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

    use crate::client::Tls;

    type TlsConnect = Pin<Box<dyn Future<Output = io::Result<TlsStream<TcpStream>>> + Send>>;

    /// Returns a function that makes TLS connections.
    pub(in crate::client) fn tls(
        host: String,
        port: u16,
        tls: Option<Tls>,
    ) -> io::Result<impl FnMut() -> TlsConnect + Send + 'static> {
        let name = ServerName::try_from(host.clone())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let connector = TlsConnector::from(tls.map_or_else(Tls::with_mozilla_roots, Ok)?.into_config());
        let host: Arc<str> = host.into();
        Ok(move || {
            let (host, name, connector) = (Arc::clone(&host), name.clone(), connector.clone());
            Box::pin(async move { connector.connect(name, super::connect(&host, port).await?).await })
                as TlsConnect
        })
    }
}
