//! [`Inbox`]: the socket, what was read from it ahead of the endpoint, and whether there is more to come.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    Outbox, READ_AHEAD,
    engine::{Engine, Received},
};
use crate::{Closed, Message, SocketError};

/// What a handle needs of the inbox, whatever the transport.
pub(crate) trait Receive: Send + Sync {
    /// Takes the next message. Nothing is lost if the caller stops waiting.
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, SocketError>>;
}

/// The inbox of a connection, as handles see it.
pub(crate) type Attached = Arc<dyn Receive>;

/// The reading half of a connection, and its transport.
pub(crate) struct Inbox<IO> {
    outbox: Outbox,
    state: Mutex<State<IO>>,
}

struct State<IO> {
    io: IO,
    engine: Engine,
    queue: VecDeque<Message>,
    queued_bytes: usize,
    /// The transport has nothing to read and will wake the driver.
    starved: bool,
    /// The task that waits in `poll_recv`.
    receiver: Option<Waker>,
    driver: Option<Waker>,
    reading: Reading,
    /// Taken from the outbox and on its way to the transport, from `written` on.
    writing: Vec<u8>,
    written: usize,
    shut_down: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// More messages may come.
    Open,
    /// The peer's Close frame has come, or a frame that ends the reading.
    Over,
    /// The transport is gone: there is nothing to write to either.
    Lost,
}

