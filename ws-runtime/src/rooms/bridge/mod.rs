//! The bridge between the rooms of this process and those of other processes: over Redis, or none at all.

#[cfg(not(feature = "redis"))]
mod local;
#[cfg(feature = "redis")]
mod redis;

#[cfg(not(feature = "redis"))]
pub(in crate::rooms) use local::{Relay, RemoteMembers};
#[cfg(feature = "redis-tls")]
pub use redis::InvalidCertificates;
#[cfg(all(fuzzing, feature = "redis"))]
pub(crate) use redis::check_wire;
#[cfg(feature = "redis")]
pub use redis::{BridgeFailure, BridgeState, IntoRedis, InvalidRedisUrl, Redis};
#[cfg(feature = "redis")]
pub(in crate::rooms) use redis::{Relay, RemoteMembers};
