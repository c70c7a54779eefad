//! [`Tls`]: how a client encrypts.

use std::{fmt, io, sync::Arc};

use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// The TLS of a client, for [`ClientBuilder::tls`](super::ClientBuilder::tls). It is made from a configuration of `rustls`, the
/// crate in version 0.23, which [`rustls_0_23`](super::rustls_0_23) re-exports. A later version of `rustls` is another
/// conversion beside this one.
///
/// ```
/// use std::sync::Arc;
/// use ws_runtime::client::{Client, Tls, rustls_0_23 as rustls};
///
/// fn trusting(roots: rustls::RootCertStore) -> Result<Tls, rustls::Error> {
///     let provider = Arc::new(rustls::crypto::ring::default_provider());
///     let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
///     Ok(config.with_root_certificates(roots).with_no_client_auth().into())
/// }
///
/// # fn main() -> Result<(), rustls::Error> {
/// let builder = Client::builder("wss://internal.example").tls(trusting(rustls::RootCertStore::empty())?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts Mozilla's roots.
    pub(super) fn with_mozilla_roots() -> io::Result<Self> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        Ok(config.with_root_certificates(roots).with_no_client_auth().into())
    }

    pub(super) fn into_config(self) -> Arc<ClientConfig> {
        self.0
    }
}

impl From<ClientConfig> for Tls {
    fn from(config: ClientConfig) -> Self {
        Self(Arc::new(config))
    }
}

impl From<Arc<ClientConfig>> for Tls {
    fn from(config: Arc<ClientConfig>) -> Self {
        Self(config)
    }
}

/// Without what is in it, which may be keys.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
