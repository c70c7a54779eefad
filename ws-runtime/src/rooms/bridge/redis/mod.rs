//! Rooms that span processes: the bridge to the other processes, over Redis.

mod batch;
mod bridge;
mod channels;
mod clock;
mod command;
mod failure;
mod info;
mod intake;
mod past;
mod relay;
mod remote;
mod scripts;
mod servers;
mod session;
mod shared;
#[cfg(feature = "redis-tls")]
mod tls;
mod wire;

use std::{convert::Infallible, fmt, sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{connection::MAX_TIMEOUT, rooms::Rooms};

pub use failure::BridgeFailure;
pub(in crate::rooms) use relay::Relay;
pub(in crate::rooms) use remote::RemoteMembers;
use servers::Servers;
#[cfg(feature = "redis-tls")]
pub use tls::InvalidCertificates;
#[cfg(fuzzing)]
pub(crate) use wire::check as check_wire;

/// The Redis server (version 6 or later, or Valkey) that rooms use, and how they use it.
///
/// ```no_run
/// use std::time::Duration;
/// use ws_runtime::rooms::{Redis, Rooms};
///
/// let redis = Redis::open("redis://127.0.0.1:6379")?.prefix("chat:").lease(Duration::from_secs(30));
/// let rooms: Rooms = Rooms::new().redis(redis)?;
/// # Ok::<(), ws_runtime::rooms::InvalidRedisUrl>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Redis {
    servers: Servers,
    prefix: Arc<str>,
    lease: Duration,
    renew_every: Option<Duration>,
    timeout: Duration,
    flush_timeout: Duration,
    queue: usize,
    queue_bytes: usize,
    receive_buffer: usize,
}

impl Redis {
    /// Parses a URL: `redis://[<user>][:<password>@]<host>[:<port>][/<database>]`, or `redis+unix:///<path>`. With the feature
    /// `redis-tls`, `rediss://` connects over TLS, and trusts the certificate authorities that Mozilla trusts. This does not
    /// connect yet.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidRedisUrl`] if the URL is not one of a Redis server, or if it needs TLS, which is not built in.
    pub fn open(url: &str) -> Result<Self, InvalidRedisUrl> {
        Self::cluster([url])
    }

    /// Parses the URLs of servers of a Redis Cluster. At least one of them must be reachable. All keys of an app are in one
    /// slot, so one server has them, which the others name. Rooms use that server; when it is replaced, they use the new one.
    ///
    /// ```
    /// use ws_runtime::rooms::Redis;
    ///
    /// let redis = Redis::cluster(["redis://10.0.0.1", "redis://10.0.0.2", "redis://10.0.0.3"])?;
    /// # Ok::<(), ws_runtime::rooms::InvalidRedisUrl>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`InvalidRedisUrl`] as [`open`](Self::open) does, and if there is no URL.
    pub fn cluster<U: AsRef<str>>(urls: impl IntoIterator<Item = U>) -> Result<Self, InvalidRedisUrl> {
        Ok(Self::on(Servers::open(urls)?))
    }

    /// Parses the URL of a server that Redis Sentinels watch, and the URLs of the Sentinels. At least one of these must be
    /// reachable. The host of the first URL is the name that the Sentinels have for the server. The rest of it tells how to
    /// connect, once they have named its address: user, password, database, and whether over TLS. When a replica takes over,
    /// rooms use that one.
    ///
    /// ```
    /// use ws_runtime::rooms::Redis;
    ///
    /// let sentinels = ["redis://10.0.0.1:26379", "redis://10.0.0.2:26379", "redis://10.0.0.3:26379"];
    /// let redis = Redis::sentinel("redis://:secret@mymaster", sentinels)?;
    /// # Ok::<(), ws_runtime::rooms::InvalidRedisUrl>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`InvalidRedisUrl`] as [`open`](Self::open) does, and if there is no URL of a Sentinel.
    pub fn sentinel<U: AsRef<str>>(
        url: &str,
        sentinels: impl IntoIterator<Item = U>,
    ) -> Result<Self, InvalidRedisUrl> {
        Ok(Self::on(Servers::sentinel(url, sentinels)?))
    }

