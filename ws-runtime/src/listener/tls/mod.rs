//! [`Tls`]: the certificate and the key of a server, and the listener that uses them.

mod error;
mod pair;
mod stream;

use std::{
    fmt,
    future::Future,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tokio::task::AbortHandle;
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use tracing::field;

use super::Listener;
use crate::{Peer, observe};

pub use error::TlsError;
pub use stream::TlsStream;

/// The protocols that the server speaks over TLS (RFC 7301), with the preferred one first.
#[cfg(feature = "http2")]
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];
#[cfg(not(feature = "http2"))]
const ALPN: [&[u8]; 1] = [b"http/1.1"];

/// The TLS of a server: a certificate with its key, for [`App::run_tls`](crate::App::run_tls) and [`Tls::listen`].
///
/// ```no_run
/// use ws_runtime::{App, Tls};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = Tls::pem_files("/etc/ssl/example.com.pem", "/etc/ssl/example.com.key")?;
/// App::new().run_tls("0.0.0.0:443", tls).await?;
/// # Ok(()) }
/// ```
///
/// The server offers HTTP/1.1 and, with the feature `http2`, HTTP/2 (ALPN).
///
/// The files are read again on SIGHUP, and by [`TlsReloader::reload`]. Connections that are open keep what they have.
///
/// For everything else that `rustls` offers, such as client certificates or several names, a `Tls` is made from a
/// `ServerConfig` of [`rustls_0_23`](crate::rustls_0_23), which is the crate in version 0.23. A later version of `rustls`
/// is another conversion beside this one. The ALPN protocols in it are replaced by those that the server speaks.
#[derive(Clone)]
pub struct Tls {
    shared: Arc<Shared>,
    handles_sighup: bool,
}

struct Shared {
    config: RwLock<Arc<ServerConfig>>,
    files: Option<Files>,
    /// The task that waits for SIGHUP.
    watching: Mutex<Option<AbortHandle>>,
}

struct Files {
    certificates: PathBuf,
    key: PathBuf,
}

impl Tls {
    /// Reads the certificate and its key from two files in PEM format. The first file also has the certificates between
    /// the server's own and the root, in this order, as certbot writes `fullchain.pem`.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read or used, if the key does not belong to the certificate, and if the
    /// certificate has expired or is not valid yet.
    pub fn pem_files(certificates: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, TlsError> {
        let files = Files { certificates: certificates.as_ref().to_owned(), key: key.as_ref().to_owned() };
        Ok(Self::new(files.read()?, Some(files)))
    }

    /// Reads the certificate and its key from texts in PEM format, as [`pem_files`](Self::pem_files) does from files.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`pem_files`](Self::pem_files).
    pub fn pem(certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        Ok(Self::new(pair::config(certificates.as_ref(), key.as_ref(), "the certificate", "the key")?, None))
    }

    fn new(mut config: ServerConfig, files: Option<Files>) -> Self {
        config.alpn_protocols = ALPN.iter().map(|protocol| protocol.to_vec()).collect();
        let config = RwLock::new(Arc::new(config));
        Self { shared: Arc::new(Shared { config, files, watching: Mutex::default() }), handles_sighup: true }
    }

    /// Sets whether a listener reads the files again when the process receives SIGHUP. This has no effect on a `Tls`
    /// that does not come from files. Default: `true`.
    #[must_use]
    pub fn handle_sighup(self, handle: bool) -> Self {
        Self { handles_sighup: handle, ..self }
    }

    /// Returns a handle that replaces the certificate while the server runs.
    #[must_use]
    pub fn reloader(&self) -> TlsReloader {
        TlsReloader(Arc::clone(&self.shared))
    }

    /// Encrypts the connections of a listener, for [`App::serve`](crate::App::serve).
    ///
    /// A TLS handshake has to complete within [`handshake_timeout`](crate::App::handshake_timeout), together with the
    /// request head, and counts in [`max_handshakes`](crate::App::max_handshakes).
    pub fn listen<L: Listener>(self, listener: L) -> TlsListener<L> {
        let listener = TlsListener { listener, tls: self };
        listener.tls.watch();
        listener
    }

    /// Begins to wait for SIGHUP, unless this `Tls` already does. From then on, SIGHUP no longer ends the process.
    #[cfg(unix)]
    fn watch(&self) {
        use tokio::{
            runtime::Handle,
            signal::unix::{SignalKind, signal},
        };

        if self.shared.files.is_none() || !self.handles_sighup {
            return;
        }
        let mut watching = self.shared.watching.lock().unwrap_or_else(PoisonError::into_inner);
        if watching.is_some() {
            return;
        }
        // Without a runtime there is nothing to wait with. The first `accept` tries again.
        let Ok(runtime) = Handle::try_current() else { return };
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => hangups,
            Err(error) => {
                observe::warn!("SIGHUP will not reload the certificate", error = field::display(&error));
                return;
            }
        };
        let shared = Arc::downgrade(&self.shared);
        let task = runtime.spawn(async move {
            while hangups.recv().await.is_some() {
                let Some(shared) = shared.upgrade() else { return };
                // The outcome is logged.
                let _ = tokio::task::spawn_blocking(move || TlsReloader(shared).reload()).await;
            }
        });
        *watching = Some(task.abort_handle());
    }

