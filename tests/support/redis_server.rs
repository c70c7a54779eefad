//! A Redis server that belongs to one test.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::{Server, within};

/// The file with the settings of a Sentinel, which writes what it learns into it.
const SENTINEL: &str = "sentinel.conf";

/// A running `redis-server`, which is killed when it is dropped. It stores nothing on disk unless a test says so.
#[derive(Debug)]
pub struct RedisServer {
    addr: SocketAddr,
    dir: PathBuf,
    child: Option<Child>,
    /// More arguments for the program.
    arguments: Vec<String>,
    is_sentinel: bool,
}

impl RedisServer {
    /// Starts a server on its own port.
    pub async fn start() -> Self {
        let mut server = Self::prepare().await;
        server.restart().await;
        server
    }

    /// Starts a Sentinel that watches another server under a name. It lets a replica take over from a server that has been
    /// silent for half a second.
    pub async fn sentinel(name: &str, watched: &Self) -> Self {
        let mut sentinel = Self::prepare().await;
        let settings = format!(
            "sentinel monitor {name} 127.0.0.1 {} 1\nsentinel down-after-milliseconds {name} 500\n",
            watched.addr.port()
        );
        std::fs::write(sentinel.dir.join(SENTINEL), settings).expect("a file");
        sentinel.is_sentinel = true;
        sentinel.restart().await;
        sentinel
    }

    /// Finds a port for a server that is started later.
    pub async fn prepare() -> Self {
        let addr = Server::listen().await.local_addr().expect("a listener has an address");
        let dir = std::env::temp_dir().join(format!("ws-tests-redis-{}-{}", std::process::id(), addr.port()));
        std::fs::create_dir_all(&dir).expect("a directory for temporary files");
        Self { addr, dir, child: None, arguments: Vec::new(), is_sentinel: false }
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the directory that it runs in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// Adds arguments for the next start.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Starts it on the port that it had, without any data unless its arguments say otherwise.
    pub async fn restart(&mut self) {
        self.kill().await;
        let mut command = Command::new("redis-server");
        let ready = if self.is_sentinel {
            command.args([SENTINEL, "--sentinel"]);
            "+monitor"
        } else {
            command.args(["--save", "", "--appendonly", "no"]);
            "Ready to accept connections"
        };
        let mut child = command
            .args(["--bind", "127.0.0.1", "--port", &self.addr.port().to_string()])
            .args(&self.arguments)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("`redis-server` is needed in PATH: on Debian, `apt-get install redis-server`");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        within("redis-server to start", async {
            loop {
                let line = lines.next_line().await.expect("redis-server writes text");
                let line = line.expect("redis-server says when it is ready, and does not end before");
                if line.contains(ready) {
                    return;
                }
            }
        })
        .await;
        // It may print more, and nobody has to read it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
    }

    /// Kills it.
    pub async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.expect("redis-server runs");
        }
    }

    /// Stops or continues the process, with `STOP` or `CONT`.
    pub async fn signal(&self, signal: &str) {
        let child = self.child.as_ref().and_then(Child::id).expect("redis-server runs");
        crate::signal(child, signal).await;
    }

    /// Sends commands, one a line, and returns the answers.
    pub async fn tell(&self, commands: &str) -> String {
        let mut stream = TcpStream::connect(self.addr).await.expect("redis-server runs");
        let lines = format!("{}\r\n", commands.replace('\n', "\r\n"));
        stream.write_all(lines.as_bytes()).await.expect("redis-server reads");
        // It answers what it has read, and then closes the connection.
        stream.shutdown().await.expect("redis-server reads");
        let mut answer = String::new();
        within("an answer of redis-server", stream.read_to_string(&mut answer)).await.expect("text");
        answer
    }

    /// Returns the number of keys.
    pub async fn keys(&self) -> usize {
        let answer = self.tell("DBSIZE").await;
        let number = answer.strip_prefix(':').and_then(|answer| answer.lines().next());
        number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("not a number: {answer}"))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