    fn on(servers: Servers) -> Self {
        #[cfg(feature = "redis-tls")]
        tls::provide();
        Self {
            servers,
            prefix: "ws-runtime:".into(),
            lease: Duration::from_secs(15),
            renew_every: None,
            timeout: Duration::from_secs(2),
            flush_timeout: Duration::from_secs(5),
            queue: 64 * 1024,
            queue_bytes: 16 * 1024 * 1024,
            receive_buffer: 32 * 1024 * 1024,
        }
    }

    /// Sets the prefix of all keys and channels. Apps that share a Redis must use different prefixes, and so must two
    /// [`Rooms`] of one app: those with the same prefix have the same rooms. Default: `ws-runtime:`.
    pub fn prefix(self, prefix: impl AsRef<str>) -> Self {
        Self { prefix: prefix.as_ref().into(), ..self }
    }

    /// Sets how long the IDs of a process that died stay taken, which is also how long after its death the farewells of
    /// its members are sent. Default: 15 seconds; the minimum is 10 milliseconds.
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease: lease.clamp(Duration::from_millis(10), MAX_TIMEOUT), ..self }
    }

    /// Sets how often a process renews its lease and looks for leases that have ended. Default: a third of the lease.
    pub fn renew_every(self, interval: Duration) -> Self {
        Self { renew_every: Some(interval.min(MAX_TIMEOUT)), ..self }
    }

    /// Sets how long Redis may take to answer, and thus how long a [`join`](crate::Room::join) that claims an ID may be
    /// delayed. Default: 2 seconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: timeout.min(MAX_TIMEOUT), ..self }
    }

    /// Sets the longest time that [`Rooms::flush`](crate::Rooms::flush) waits. Default: 5 seconds.
    pub fn flush_timeout(self, timeout: Duration) -> Self {
        Self { flush_timeout: timeout.min(MAX_TIMEOUT), ..self }
    }

    /// Sets how many messages may wait for Redis while it is slow or unavailable. Messages beyond that are not sent to
    /// other processes. Default: 65,536.
    pub fn queue(self, messages: usize) -> Self {
        Self { queue: messages, ..self }
    }

    /// Sets how many bytes of messages may wait for Redis. Messages that come while the limit is reached are not sent
    /// to other processes. Default: 16 MiB.
    pub fn queue_bytes(self, bytes: usize) -> Self {
        Self { queue_bytes: bytes, ..self }
    }

    /// Sets how many bytes from other processes may wait until this process hands them to its members. Messages that
    /// arrive while the limit is reached are dropped and [counted](crate::Rooms::bridge_missed), with a warning once a
    /// minute. If joins and leaves make it twice the limit, the bridge reconnects and asks who is there. Default: 32
    /// MiB.
    pub fn receive_buffer(self, bytes: usize) -> Self {
        Self { receive_buffer: bytes, ..self }
    }

    fn interval(&self) -> Duration {
        self.renew_every.unwrap_or(self.lease / 3).max(Duration::from_millis(1))
    }
}

impl TryFrom<&str> for Redis {
    type Error = InvalidRedisUrl;

    fn try_from(url: &str) -> Result<Self, InvalidRedisUrl> {
        Self::open(url)
    }
}

impl TryFrom<String> for Redis {
    type Error = InvalidRedisUrl;

    fn try_from(url: String) -> Result<Self, InvalidRedisUrl> {
        Self::open(&url)
    }
}

impl TryFrom<&String> for Redis {
    type Error = InvalidRedisUrl;

    fn try_from(url: &String) -> Result<Self, InvalidRedisUrl> {
        Self::open(url)
    }
}

/// The argument of [`Rooms::redis`]: the URL of a Redis server, or a [`Redis`] with its options.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the URL of a Redis server",
    label = "expected a URL, such as `\"redis://127.0.0.1:6379\"`, or a `Redis`"
)]
pub trait IntoRedis {
    #[doc(hidden)]
    fn into_redis(self) -> Result<Redis, InvalidRedisUrl>;
}

