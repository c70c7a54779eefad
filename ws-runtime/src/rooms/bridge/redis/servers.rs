//! [`Servers`]: where Redis is; and how to find the server that has the keys of an app, which may be one of a cluster.

use std::sync::{Arc, Mutex, PoisonError};

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo as _,
    ProtocolVersion, RedisError, RedisResult, aio::MultiplexedConnection,
};

use super::InvalidRedisUrl;

/// The servers that are known by their URLs.
#[derive(Clone)]
pub(super) struct Servers {
    known: Vec<ConnectionInfo>,
    /// The server that another one has named. It is asked first.
    named: Arc<Mutex<Option<ConnectionInfo>>>,
}

/// How many servers may name another one in a row.
const REDIRECTS: usize = 5;

impl Servers {
    pub(super) fn open<U: AsRef<str>>(urls: impl IntoIterator<Item = U>) -> Result<Self, InvalidRedisUrl> {
        let known = urls.into_iter().map(|url| {
            let info = url.as_ref().into_connection_info()?;
            let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
            // This fails if the URL needs TLS, and that is not built in.
            Ok(Client::open(info.set_redis_settings(settings))?.get_connection_info().clone())
        });
        let known = known.collect::<RedisResult<Vec<_>>>().map_err(InvalidRedisUrl)?;
        if known.is_empty() {
            return Err(InvalidRedisUrl((ErrorKind::InvalidClientConfig, "there is no URL").into()));
        }
        Ok(Self { known, named: Arc::default() })
    }

    /// Returns the number of the database, which is the same for all servers.
    pub(super) fn database(&self) -> i64 {
        self.known.first().map_or(0, |info| info.redis_settings().db())
    }

    /// Connects to the server that has a key. Each attempt has a configuration of its own, and what belongs to it.
    pub(super) async fn connect<T>(
        &self,
        key: &str,
        attempt: &(impl Fn() -> (AsyncConnectionConfig, T) + Sync),
    ) -> RedisResult<(MultiplexedConnection, T)> {
        let named = self.lock().take();
        let mut failure = None;
        for info in named.iter().chain(&self.known) {
            match self.follow(info.clone(), key, attempt).await {
                Ok(connection) => return Ok(connection),
                // What the first server says is most likely what is wrong.
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        Err(failure.unwrap_or_else(|| (ErrorKind::InvalidClientConfig, "there is no server").into()))
    }

    async fn follow<T>(
        &self,
        mut info: ConnectionInfo,
        key: &str,
        attempt: &(impl Fn() -> (AsyncConnectionConfig, T) + Sync),
    ) -> RedisResult<(MultiplexedConnection, T)> {
        for _ in 0..REDIRECTS {
            let client = Client::open(info.clone())?;
            let (config, own) = attempt();
            let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
            let Err(error) = redis::cmd("EXISTS").arg(key).query_async::<usize>(&mut connection).await else {
                return Ok((connection, own));
            };
            info = redirected(&info, &error).ok_or(error)?;
            *self.lock() = Some(info.clone());
        }
        Err((ErrorKind::UnexpectedReturnType, "the servers of the cluster name one another").into())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ConnectionInfo>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(feature = "redis-tls")]
    pub(super) fn with_certificates(&self, certificates: &redis::TlsCertificates) -> RedisResult<Self> {
        let known = self.known.iter().map(|info| {
            Ok(Client::build_with_tls(info.clone(), certificates.clone())?.get_connection_info().clone())
        });
        Ok(Self { known: known.collect::<RedisResult<Vec<_>>>()?, named: Arc::default() })
    }
}

/// Returns the server that an error names, to be reached as the one that named it.
fn redirected(info: &ConnectionInfo, error: &RedisError) -> Option<ConnectionInfo> {
    let (named, _slot) = error.redirect_node()?;
    let (named, port) = named.rsplit_once(':')?;
    let port = port.parse().ok()?;
    // A server that does not know its own name leaves it out.
    let host = |own: &str| if named.is_empty() { own.to_owned() } else { named.to_owned() };
    let addr = match info.addr() {
        ConnectionAddr::Tcp(own, _) => ConnectionAddr::Tcp(host(own), port),
        ConnectionAddr::TcpTls { host: own, insecure, tls_params, .. } => ConnectionAddr::TcpTls {
            host: host(own),
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        _ => return None,
    };
    Some(info.clone().set_addr(addr))
}
