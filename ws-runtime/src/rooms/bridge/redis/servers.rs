//! [`Servers`]: where Redis is; and how to find the server that has the keys of an app, which may be one of a cluster, or one
//! that Sentinels know.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo as _,
    ProtocolVersion, RedisError, RedisResult, Value, aio::MultiplexedConnection,
};

use super::InvalidRedisUrl;

/// The servers that are known by their URLs.
#[derive(Clone)]
pub(super) struct Servers {
    known: Vec<ConnectionInfo>,
    /// The Sentinels that know where the server is. The host of its URL is its name then.
    sentinels: Vec<ConnectionInfo>,
    /// The server that another one has named. It is asked first.
    named: Arc<Mutex<Option<ConnectionInfo>>>,
}

/// How many servers may name another one in a row.
const REDIRECTS: usize = 5;

impl Servers {
    pub(super) fn open<U: AsRef<str>>(urls: impl IntoIterator<Item = U>) -> Result<Self, InvalidRedisUrl> {
        let known = parse(urls).map_err(InvalidRedisUrl)?;
        Ok(Self { known, sentinels: Vec::new(), named: Arc::default() })
    }

    pub(super) fn sentinel<U: AsRef<str>>(
        url: &str,
        sentinels: impl IntoIterator<Item = U>,
    ) -> Result<Self, InvalidRedisUrl> {
        let sentinels = parse(sentinels).map_err(InvalidRedisUrl)?;
        let servers = Self { sentinels, ..Self::open([url])? };
        if name(&servers.known[0]).is_none() {
            let what = "its host is the name that the Sentinels know, and a path has none";
            return Err(InvalidRedisUrl((ErrorKind::InvalidClientConfig, what).into()));
        }
        Ok(servers)
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
        if !self.sentinels.is_empty() {
            return self.connect_to_master(attempt).await;
        }
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
        Err(failure.unwrap_or_else(no_server))
    }

    /// Connects to the server that a Sentinel names.
    async fn connect_to_master<T>(
        &self,
        attempt: &(impl Fn() -> (AsyncConnectionConfig, T) + Sync),
    ) -> RedisResult<(MultiplexedConnection, T)> {
        let (config, own) = attempt();
        let mut connection = connect(self.master(attempt).await?, &config).await?;
        let role: Vec<Value> = redis::cmd("ROLE").query_async(&mut connection).await?;
        // The Sentinel may not know yet that another server has taken over.
        if role.first() != Some(&Value::BulkString(b"master".to_vec())) {
            let what = "the server that the Sentinel names is a replica";
            return Err((ErrorKind::UnexpectedReturnType, what).into());
        }
        Ok((connection, own))
    }

    /// Asks one Sentinel after another, until one knows where the server is.
    async fn master<T>(
        &self,
        attempt: &(impl Fn() -> (AsyncConnectionConfig, T) + Sync),
    ) -> RedisResult<ConnectionInfo> {
        let server = self.known.first().ok_or_else(no_server)?;
        let mut failure = None;
        for sentinel in &self.sentinels {
            match ask(sentinel, server, &attempt().0).await {
                Ok(master) => return Ok(master),
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        Err(failure.unwrap_or_else(no_server))
    }

    async fn follow<T>(
        &self,
        mut info: ConnectionInfo,
        key: &str,
        attempt: &(impl Fn() -> (AsyncConnectionConfig, T) + Sync),
    ) -> RedisResult<(MultiplexedConnection, T)> {
        for _ in 0..REDIRECTS {
            let (config, own) = attempt();
            let mut connection = connect(info.clone(), &config).await?;
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
        let certified = |info: &ConnectionInfo| {
            Ok(Client::build_with_tls(info.clone(), certificates.clone())?.get_connection_info().clone())
        };
        let known = self.known.iter().map(certified).collect::<RedisResult<_>>()?;
        let sentinels = self.sentinels.iter().map(|info| match info.addr() {
            ConnectionAddr::TcpTls { .. } => certified(info),
            // Sentinels may be asked without TLS, as they only tell addresses.
            _ => Ok(info.clone()),
        });
        Ok(Self { known, sentinels: sentinels.collect::<RedisResult<_>>()?, named: Arc::default() })
    }
}

fn parse<U: AsRef<str>>(urls: impl IntoIterator<Item = U>) -> RedisResult<Vec<ConnectionInfo>> {
    let parsed = urls.into_iter().map(|url| {
        let info = url.as_ref().into_connection_info()?;
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        // This fails if the URL needs TLS, and that is not built in.
        Ok(Client::open(info.set_redis_settings(settings))?.get_connection_info().clone())
    });
    let parsed = parsed.collect::<RedisResult<Vec<_>>>()?;
    if parsed.is_empty() {
        return Err((ErrorKind::InvalidClientConfig, "there is no URL").into());
    }
    Ok(parsed)
}

async fn connect(info: ConnectionInfo, config: &AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
    Client::open(info)?.get_multiplexed_async_connection_with_config(config).await
}

/// Asks a Sentinel where a server is.
async fn ask(
    sentinel: &ConnectionInfo,
    server: &ConnectionInfo,
    config: &AsyncConnectionConfig,
) -> RedisResult<ConnectionInfo> {
    let mut connection = connect(sentinel.clone(), config).await?;
    let mut command = redis::cmd("SENTINEL");
    command.arg("GET-MASTER-ADDR-BY-NAME").arg(name(server));
    let answer: Option<(String, u16)> = command.query_async(&mut connection).await?;
    let there = answer.and_then(|(host, port)| moved(server, host, port));
    there.ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, "the Sentinel knows no server of this name").into()
    })
}

/// Returns the name of a server that Sentinels know.
fn name(info: &ConnectionInfo) -> Option<&str> {
    match info.addr() {
        ConnectionAddr::Tcp(name, _) | ConnectionAddr::TcpTls { host: name, .. } => Some(name),
        _ => None,
    }
}

/// Returns the server that an error names, to be reached as the one that named it.
fn redirected(info: &ConnectionInfo, error: &RedisError) -> Option<ConnectionInfo> {
    let (address, _slot) = error.redirect_node()?;
    let (host, port) = address.rsplit_once(':')?;
    // A server that does not know its own name leaves it out.
    let host = if host.is_empty() { name(info)? } else { host };
    moved(info, host.to_owned(), port.parse().ok()?)
}

/// Returns a server that is at another address, and is reached in the same way.
fn moved(info: &ConnectionInfo, host: String, port: u16) -> Option<ConnectionInfo> {
    let addr = match info.addr() {
        ConnectionAddr::Tcp(..) => ConnectionAddr::Tcp(host, port),
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        _ => return None,
    };
    Some(info.clone().set_addr(addr))
}

fn no_server() -> RedisError {
    (ErrorKind::InvalidClientConfig, "there is no server").into()
}