#[diagnostic::do_not_recommend]
impl<T: TryInto<Redis>> IntoRedis for T
where
    InvalidRedisUrl: From<T::Error>,
{
    fn into_redis(self) -> Result<Redis, InvalidRedisUrl> {
        Ok(self.try_into()?)
    }
}

/// Leaves out the URL, which may contain a password.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("prefix", &self.prefix)
            .field("lease", &self.lease)
            .field("renew_every", &self.interval())
            .field("timeout", &self.timeout)
            .field("flush_timeout", &self.flush_timeout)
            .field("queue", &self.queue)
            .field("queue_bytes", &self.queue_bytes)
            .field("receive_buffer", &self.receive_buffer)
            .finish_non_exhaustive()
    }
}

/// The error of a URL that is not one of a Redis server.
#[derive(thiserror::Error)]
#[error("not the URL of a Redis server: {0}; write one such as `redis://127.0.0.1:6379`")]
pub struct InvalidRedisUrl(#[source] ::redis::RedisError);

/// Prints the same as `Display`, because a `main` that returns this error prints its `Debug` form, and people read it.
impl fmt::Debug for InvalidRedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Infallible> for InvalidRedisUrl {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The state of the bridge to other processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BridgeState {
    /// The first attempt to connect is still running.
    Connecting,
    /// Messages flow, and IDs are unique among all processes.
    Connected,
    /// Redis is unavailable; the rooms continue within this process.
    Reconnecting {
        /// The number of attempts that have failed in a row.
        attempts: u32,
        /// Why the last one failed, or how the connection was lost.
        reason: BridgeFailure,
    },
}

/// Rooms that span processes (requires the feature `redis`).
impl<Out, C> Rooms<Out, C> {
    /// Lets the rooms span all processes that use the same Redis with the same [prefix](Redis::prefix); see [the
    /// module](crate::rooms#across-processes). `redis` is a URL, or a [`Redis`] with its options.
    ///
    /// Call this before all else: rooms that exist already remain confined to this process. This function does not wait
    /// for a connection; [`bridge_state`](Self::bridge_state) tells whether Redis is available.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidRedisUrl`] if the URL is not one of a Redis server.
    pub fn redis(self, redis: impl IntoRedis) -> Result<Self, InvalidRedisUrl> {
        let registry = Arc::new(self.registry.bridged(Relay::new(redis.into_redis()?)));
        registry.relay().start(&registry);
        Ok(Self { registry, ..self })
    }

    /// Returns a watch on the state of the bridge to other processes, or `None` if these rooms are confined to this
    /// process.
    ///
    /// ```no_run
    /// # async fn report(rooms: ws_runtime::rooms::Rooms) {
    /// let Some(mut state) = rooms.bridge_state() else { return };
    /// while state.changed().await.is_ok() {
    ///     println!("rooms: {:?}", *state.borrow_and_update());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn bridge_state(&self) -> Option<watch::Receiver<BridgeState>> {
        self.registry.relay().state()
    }

    /// Returns the number of messages that were not sent to other processes because Redis was slow or unavailable and
    /// the [queue](Redis::queue) was full.
    #[must_use]
    pub fn bridge_dropped(&self) -> u64 {
        self.registry.relay().dropped()
    }

    /// Returns the number of messages from other processes that were not delivered to the members here because this
    /// process did not keep up and its [buffer](Redis::receive_buffer) was full.
    #[must_use]
    pub fn bridge_missed(&self) -> u64 {
        self.registry.relay().missed()
    }

    /// Waits until Redis has received everything that was sent to other processes so far, farewells included. This
    /// returns at once while Redis is unavailable, and after [5 seconds](Redis::flush_timeout) at the latest. Call it
    /// after [`App::run`](crate::App::run), so that the process does not exit before the last messages are out.
    pub async fn flush(&self) {
        self.registry.relay().flush().await;
    }
}
