//! [`Task`]: makes the connections of a client, and runs them.

use std::{future::Future, future::poll_fn, io, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{
    Attempt, ClientState, Ended,
    backoff::Retry,
    builder::ClientLimits,
    connection::Connection,
    handshake::{Opened, open},
    hooks::{BeforeConnect, OnOpen},
    opening,
    queue::{Queue, queue},
    redirect::redirected,
    request::{Parts, Target},
    shared::Shared,
};
use crate::tracked::Position;

/// How many bytes of messages of the hook `on_open` may wait for the transport.
const HOOK_BUFFER: usize = 64 * 1024;

/// Makes connections.
pub(super) struct Dialer<F> {
    /// Makes transports.
    pub(super) transport: F,
    pub(super) source: Source,
    pub(super) redirects: usize,
    /// Whether the transport can reach any server.
    pub(super) is_free: bool,
    pub(super) on_open: Option<OnOpen>,
    pub(super) limits: ClientLimits,
    pub(super) retry: Retry,
    /// The number of attempts so far.
    pub(super) attempts: u32,
    /// Whether there has been a connection.
    pub(super) has_opened: bool,
    /// The last position in a room that the client has.
    pub(super) since: Option<Position>,
}

/// Where the request of an attempt comes from.
pub(super) enum Source {
    /// All attempts are the same.
    Same(Arc<Target>),
    /// The hook makes the request of each attempt from these parts.
    Hook(Parts, BeforeConnect),
}

impl Source {
    async fn target(&self, number: u32, last: Option<&Ended>) -> Result<Arc<Target>, Ended> {
        match self {
            Self::Same(target) => Ok(Arc::clone(target)),
            Self::Hook(parts, hook) => {
                let attempt = hook(Attempt::new(parts.clone(), number, last.cloned())).await;
                let attempt = attempt.map_err(|error| Ended::BeforeConnect(error.into()))?;
                let target = attempt.parts.target();
                target.map(Arc::new).map_err(|error| Ended::BeforeConnect(Arc::new(error)))
            }
        }
    }
}

/// A connection that has been made.
pub(super) struct Dialed<IO> {
    pub(super) connection: Connection<IO>,
    pub(super) subprotocol: Option<String>,
}

impl<F, Fut, IO> Dialer<F>
where
    F: FnMut(&Target) -> Fut,
    Fut: Future<Output = io::Result<IO>>,
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    /// Makes one attempt to connect.
    pub(super) async fn dial(&mut self, last: Option<&Ended>) -> Result<Dialed<IO>, Ended> {
        self.attempts = self.attempts.saturating_add(1);
        let limit = self.limits.connect_timeout;
        let dialing = async {
            let target = self.source.target(self.attempts, last).await?;
            self.open(target).await
        };
        let (opened, target) = timeout(limit, dialing).await.unwrap_or(Err(Ended::TimedOut))?;
        let subprotocol = opened.accepted.subprotocol;
        let compression = opened.accepted.compression.map(|agreed| (&target.compression, agreed));
        // The hook has a queue of its own, so that nothing else is sent before it is done.
        let (entry, queue) = queue(HOOK_BUFFER);
        let connection = Connection::new(opened.io, opened.head, Arc::default(), queue, self.limits.clone());
        let mut connection = connection.with_compression(compression);
        if let Some(hook) = &self.on_open {
            connection.shared().set_subprotocol(subprotocol.clone());
            opening::run(&mut connection, entry, hook, !self.has_opened).await?;
        }
        self.has_opened = true;
        Ok(Dialed { connection, subprotocol })
    }

    /// Performs the handshake, and follows redirects.
    async fn open(&mut self, mut target: Arc<Target>) -> Result<(Opened<IO>, Arc<Target>), Ended> {
        for redirects in 0.. {
            let io = (self.transport)(&target).await.map_err(|error| target.failed(error))?;
            let refused = match open(io, &target, self.since).await {
                Ok(opened) => return Ok((opened, target)),
                Err(Ended::Refused(refused)) if redirects < self.redirects => refused,
                Err(ended) => return Err(ended),
            };
            let next = redirected(&target, &refused);
            let next = next.filter(|next| self.is_free || next.is_at(&target));
            target = next.ok_or(Ended::Refused(refused))?;
            tracing::debug!(url = %target.url(), "redirected");
        }
        Err(Ended::TimedOut)
    }

    /// Retries until an attempt succeeds or the last one fails.
    pub(super) async fn dial_again(&mut self) -> Result<Dialed<IO>, Ended> {
        let mut last = None;
        loop {
            let failed = match self.dial(last.as_ref()).await {
                Ok(opened) => return Ok(opened),
                Err(ended) => ended,
            };
            let Some((attempt, delay)) = self.retry.after(&failed) else { return Err(failed) };
            tracing::debug!(attempt, ?delay, last = %failed, "cannot connect; trying again");
            sleep(delay).await;
            last = Some(failed);
        }
    }
}

/// The task of a client.
pub(super) struct Task<F> {
    pub(super) dialer: Dialer<F>,
    pub(super) ending: Ending,
}

/// Reports that the client has ended, even if the task is dropped with its runtime.
pub(super) struct Ending {
    pub(super) shared: Arc<Shared>,
    pub(super) states: watch::Sender<ClientState>,
}

impl<F, Fut, IO> Task<F>
where
    F: FnMut(&Target) -> Fut,
    Fut: Future<Output = io::Result<IO>>,
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    pub(super) async fn run(mut self, mut queue: Queue, mut dialed: Dialed<IO>) {
        loop {
            let start = Instant::now();
            let shared = &self.ending.shared;
            shared.set_subprotocol(dialed.subprotocol);
            self.ending.states.send_if_modified(|state| {
                // For the first connection the state is open already, which is not a change.
                !std::mem::replace(state, ClientState::Open).is_open()
            });
            let mut connection = dialed.connection;
            connection.attach(Arc::clone(shared), queue);
            let (ended, left) = connection.run().await;
            queue = left;
            tracing::debug!(%ended, "a connection ended");
            self.dialer.retry.was_open(start.elapsed());
            dialed = match self.reconnect(ended).await {
                Ok(dialed) => dialed,
                Err(ended) => return self.ending.end(ended),
            };
        }
    }

    /// Makes a new connection, or returns how the client has ended.
    async fn reconnect(&mut self, mut last: Ended) -> Result<Dialed<IO>, Ended> {
        loop {
            if self.ending.shared.stop_requested() {
                return Err(last);
            }
            let (attempt, delay) = self.dialer.retry.after(&last).ok_or_else(|| last.clone())?;
            tracing::debug!(attempt, ?delay, %last, "reconnecting");
            self.ending.states.send_replace(ClientState::Waiting { attempt, delay, last: last.clone() });
            let shared = Arc::clone(&self.ending.shared);
            let mut stop = std::pin::pin!(poll_fn(|cx| shared.poll_stop(cx)));
            tokio::select! {
                biased;
                stop = &mut stop => return Err(Ended::Local(stop.close())),
                () = sleep(delay) => {}
            }
            self.ending.states.send_replace(ClientState::Connecting { attempt });
            self.dialer.since = shared.position();
            last = tokio::select! {
                biased;
                stop = &mut stop => return Err(Ended::Local(stop.close())),
                dialed = self.dialer.dial(Some(&last)) => match dialed {
                    Ok(dialed) => return Ok(dialed),
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
