//! What a program without a `tracing` subscriber prints: the address that it serves, and faults, in one line each.

use std::{net::SocketAddr, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, ChildStderr, Command},
};
use ws_tests::{Connect, within};

/// The server of `support/bin/unheard.rs`, as a separate process.
struct Unheard {
    child: Child,
    addr: SocketAddr,
    stderr: BufReader<ChildStderr>,
}

impl Unheard {
    async fn start(argument: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_unheard"))
            .arg(argument)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the test binary is built");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let line = within("the server to listen", lines.next_line()).await.expect("it is text");
        let addr = line.expect("it says where").parse().expect("an address");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        Self { child, addr, stderr }
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        within("a line", self.stderr.read_line(&mut line)).await.expect("it is text");
        line.trim_end().to_owned()
    }

    /// Ends the server, and returns what else it printed.
    async fn rest(mut self) -> String {
        ws_tests::signal(self.child.id().expect("it runs"), "TERM").await;
        let mut rest = String::new();
        within("the end", self.stderr.read_to_string(&mut rest)).await.expect("it is text");
        rest
    }
}

#[tokio::test]
async fn faults_refusals_and_the_address_are_heard_without_a_subscriber() {
    let mut server = Unheard::start("unheard").await;
    assert_eq!(server.line().await, format!("ws-runtime: serving address={}", server.addr));
    assert_eq!(Connect::to(server.addr, "/fails").end().await.code, Some(1011));
    // The report is one line, no matter what the error's text is.
    assert_eq!(
        server.line().await,
        r#"ws-runtime: error: an endpoint failed endpoint="fails" path="/fails" error="disk is full\nws-runtime: a forged line" detail="\"disk is full\\nws-runtime: a forged line\"""#
    );
    assert_eq!(Connect::to(server.addr, "/panics").end().await.code, Some(1011));
    let line = server.line().await;
    assert!(
        line.starts_with("ws-runtime: error: an endpoint failed") && line.contains("panicked: a bug"),
        "{line}"
    );
    let refused = Connect::to(server.addr, "/fails").header("origin", "https://b.example").refused().await;
    assert_eq!(refused.status, 403);
    let line = server.line().await;
    assert!(line.starts_with("ws-runtime: warning: refused a handshake from another origin"), "{line}");
    assert!(line.contains(r#"`.origins(["https://b.example"])`"#), "{line}");
    // What is not a fault is not reported.
    let client = Connect::to(server.addr, "/leaves").open().await;
    client.leave(Some((1000, ""))).await;
    Connect::to(server.addr, "/nowhere").refused().await;
    assert_eq!(server.rest().await, "");
}

#[tokio::test]
async fn many_faults_are_held_back_and_counted() {
    let mut server = Unheard::start("unheard").await;
    server.line().await;
    for _ in 0..100 {
        assert_eq!(Connect::to(server.addr, "/fails").end().await.code, Some(1011));
    }
    let rest = server.rest().await;
    // At most ten per second are printed, so not all of them, however slow the machine is.
    let lines = rest.lines().count();
    assert!((1..100).contains(&lines), "{lines} lines");
}

#[tokio::test]
async fn a_subscriber_takes_over() {
    let server = Unheard::start("heard").await;
    assert_eq!(Connect::to(server.addr, "/fails").end().await.code, Some(1011));
    assert_eq!(Connect::to(server.addr, "/panics").end().await.code, Some(1011));
    Connect::to(server.addr, "/fails").header("origin", "https://b.example").refused().await;
    assert_eq!(server.rest().await, "");
}

#[tokio::test]
async fn the_address_is_not_printed_if_the_app_says_so() {
    let mut server = Unheard::start("quiet").await;
    assert_eq!(Connect::to(server.addr, "/panics").end().await.code, Some(1011));
    // Faults are still reported, and nothing came before.
    assert!(server.line().await.starts_with("ws-runtime: error: an endpoint failed"));
    assert_eq!(server.rest().await, "");
}
