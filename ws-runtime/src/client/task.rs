//! [`Task`]: makes the connections of a client, and runs them.

use std::{future::Future, future::poll_fn, io, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{
    ClientState, Ended,
    backoff::Retry,
    builder::Limits,
    handshake::{Opened, open},
    link::Link,
    queue::Queue,
    request::Target,
    shared::Shared,
};
use crate::tracked::Position;

/// Makes connections.
pub(super) struct Dialer<F> {
    /// Makes transports.
    pub(super) transport: F,
    pub(super) target: Target,
    pub(super) limits: Limits,
    pub(super) retry: Retry,
}

impl<F, Fut, IO> Dialer<F>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = io::Result<IO>>,
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    /// Makes one attempt to connect.
    pub(super) async fn dial(&mut self, since: Option<Position>) -> Result<Opened<IO>, Ended> {
        let dialing = async { open((self.transport)().await?, &self.target, since).await };
        timeout(self.limits.connect_timeout, dialing).await.unwrap_or(Err(Ended::TimedOut))
    }

    /// Retries until an attempt succeeds or the last one fails.
    pub(super) async fn dial_again(&mut self, since: Option<Position>) -> Result<Opened<IO>, Ended> {
        loop {
            let failed = match self.dial(since).await {
                Ok(opened) => return Ok(opened),
                Err(ended) => ended,
            };
            let Some((attempt, delay)) = self.retry.after(&failed) else { return Err(failed) };
            tracing::debug!(attempt, ?delay, last = %failed, "cannot connect; trying again");
            sleep(delay).await;
        }
    }
}

/// The task of a client.
pub(super) struct Task<F> {
    pub(super) dialer: Dialer<F>,
    pub(super) queue: Queue,
    pub(super) ending: Ending,
}

/// Reports that the client has ended, even if the task is dropped with its runtime.
pub(super) struct Ending {
    pub(super) shared: Arc<Shared>,
    pub(super) states: watch::Sender<ClientState>,
}

impl<F, Fut, IO> Task<F>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = io::Result<IO>>,
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    pub(super) async fn run(mut self, mut opened: Opened<IO>) {
        loop {
            let start = Instant::now();
            let shared = &self.ending.shared;
            shared.set_protocol(opened.accepted.protocol.clone());
            self.ending.states.send_if_modified(|state| {
                // For the first connection the state is open already, which is not a change.
                !std::mem::replace(state, ClientState::Open).is_open()
            });
            let agreed = opened.accepted.compression;
            let compression = agreed.map(|agreed| (&self.dialer.target.compression, agreed));
            let link = Link::new(opened.io, opened.head, shared, &mut self.queue, &self.dialer.limits)
                .with_compression(compression);
            let ended = link.run().await;
            tracing::debug!(%ended, "a connection ended");
            self.dialer.retry.was_open(start.elapsed());
            opened = match self.reconnect(ended).await {
                Ok(opened) => opened,
                Err(ended) => return self.ending.end(ended),
            };
        }
    }

    /// Makes a new connection, or returns how the client has ended.
    async fn reconnect(&mut self, mut last: Ended) -> Result<Opened<IO>, Ended> {
        loop {
            if self.ending.shared.stop_requested() {
                return Err(last);
            }
            let (attempt, delay) = self.dialer.retry.after(&last).ok_or_else(|| last.clone())?;
            tracing::debug!(attempt, ?delay, %last, "reconnecting");
            self.ending.states.send_replace(ClientState::Waiting { attempt, delay, last });
            let shared = Arc::clone(&self.ending.shared);
            let mut stop = std::pin::pin!(poll_fn(|cx| shared.poll_stop(cx)));
            tokio::select! {
                biased;
                stop = &mut stop => return Err(Ended::Local(stop.close())),
                () = sleep(delay) => {}
            }
            self.ending.states.send_replace(ClientState::Connecting { attempt });
            last = tokio::select! {
                biased;
                stop = &mut stop => return Err(Ended::Local(stop.close())),
                dialed = self.dialer.dial(shared.position()) => match dialed {
                    Ok(opened) => return Ok(opened),
                    Err(ended) => ended,
                },
            };
        }
    }
}

impl Ending {
    fn end(&self, ended: Ended) {
        self.shared.end(ended.clone());
        self.states.send_replace(ClientState::Closed(ended));
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if self.states.borrow().ended().is_none() {
            self.end(Ended::Lost);
        }
    }
}