    #[cfg(not(unix))]
    fn watch(&self) {
        let _ = (&self.shared.watching, self.handles_sighup);
    }
}

impl Shared {
    fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, config: Arc<ServerConfig>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(task) = self.watching.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

impl Files {
    fn read(&self) -> Result<ServerConfig, TlsError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| TlsError::Io { file: path.display().to_string(), error })
        };
        let (certificates, key) = (read(&self.certificates)?, read(&self.key)?);
        let quoted = |path: &Path| format!("`{}`", path.display());
        pair::config(&certificates, &key, &quoted(&self.certificates), &quoted(&self.key))
    }
}

impl From<ServerConfig> for Tls {
    fn from(config: ServerConfig) -> Self {
        Self::new(config, None)
    }
}

impl From<Arc<ServerConfig>> for Tls {
    fn from(config: Arc<ServerConfig>) -> Self {
        Self::new(Arc::unwrap_or_clone(config), None)
    }
}

/// Without what is in it, which are keys.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Replaces the certificate of a server that runs. New connections get the new one, and open connections go on with the
/// old one.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # let (app, renewed) = (ws_runtime::App::new(), tokio::sync::Notify::new());
/// let tls = ws_runtime::Tls::pem_files("cert.pem", "key.pem")?;
/// let reloader = tls.reloader();
/// tokio::spawn(async move {
///     loop {
///         renewed.notified().await;
///         let _ = reloader.reload(); // the outcome is logged
///     }
/// });
/// app.run_tls("0.0.0.0:443", tls).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TlsReloader(Arc<Shared>);

impl TlsReloader {
    /// Reads the files of [`Tls::pem_files`] again. It blocks while it reads, which takes well under a millisecond for
    /// files on a local disk. The outcome is logged.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Tls::pem_files`], and an error if the `Tls` does not come from files. The server then
    /// keeps the certificate that it has.
    pub fn reload(&self) -> Result<(), TlsError> {
        let read = self.0.files.as_ref().ok_or(TlsError::NoFiles).and_then(Files::read);
        match read {
            Ok(config) => {
                self.replace(config);
                observe::info!("reloaded the certificate");
                Ok(())
            }
            Err(error) => {
                observe::error!(
                    "cannot reload the certificate; the server keeps the one that it has",
                    error = field::display(&error),
                );
                Err(error)
            }
        }
    }

    /// Replaces the certificate by that of another `Tls`.
    pub fn replace(&self, tls: impl Into<Tls>) {
        self.0.replace(tls.into().shared.config());
    }
}

impl fmt::Debug for TlsReloader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsReloader").finish_non_exhaustive()
    }
}

/// A [`Listener`] whose connections are encrypted; see [`Tls::listen`].
#[derive(Debug)]
pub struct TlsListener<L> {
    listener: L,
    tls: Tls,
}

impl<L: Listener> Listener for TlsListener<L> {
    type Io = TlsStream<L::Io>;
    type Addr = L::Addr;

    fn accept(&mut self) -> impl Future<Output = (Self::Io, Self::Addr)> + Send {
        self.tls.watch();
        async {
            let (io, addr) = self.listener.accept().await;
            (TlsStream::new(TlsAcceptor::from(self.tls.shared.config()).accept(io)), addr)
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }

    async fn establish(io: &mut Self::Io, peer: &mut Peer) -> io::Result<()> {
        if let Some(io) = io.before_handshake() {
            L::establish(io, peer).await?;
        }
        io.handshake().await?;
        *peer = peer.secure(true);
        Ok(())
    }
}
