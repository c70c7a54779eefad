//! Redis over TLS: which certificates count.

use redis::{ClientTlsConfig, ErrorKind, RedisError, TlsCertificates};
use tokio_rustls::rustls::{
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::Redis;

/// Connections over TLS (requires the feature `redis-tls`).
impl Redis {
    /// Trusts the certificate authorities in this file in the PEM format, and no others. Use it for a server with a certificate
    /// of your own.
    ///
    /// ```no_run
    /// use ws_runtime::rooms::Redis;
    ///
    /// # fn open() -> Result<Redis, Box<dyn std::error::Error>> {
    /// let redis = Redis::open("rediss://redis.internal")?.certificates(std::fs::read("/etc/redis/ca.pem")?, None)?;
    /// # Ok(redis)
    /// # }
    /// ```
    ///
    /// With `identity`, a certificate and its key in the PEM format, the app proves who it is to a server that asks for that.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidCertificates`] if there are none in the PEM format, or if the URL does not begin with `rediss://`.
    pub fn certificates(
        self,
        authorities: impl Into<Vec<u8>>,
        identity: Option<(Vec<u8>, Vec<u8>)>,
    ) -> Result<Self, InvalidCertificates> {
        let authorities = authorities.into();
        if CertificateDer::pem_slice_iter(&authorities).next().is_none() {
            let what = "there is no certificate in the PEM format";
            return Err(InvalidCertificates(RedisError::from((ErrorKind::InvalidClientConfig, what))));
        }
        let client_tls =
            identity.map(|(client_cert, client_key)| ClientTlsConfig { client_cert, client_key });
        let certificates = TlsCertificates { client_tls, root_cert: Some(authorities) };
        let servers = self.servers.with_certificates(&certificates).map_err(InvalidCertificates)?;
        Ok(Self { servers, ..self })
    }
}

/// The error of certificates that [`Redis::certificates`] cannot use.
#[derive(Debug, thiserror::Error)]
#[error("not certificates for a Redis server: {0}")]
pub struct InvalidCertificates(#[source] RedisError);

/// The client of Redis uses the cryptography that is the default of the process. If the app has chosen none, it is `ring`.
pub(super) fn provide() {
    if CryptoProvider::get_default().is_none() {
        // Another thread may have chosen meanwhile.
        let _ = ring::default_provider().install_default();
    }
}