/// Puts a transport behind an outbox. `head` is what was read from the transport already.
pub(crate) fn attach<IO: AsyncRead + AsyncWrite + Unpin>(
    io: IO,
    head: Vec<u8>,
    outbox: Outbox,
) -> Arc<Inbox<IO>> {
    let state = State {
        io,
        engine: Engine::new(head),
        queue: VecDeque::new(),
        queued_bytes: 0,
        starved: false,
        receiver: None,
        driver: None,
        reading: Reading::Open,
        writing: Vec::new(),
        written: 0,
        shut_down: false,
    };
    Arc::new(Inbox { outbox, state: Mutex::new(state) })
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Inbox<IO> {
    fn lock(&self) -> MutexGuard<'_, State<IO>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the driver is running; the transport is to wake this task from now on.
    pub(super) fn attend(&self, cx: &Context<'_>) {
        self.outbox.attend(cx.waker());
        let mut state = self.lock();
        state.starved = false;
        if !state.driver.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            state.driver = Some(cx.waker().clone());
        }
    }

    /// Reads ahead of the endpoint what there is room for, so that pings are answered and a close is noticed while
    /// it does something else.
    pub(super) fn read_ahead(&self, cx: &mut Context<'_>) {
        let mut state = self.lock();
        let before = state.queue.len();
        while state.reading == Reading::Open && !state.starved && !state.is_full() && !self.outbox.is_full() {
            match state.poll_read(&self.outbox, cx) {
                Poll::Ready(Some(message)) => state.push(message),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        if state.queue.len() > before || state.reading != Reading::Open || self.outbox.closed().is_some() {
            state.wake_receiver();
        }
    }

    /// Reads what still comes after our Close frame, and throws it away, until the peer's comes.
    pub(super) fn poll_discard(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        state.queue.clear();
        while state.reading == Reading::Open {
            if self.outbox.is_full() {
                return Poll::Pending;
            }
            if ready!(state.poll_read(&self.outbox, cx)).is_none() {
                break;
            }
        }
        Poll::Ready(())
    }

    /// Writes everything that was sent, then flushes; ready when nothing is left. Shuts the writing down behind the
    /// last Close frame.
    pub(super) fn poll_write(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        let state = &mut *state;
        if state.reading == Reading::Lost {
            return Poll::Ready(());
        }
        loop {
            if state.written == state.writing.len() {
                state.writing.clear();
                state.written = 0;
                self.outbox.take(&mut state.writing);
                if state.writing.is_empty() {
                    break;
                }
            }
            match ready!(Pin::new(&mut state.io).poll_write(cx, &state.writing[state.written..])) {
                Ok(written) if written > 0 => state.written += written,
                Ok(_) | Err(_) => {
                    state.lose(&self.outbox);
                    return Poll::Ready(());
                }
            }
        }
        let flushed = ready!(Pin::new(&mut state.io).poll_flush(cx));
        if flushed.is_err() {
            state.lose(&self.outbox);
        } else if state.reading == Reading::Over && !state.shut_down {
            // Both Close frames are on their way: the server is the first to end the TCP connection
            // (RFC 6455, section 7.1.1). Whether it works makes no difference any more.
            let _ = ready!(Pin::new(&mut state.io).poll_shutdown(cx));
            state.shut_down = true;
        }
        Poll::Ready(())
    }

    /// Ends the writing whatever the peer did, and reads until the peer ends too.
    pub(super) fn poll_drain(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if !state.shut_down {
            let _ = ready!(Pin::new(&mut state.io).poll_shutdown(cx));
            state.shut_down = true;
        }
        let mut scratch = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut state.io).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }

    /// Whether the transport is gone.
    pub(super) fn is_lost(&self) -> bool {
        self.lock().reading == Reading::Lost
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> State<IO> {
    /// Reads one message; `None` once there will be no more.
    fn poll_read(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        let Poll::Ready(received) = self.engine.poll_read(&mut self.io, outbox, cx) else {
            self.starved = true;
            return Poll::Pending;
        };
        match received {
            Received::Message(message) => return Poll::Ready(Some(message)),
            Received::Close(peer) => {
                self.reading = Reading::Over;
                // The answer repeats the code (RFC 6455, section 5.5.1).
                let answer = peer.clone();
                let answer = answer.as_ref().map(|peer| (peer.code, ""));
                outbox.close_by_peer(Closed::Peer(peer), answer);
            }
            Received::Violation(close) => {
                self.reading = Reading::Over;
                // If we closed already, that close stands.
                let _ = outbox.close(close);
            }
            Received::Lost => self.lose(outbox),
        }
        Poll::Ready(None)
    }

    fn lose(&mut self, outbox: &Outbox) {
        self.reading = Reading::Lost;
        outbox.lose();
        self.wake_receiver();
    }

    fn push(&mut self, message: Message) {
        self.queued_bytes += message.len();
        self.queue.push_back(message);
    }

    fn pop(&mut self) -> Option<Message> {
        let was_full = self.is_full();
        let message = self.queue.pop_front()?;
        self.queued_bytes -= message.len();
        if self.queue.is_empty() {
            // An idle connection holds no queue.
            self.queue = VecDeque::new();
        }
        if was_full && let Some(driver) = &self.driver {
            driver.wake_by_ref();
        }
        Some(message)
    }

    fn is_full(&self) -> bool {
        let (messages, bytes) = READ_AHEAD;
        self.queue.len() >= messages || self.queued_bytes >= bytes
    }

    fn wake_receiver(&mut self) {
        if let Some(receiver) = self.receiver.take() {
            receiver.wake();
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin + Send> Receive for Inbox<IO> {
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, SocketError>> {
        let closed = self.outbox.closed();
        if let Some(closed @ Closed::Local(_)) = closed {
            return Poll::Ready(Err(SocketError::Closed(closed)));
        }
        let mut state = self.lock();
        if let Some(message) = state.pop() {
            return Poll::Ready(Ok(message));
        }
        if state.reading == Reading::Open && !self.outbox.is_full_for(cx.waker()) {
            // The transport must wake the driver, whatever task or combinator this is called from: the caller may
            // stop waiting, and pings still want their answer.
            if let Some(driver) = state.driver.clone()
                && let Poll::Ready(Some(message)) =
                    state.poll_read(&self.outbox, &mut Context::from_waker(&driver))
            {
                return Poll::Ready(Ok(message));
            }
        }
        if state.reading != Reading::Open {
            let closed = self.outbox.closed().unwrap_or(Closed::Lost);
            return Poll::Ready(Err(SocketError::Closed(closed)));
        }
        if !state.receiver.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            state.receiver = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}
