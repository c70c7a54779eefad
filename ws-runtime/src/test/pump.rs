//! The task between a [`TestSocket`](super::TestSocket) and its pipe.
//!
//! A browser answers pings and reads whatever a page's script does, so a test that sleeps for an hour of the paused clock
//! is not to lose its connection. Reading and writing go on side by side: a server that does not read until it is
//! read from must not wait for ever.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, protocol::CloseFrame},
};

use super::tapped::Tapped;
use crate::{Close, Closed, Message, PeerClose};

/// The connection of a client, over a pipe.
pub(super) type Wire = WebSocketStream<Tapped>;

/// What a test asks for. A receipt is given once it is done, and dropped if it cannot be.
#[derive(Debug)]
pub(super) enum Command {
    Send(Message, oneshot::Sender<()>),
    Close(Close, oneshot::Sender<()>),
    Ping(Bytes, oneshot::Sender<()>),
    /// Whether to read.
    Read(bool),
}

/// Owns the pipe until the test drops its end, or both sides have closed.
#[derive(Debug)]
pub(super) struct Pump {
    wire: Wire,
    commands: mpsc::UnboundedReceiver<Command>,
    outgoing: VecDeque<(tungstenite::Message, oneshot::Sender<()>)>,
    unflushed: Vec<oneshot::Sender<()>>,
    pings: Vec<(Bytes, oneshot::Sender<()>)>,
    reading: bool,
    /// What the test closed with.
    close: Option<Close>,
    /// Until the server's Close frame, or the end.
    inbox: Option<mpsc::UnboundedSender<Message>>,
    closed: watch::Sender<Option<Closed>>,
}

impl Pump {
    pub(super) fn new(
        wire: Wire,
        commands: mpsc::UnboundedReceiver<Command>,
        inbox: mpsc::UnboundedSender<Message>,
        closed: watch::Sender<Option<Closed>>,
    ) -> Self {
        Self {
            wire,
            commands,
            outgoing: VecDeque::new(),
            unflushed: Vec::new(),
            pings: Vec::new(),
            reading: true,
            close: None,
            inbox: Some(inbox),
            closed,
        }
    }

    /// Takes what the test asks for. Ready once it dropped its end.
    fn poll_commands(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match std::task::ready!(self.commands.poll_recv(cx)) {
                None => return Poll::Ready(()),
                Some(Command::Send(message, receipt)) => self.outgoing.push_back((wire(message), receipt)),
                // The first close stands: the receipt is dropped.
                Some(Command::Close(..)) if self.close.is_some() || self.inbox.is_none() => {}
                Some(Command::Close(close, receipt)) => {
                    self.outgoing.push_back((close_frame(&close), receipt));
                    self.close = Some(close);
                }
                Some(Command::Ping(payload, receipt)) => {
                    let (sent, _) = oneshot::channel();
                    self.outgoing.push_back((tungstenite::Message::Ping(payload.clone()), sent));
                    self.pings.push((payload, receipt));
                }
                Some(Command::Read(reading)) => self.reading = reading,
            }
        }
    }

    /// Writes what waits. If that fails the receipts are dropped, and what the server said before is still read.
    fn poll_write(&mut self, cx: &mut Context<'_>) {
        match self.poll_written(cx) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => {
                for receipt in self.unflushed.drain(..) {
                    // The test may not wait for it.
                    let _ = receipt.send(());
                }
            }
            Poll::Ready(Err(_)) => {
                self.outgoing.clear();
                self.unflushed.clear();
            }
        }
    }

    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<tungstenite::Result<()>> {
        let mut wire = Pin::new(&mut self.wire);
        while !self.outgoing.is_empty() {
            std::task::ready!(wire.as_mut().poll_ready(cx))?;
            if let Some((message, receipt)) = self.outgoing.pop_front()
                // Behind a Close frame this fails; the connection is still good for the answer.
                && wire.as_mut().start_send(message).is_ok()
            {
                self.unflushed.push(receipt);
            }
        }
        wire.poll_flush(cx)
    }

    /// Reads while the test lets it. Ready at the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        use tungstenite::Message as Frame;
        while self.reading {
            match std::task::ready!(Pin::new(&mut self.wire).poll_next(cx)) {
                Some(Ok(Frame::Text(text))) => self.deliver(Message::Text(text.into())),
                Some(Ok(Frame::Binary(bytes))) => self.deliver(Message::Binary(bytes)),
                Some(Ok(Frame::Pong(payload))) => {
                    for (_, receipt) in self.pings.extract_if(.., |(ping, _)| *ping == payload) {
                        let _ = receipt.send(());
                    }
                }
                Some(Ok(Frame::Close(frame))) => {
                    let close = self.wire.get_ref().watch().peer_close(frame);
                    self.end(close);
                }
                Some(Ok(Frame::Ping(_) | Frame::Frame(_))) => {}
                Some(Err(_)) | None => return Poll::Ready(()),
            }
        }
        Poll::Pending
    }

    fn deliver(&self, message: Message) {
        if let Some(inbox) = &self.inbox {
            // Without a test there is nobody to receive it.
            let _ = inbox.send(message);
        }
    }

    /// The server's Close frame is here.
    fn end(&mut self, close: Option<PeerClose>) {
        let closed = self.close.take().map_or(Closed::Peer(close), Closed::Local);
        self.closed.send_if_modified(|state| state.is_none() && state.replace(closed).is_none());
        self.inbox = None;
    }
}

impl Future for Pump {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_commands(cx).is_ready() {
            return Poll::Ready(());
        }
        self.poll_write(cx);
        self.poll_read(cx)
    }
}

/// However the task ends, the test is told.
impl Drop for Pump {
    fn drop(&mut self) {
        self.closed.send_if_modified(|state| state.is_none() && state.replace(Closed::Lost).is_none());
    }
}

fn wire(message: Message) -> tungstenite::Message {
    match message {
        Message::Text(text) => tungstenite::Message::Text(text.as_str().into()),
        Message::Binary(bytes) => tungstenite::Message::Binary(bytes),
    }
}

fn close_frame(close: &Close) -> tungstenite::Message {
    tungstenite::Message::Close(Some(CloseFrame {
        code: close.code().as_u16().into(),
        reason: close.reason().into(),
    }))
}
