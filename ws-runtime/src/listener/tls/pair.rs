//! [`config`]: a certificate and its key, checked.

use std::sync::Arc;

use tokio_rustls::rustls::{
    CertificateError, Error, InconsistentKeys, RootCertStore, ServerConfig,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem, pem::PemObject},
    server::ParsedCertificate,
};

use super::TlsError;

/// Makes a configuration from PEM texts. The places say where they come from.
pub(super) fn config(
    certificates: &[u8],
    key: &[u8],
    certificate_place: &str,
    key_place: &str,
) -> Result<ServerConfig, TlsError> {
    let invalid = |place: &str, reason: &dyn ToString| TlsError::Invalid {
        place: place.to_owned(),
        reason: reason.to_string(),
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(certificate_place, &error))?;
    let Some(own) = chain.first().cloned() else {
        return Err(TlsError::NoCertificate {
            place: certificate_place.to_owned(),
            hint: if has(certificates, "PRIVATE KEY") { ", and this is a key" } else { "" },
        });
    };
    let key = match PrivateKeyDer::from_pem_slice(key) {
        Ok(key) => key,
        Err(pem::Error::NoItemsFound) => {
            return Err(TlsError::NoKey {
                place: key_place.to_owned(),
                hint: if has(key, "ENCRYPTED PRIVATE KEY") {
                    ", and this key is encrypted: `openssl pkey -in encrypted.key -out plain.key` decrypts it"
                } else if has(key, "CERTIFICATE") {
                    ", and this is a certificate"
                } else {
                    ""
                },
            });
        }
        Err(error) => return Err(invalid(key_place, &error)),
    };
    let provider = Arc::new(ring::default_provider());
    check_validity(&own, &provider, certificate_place)?;
    provider.key_provider.load_private_key(key.clone_key()).map_err(|error| invalid(key_place, &error))?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(certificate_place, &error))?;
    config.with_no_client_auth().with_single_cert(chain, key).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::Mismatch { certificate: certificate_place.to_owned(), key: key_place.to_owned() }
        }
        error => invalid(certificate_place, &error),
    })
}

/// Checks that the certificate can be parsed, and that it is valid today.
fn check_validity(
    certificate: &CertificateDer<'_>,
    provider: &CryptoProvider,
    place: &str,
) -> Result<(), TlsError> {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};

    let place = place.to_owned();
    let parsed = match ParsedCertificate::try_from(certificate) {
        Ok(parsed) => parsed,
        Err(error) => return Err(TlsError::Invalid { place, reason: error.to_string() }),
    };
    // Without trusted roots this always fails, but an issuer is looked for only after the time has been checked.
    let verified = verify_server_cert_signed_by_trust_anchor(
        &parsed,
        &RootCertStore::empty(),
        &[],
        UnixTime::now(),
        provider.signature_verification_algorithms.all,
    );
    match verified {
        Err(Error::InvalidCertificate(Expired | ExpiredContext { .. })) => Err(TlsError::Expired { place }),
        Err(Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. })) => {
            Err(TlsError::NotYetValid { place })
        }
        _ => Ok(()),
    }
}

/// Returns `true` if the text has a PEM section of this kind.
fn has(pem: &[u8], kind: &str) -> bool {
    String::from_utf8_lossy(pem).lines().any(|line| line.starts_with("-----BEGIN ") && line.contains(kind))
}
