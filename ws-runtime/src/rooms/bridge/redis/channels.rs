//! [`Channels`]: the kind of the channels that rooms use, and the commands for it.

use redis::{RedisResult, aio::MultiplexedConnection};

use super::info::Info;

/// The kind of the channels that rooms use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    /// The servers of a cluster tell each other what is published in them.
    Ordinary,
    /// Only the server that has the keys of the same slot knows them, and its replicas. A cluster of Redis 7 has these.
    Sharded,
}

impl Channels {
    /// Returns the kind that suits a server.
    pub(super) fn of(info: &Info) -> Self {
        let version = info.field("redis_version").split('.').next().and_then(|major| major.parse().ok());
        let is_cluster = info.field("redis_mode") == "cluster";
        if is_cluster && version >= Some(7) { Self::Sharded } else { Self::Ordinary }
    }

    /// Returns the command that publishes.
    pub(super) fn publish(self) -> &'static str {
        match self {
            Self::Ordinary => "PUBLISH",
            Self::Sharded => "SPUBLISH",
        }
    }

    pub(super) async fn subscribe(
        self,
        connection: &mut MultiplexedConnection,
        channels: Vec<String>,
    ) -> RedisResult<()> {
        match self {
            Self::Ordinary => connection.subscribe(channels).await,
            Self::Sharded => each("SSUBSCRIBE", connection, channels).await,
        }
    }

    pub(super) async fn unsubscribe(
        self,
        connection: &mut MultiplexedConnection,
        channels: Vec<String>,
    ) -> RedisResult<()> {
        match self {
            Self::Ordinary => connection.unsubscribe(channels).await,
            Self::Sharded => each("SUNSUBSCRIBE", connection, channels).await,
        }
    }
}

/// Sends a command for each channel, because the connection expects one confirmation of each.
async fn each(
    command: &str,
    connection: &mut MultiplexedConnection,
    channels: Vec<String>,
) -> RedisResult<()> {
    let mut pipeline = redis::pipe();
    for channel in channels {
        pipeline.cmd(command).arg(channel).ignore();
    }
    pipeline.query_async(connection).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_of_redis_7_has_sharded_channels() {
        let of = |version: &str, mode: &str| {
            Channels::of(&Info(format!("redis_version:{version}\r\nredis_mode:{mode}\r\n")))
        };
        assert_eq!(of("7.0.15", "cluster"), Channels::Sharded);
        assert_eq!(of("10.0.0", "cluster"), Channels::Sharded);
        assert_eq!(of("7.0.15", "standalone"), Channels::Ordinary);
        assert_eq!(of("6.2.0", "cluster"), Channels::Ordinary);
        assert_eq!(Channels::of(&Info(String::new())), Channels::Ordinary);
    }
}
