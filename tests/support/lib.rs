//! Shared code of the behaviour tests: a server on a real socket, clients that look at the wire, and the log.
//!
//! Nothing here sleeps to wait for something else: tests wait for a signal, and [`within`] bounds every wait.

#![allow(clippy::missing_panics_doc, reason = "a test helper panics to fail the test")]

mod client;
mod dialed;
mod ear;
pub mod echo;
mod frame;
mod logs;
mod memory;
mod modes;
mod opening;
mod raw;
mod redis_server;
pub mod room;
mod server;

use std::time::Duration;

use tokio::time::Instant;

pub use client::{Client, Connect, End, Refused};
pub use dialed::{Dialed, Peer, dialed, piped};
pub use ear::{Ear, Tell, ear};
pub use frame::{Frame, op};
pub use logs::{Logs, Record};
pub use memory::Memory;
pub use modes::{Modes, Rejected, Verdict, detail};
pub use opening::Opening;
pub use raw::{Raw, Response};
pub use redis_server::RedisServer;
pub use server::Server;

/// Longer than any timer of the runtime, so that on a paused clock it fires last.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits for `future`, and fails the test if it takes too long.
pub async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let output = tokio::time::timeout(LIMIT, future).await;
    output.unwrap_or_else(|_elapsed| panic!("waited {LIMIT:?} for {what}"))
}

/// Lets every other task of a current-thread runtime run until all of them wait for something from outside.
pub async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

/// Asserts how much time of a paused clock has passed since `start`, up to the granularity of timers.
#[track_caller]
pub fn assert_elapsed(start: Instant, expected: Duration) {
    let elapsed = start.elapsed();
    let fits = elapsed >= expected && elapsed < expected + Duration::from_millis(50);
    assert!(fits, "{elapsed:?} passed, not {expected:?}");
}

/// Sends a signal to a process that the test has started.
pub async fn signal(process: u32, signal: &str) {
    let sent =
        tokio::process::Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status();
    assert!(sent.await.expect("`kill` runs").success());
}
