//! [`Line`]: a TCP proxy that can stall, and reset what it carries.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

use crate::Failure;

/// A proxy for as long as it is held.
pub(crate) struct Line {
    addr: SocketAddr,
    control: watch::Sender<Control>,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Control {
    /// What is sent is held back.
    stalled: bool,
    /// How often everything that is carried was reset.
    cuts: u64,
}

impl Line {
    /// Carries connections to the address that `target` returns at the time.
    pub(crate) async fn lay(
        target: impl Fn() -> Option<SocketAddr> + Send + 'static,
    ) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let (control, changes) = watch::channel(Control::default());
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(connect(near, target(), changes.clone()));
            }
        });
        Ok(Self { addr, control, task })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Holds back what is sent from here on, or lets go of it.
    pub(crate) fn stall(&self, stalled: bool) {
        self.control.send_modify(|control| control.stalled = stalled);
    }

    /// Resets all connections. What is held back is lost.
    pub(crate) fn cut(&self) {
        self.control.send_modify(|control| control.cuts += 1);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connect(mut near: TcpStream, target: Option<SocketAddr>, changes: watch::Receiver<Control>) {
    let far = match target {
        Some(target) => timeout(Duration::from_secs(1), TcpStream::connect(target)).await.ok(),
        None => None,
    };
    let Some(Ok(mut far)) = far else { return reset(&near) };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let mut cut = changes.clone();
    let before = cut.borrow().cuts;
    let was_cut = {
        let ((near_reads, near_writes), (far_reads, far_writes)) = (near.split(), far.split());
        tokio::select! {
            () = carry(near_reads, far_writes, changes.clone()) => false,
            () = carry(far_reads, near_writes, changes) => false,
            _ = cut.wait_for(|control| control.cuts != before) => true,
        }
    };
    if was_cut {
        reset(&near);
        reset(&far);
    }
}

/// Lets the connection end with RST when it is dropped.
fn reset(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut changes: watch::Receiver<Control>,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if changes.wait_for(|control| !control.stalled).await.is_err()
            || to.write_all(&bytes[..count]).await.is_err()
        {
            return;
        }
    }
}
