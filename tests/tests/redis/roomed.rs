//! The program `roomed`, for the tests of rooms on Redis in processes that end.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};
use ws_tests::{Client, RedisServer, signal, within};

/// `roomed` as a separate process.
pub(super) struct Process {
    pub(super) child: Child,
    pub(super) lines: Lines<BufReader<ChildStdout>>,
    pub(super) addr: String,
}

impl Process {
    pub(super) async fn start(server: &RedisServer, lease: Duration) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_roomed"))
            .args([server.url(), lease.as_millis().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program was built");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut process = Self { child, lines, addr: String::new() };
        process.addr = process.line().await;
        process.says("Connected").await;
        process
    }

    pub(super) async fn line(&mut self) -> String {
        let line = within("a line of the process", self.lines.next_line()).await;
        line.expect("it writes text").expect("it runs")
    }

    /// Waits until the process reports it.
    pub(super) async fn says(&mut self, expected: &str) {
        while !self.line().await.starts_with(expected) {}
    }

    pub(super) async fn join(&self, target: &str) -> Client {
        let mut client = ws_tests::Connect::to(self.addr.parse().expect("an address"), target).open().await;
        assert_eq!(client.text().await, "joined");
        client
    }

    pub(super) async fn signal(&self, name: &str) {
        signal(self.child.id().expect("it runs"), name).await;
    }
}

/// Asks until the room has exactly these members, in any order.
pub(super) async fn members(client: &mut Client, expected: &[&str]) {
    within("the members to be those expected", async {
        loop {
            let answer = client.ask("members").await;
            let mut members: Vec<&str> = answer.split(' ').collect();
            members.sort_unstable();
            if members == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
