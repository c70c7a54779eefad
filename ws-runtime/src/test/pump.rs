//! The task between a [`TestSocket`](super::TestSocket) and its pipe.
//!
//! A browser answers pings and reads regardless of what the script of a page does, so a test that sleeps for an hour of
//! the paused clock must not lose its connection. Reading and writing happen concurrently: otherwise a server that does
//! not read until it has been read from would wait forever.

use std::{
    future::Future,
    io, mem,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Close, Closed, Message, PeerClose,
    connection::{Writer, poll_fill},
    protocol::{Deflater, Incoming, Inflater, Payload, Reader, Role, Sizes, Wire},
};

/// No limits: tests may want to receive messages of any size.
const ANY: Sizes = Sizes { message: usize::MAX, frame: usize::MAX };

/// A request from the test. Its receipt is sent once the request is done, and dropped if it cannot be done.
#[derive(Debug)]
pub(super) enum Command {
    Send(Message, oneshot::Sender<()>),
    Close(Close, oneshot::Sender<()>),
    Ping(Bytes, oneshot::Sender<()>),
    /// Starts or stops reading.
    Read(bool),
}

/// Owns the pipe until the test drops its end, or until both sides have closed.
pub(super) struct Pump {
    io: TokioIo<Upgraded>,
    reader: Reader,
    writer: Writer,
    wire: Wire,
    deflater: Option<Box<Deflater>>,
    commands: mpsc::UnboundedReceiver<Command>,
    /// The receipts for frames in `wire`, and for frames that are being written.
    queued: Vec<oneshot::Sender<()>>,
    unwritten: Vec<oneshot::Sender<()>>,
    pings: Vec<(Bytes, oneshot::Sender<()>)>,
    reading: bool,
    /// The Close frame that the test sent.
    close: Option<Close>,
    /// Set once a Close frame is queued, after which nothing more is sent.
    closing: bool,
    /// Present until the server's Close frame arrives or the connection ends.
    inbox: Option<mpsc::UnboundedSender<Message>>,
    closed: watch::Sender<Option<Closed>>,
}

impl Pump {
    pub(super) fn new(
        io: Upgraded,
        commands: mpsc::UnboundedReceiver<Command>,
        inbox: mpsc::UnboundedSender<Message>,
        closed: watch::Sender<Option<Closed>>,
    ) -> Self {
        Self {
            io: TokioIo::new(io),
            reader: Reader::new(Role::Client, Vec::new()),
            writer: Writer::default(),
            wire: Wire::new(Role::Client),
            deflater: None,
            commands,
            queued: Vec::new(),
            unwritten: Vec::new(),
            pings: Vec::new(),
            reading: true,
            close: None,
            closing: false,
            inbox: Some(inbox),
            closed,
        }
    }

    pub(super) fn with_compression(mut self, compression: Option<(Deflater, Inflater)>) -> Self {
        if let Some((deflater, inflater)) = compression {
            self.reader = Reader::new(Role::Client, Vec::new()).with_inflater(Some(Box::new(inflater)));
            self.deflater = Some(Box::new(deflater));
        }
        self
    }

    /// Handles the requests of the test. Returns `Ready` once the test has dropped its end.
    fn poll_commands(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match ready!(self.commands.poll_recv(cx)) {
                None => return Poll::Ready(()),
                Some(Command::Read(reading)) => self.reading = reading,
                // The first close stands, and nothing is sent after it: the receipt is dropped.
                Some(_) if self.closing => {}
                Some(Command::Send(message, receipt)) => {
                    let (opcode, payload) = Payload::of(&message);
                    self.wire.message(opcode, payload, self.deflater.as_deref_mut());
                    self.queued.push(receipt);
                }
                Some(Command::Close(close, receipt)) => {
                    self.wire.close(&close);
                    self.queued.push(receipt);
                    self.close = Some(close);
                    self.closing = true;
                }
                Some(Command::Ping(payload, receipt)) => {
                    self.wire.ping(&payload);
                    self.pings.push((payload, receipt));
                }
            }
        }
    }

    /// Writes what is queued. If that fails, the receipts are dropped, and what the server sent before is still read.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if ready!(self.poll_written(cx)).is_err() {
                self.queued.clear();
                self.unwritten.clear();
                return Poll::Ready(());
            }
            for receipt in self.unwritten.drain(..) {
                // The test may not be waiting for the receipt any more.
                let _ = receipt.send(());
            }
            if self.wire.is_empty() {
                return Poll::Ready(());
            }
        }
    }

    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, writer, wire, queued, unwritten, .. } = self;
        let take = || {
            unwritten.append(queued);
            wire.take()
        };
        writer.poll_write(io, take, cx)
    }

    /// Reads while the test allows it. Returns `Ready` at the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.reading {
            match self.reader.next(ANY) {
                Ok(Some(item)) => self.take(item),
                Ok(None) => match ready!(poll_fill(&mut self.io, &mut self.reader, cx)) {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => return Poll::Ready(()),
                },
                Err(_) => return Poll::Ready(()),
            }
            if self.inbox.is_none() {
                return self.poll_end(cx);
            }
        }
        Poll::Pending
    }

    fn take(&mut self, item: Incoming) {
        match item {
            Incoming::Message(message) => {
                if let Some(inbox) = &self.inbox {
                    // This fails if the test is gone, and then nobody receives the message.
                    let _ = inbox.send(message);
                }
            }
            Incoming::Ping(payload) if !self.closing => self.wire.pong(&payload, true),
            Incoming::Ping(_) => {}
            Incoming::Pong(payload) => {
                let (answered, waiting) =
                    mem::take(&mut self.pings).into_iter().partition(|(ping, _)| *ping == payload);
                self.pings = waiting;
                let answered: Vec<_> = answered;
                for (_, receipt) in answered {
                    let _ = receipt.send(());
                }
            }
            Incoming::Close(close) => self.end(close),
        }
    }

    /// Handles the server's Close frame.
    fn end(&mut self, close: Option<PeerClose>) {
        if !self.closing {
            self.wire.close_answer(close.as_ref());
            self.closing = true;
        }
        let closed = self.close.take().map_or(Closed::Peer(close), Closed::Local);
        self.closed.send_if_modified(|state| state.is_none() && state.replace(closed).is_none());
        self.inbox = None;
    }

    /// Waits until the server ends the transport, which it should do first (RFC 6455, section 7.1.1).
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = self.poll_write(cx);
        loop {
            match ready!(poll_fill(&mut self.io, &mut self.reader, cx)) {
                Ok(1..) => self.reader = Reader::new(Role::Client, Vec::new()),
                Ok(0) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl Future for Pump {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_commands(cx).is_ready() {
            return Poll::Ready(());
        }
        let _ = self.poll_write(cx);
        let read = self.poll_read(cx);
        // A frame that was read may require an answer.
        let _ = self.poll_write(cx);
        read
    }
}

/// Tells the test that the connection is over, however the task ends.
impl Drop for Pump {
    fn drop(&mut self) {
        self.closed.send_if_modified(|state| state.is_none() && state.replace(Closed::Lost).is_none());
    }
}
