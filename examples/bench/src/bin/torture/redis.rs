//! [`Redis`]: a server of its own, which writes all changes to disk.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{self, Stdio},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    process::Command,
    time::{Instant, sleep},
};

use crate::{Failure, runs::Runs};

pub(crate) struct Redis {
    addr: SocketAddr,
    dir: PathBuf,
    runs: Runs,
}

impl Redis {
    pub(crate) async fn start() -> Result<Self, Failure> {
        // This port was free a moment ago.
        let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let dir = env::temp_dir().join(format!("torture-{}", process::id()));
        fs::create_dir_all(&dir)?;
        let mut redis = Self { addr, dir, runs: Runs::default() };
        redis.restart(true).await?;
        Ok(redis)
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the children write their logs.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.clone()
    }

    pub(crate) async fn restart(&mut self, with_data: bool) -> Result<(), Failure> {
        self.runs.kill().await;
        let data = self.dir.join("appendonlydir");
        if !with_data && data.exists() {
            fs::remove_dir_all(data)?;
        }
        let log = fs::File::options().create(true).append(true).open(self.dir.join("redis.log"))?;
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.addr.port().to_string()])
            .args(["--save", "", "--appendonly", "yes"])
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("`redis-server` is needed in PATH: {error}"))?;
        self.runs.started(child);
        let start = Instant::now();
        while TcpStream::connect(self.addr).await.is_err() {
            if start.elapsed() > Duration::from_secs(10) {
                return Err("redis-server does not start".into());
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    pub(crate) fn runs(&mut self) -> &mut Runs {
        &mut self.runs
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
