//! [`Runs`]: a program that is killed and started again.

use std::{fs, time::Duration};

use tokio::{
    process::{Child, Command},
    time::timeout,
};

/// The run of a program that goes on, if one does, and the most memory that the runs have used.
#[derive(Default)]
pub(crate) struct Runs {
    child: Option<Child>,
    peak: u64,
}

impl Runs {
    pub(crate) fn started(&mut self, child: Child) {
        self.child = Some(child);
    }

    pub(crate) async fn kill(&mut self) {
        self.peak();
        if let Some(mut child) = self.child.take() {
            let _ = child.kill().await;
        }
    }

    pub(crate) async fn signal(&self, signal: &str) {
        if let Some(pid) = self.child.as_ref().and_then(Child::id) {
            let _ = Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status().await;
        }
    }

    /// Returns the most memory that one of the runs has used, in KiB.
    pub(crate) fn peak(&mut self) -> u64 {
        self.peak = self.peak.max(self.child.as_ref().and_then(Child::id).map_or(0, peak_of));
        self.peak
    }

    pub(crate) async fn end(&mut self) {
        let _ = timeout(Duration::from_secs(5), self.kill()).await;
    }
}

/// Returns the most memory that a process has used, in KiB.
fn peak_of(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}
