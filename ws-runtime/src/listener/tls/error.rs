//! [`TlsError`]: why a certificate cannot be used.

use std::{fmt, io};

/// The error of a certificate or a key that cannot be used. The text names the file.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{file}`: {error}")]
    Io {
        /// The path of the file.
        file: String,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
    /// There is no certificate where one is expected.
    #[error("{place} contains no certificate: it has to begin with `-----BEGIN CERTIFICATE-----`{hint}")]
    NoCertificate {
        /// The file, or what else was read.
        place: String,
        /// What may be wrong, or nothing.
        hint: &'static str,
    },
    /// There is no private key where one is expected.
    #[error("{place} contains no private key: it has to begin with `-----BEGIN PRIVATE KEY-----`{hint}")]
    NoKey {
        /// The file, or what else was read.
        place: String,
        /// What may be wrong, or nothing.
        hint: &'static str,
    },
    /// A certificate or a key is damaged, or of a kind that is not supported.
    #[error("cannot use {place}: {reason}")]
    Invalid {
        /// The file, or what else was read.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The key belongs to another certificate.
    #[error("{key} does not belong to {certificate}")]
    Mismatch {
        /// The file of the certificate, or what else was read.
        certificate: String,
        /// The file of the key, or what else was read.
        key: String,
    },
    /// The certificate has expired.
    #[error("{place} has expired")]
    Expired {
        /// The file, or what else was read.
        place: String,
    },
    /// The certificate is not valid yet.
    #[error("{place} is not valid yet")]
    NotYetValid {
        /// The file, or what else was read.
        place: String,
    },
    /// The certificate does not come from files, so there is nothing to read again.
    #[error("the certificate does not come from files: use `TlsReloader::replace`")]
    NoFiles,
}

/// Prints the same text as `Display`, as this is what `fn main() -> Result<(), TlsError>` shows to the user.
impl fmt::Debug for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
