//! [`BridgeFailure`]: why rooms have no connection to Redis.

use redis::{ErrorKind, RedisError};

/// The reason why rooms have no connection to Redis; part of [`BridgeState::Reconnecting`](super::BridgeState::Reconnecting).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeFailure {
    /// Nothing accepts connections at this address, or the name of the host is unknown.
    #[error("the server cannot be reached")]
    Unreachable,
    /// The server does not answer within the [timeout](super::Redis::timeout).
    #[error("the server does not answer in time")]
    TimedOut,
    /// The connection ended.
    #[error("the connection was lost")]
    Lost,
    /// The user name or the password is wrong, or the server wants one.
    #[error("the server refuses the user name or the password")]
    WrongPassword,
    /// The certificate of the server is not from an authority that is trusted, or is not for this host.
    #[error("the certificate of the server is not trusted")]
    Untrusted,
    /// The server has no database of this number.
    #[error("the server has no database of this number")]
    WrongDatabase,
    /// The server at this address does not speak the protocol of Redis. Perhaps it speaks HTTP.
    #[error("the server is not a Redis server")]
    NotRedis,
    /// The access control list of the server denies a command, a key or a channel that rooms need.
    #[error("the user may not do what rooms need")]
    NotPermitted,
    /// The server is older than Redis 6.
    #[error("the server is older than Redis 6")]
    TooOld,
    /// The server answered with another error, which the log shows.
    #[error("the server reports an error")]
    Refused,
    /// This process did not keep up with what Redis told it, or did not renew its lease in time. It starts anew.
    #[error("this process fell behind")]
    FellBehind,
}

impl BridgeFailure {
    /// Classifies an error of the connection.
    pub(super) fn of(error: &RedisError) -> Self {
        let text = error.to_string();
        match (error.kind(), error.code()) {
            (ErrorKind::AuthenticationFailed, _) | (_, Some("WRONGPASS" | "NOAUTH")) => Self::WrongPassword,
            (_, Some("NOPERM")) => Self::NotPermitted,
            (ErrorKind::RESP3NotSupported, _) => Self::TooOld,
            (ErrorKind::Parse, _) => Self::NotRedis,
            (ErrorKind::Client, _) => Self::FellBehind,
            _ if text.contains("switch database") => Self::WrongDatabase,
            // The first command logs in, and its errors are reported as those of the connection.
            _ if text.contains("WRONGPASS") || text.contains("NOAUTH") => Self::WrongPassword,
            _ if text.contains("NOPERM") || text.contains("No permissions") => Self::NotPermitted,
            _ if text.contains("invalid peer certificate") => Self::Untrusted,
            _ if error.is_timeout() => Self::TimedOut,
            _ if error.is_connection_refusal() => Self::Unreachable,
            _ if error.is_connection_dropped() => Self::Lost,
            (ErrorKind::Io, _) => Self::Unreachable,
            _ => Self::Refused,
        }
    }
}
