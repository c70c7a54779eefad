//! The hand-over between the driver, a task that receives, and the transport, in every order that threads can come to, by loom.
//! `CONTRIBUTING.md` has the command. Loom reports a wake-up that is lost as a deadlock.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use loom::{
    future::block_on,
    sync::{Arc, Mutex},
    thread,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Attached, Inbox, attach};
use crate::{
    CloseCode, Closed, Message,
    connection::{ConnectionError, Limits, Outbox, limits::READ_AHEAD},
};

/// All orders with up to two preemptions, which find nearly every mistake; without a bound it takes hours.
fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}

/// A transport that gives what a peer has sent, and takes everything.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Sent>>);

#[derive(Default)]
struct Sent {
    bytes: VecDeque<u8>,
    ended: bool,
    reader: Option<Waker>,
}

impl Pipe {
    /// The peer sends a binary message of so many zeros, with a mask of zeros.
    fn send(&self, length: usize) {
        let mut bytes = vec![0x82, 0xFF];
        bytes.extend(u64::to_be_bytes(length as u64));
        bytes.extend([0; 4]);
        if length < 126 {
            bytes = vec![0x82, 0x80 | u8::try_from(length).unwrap(), 0, 0, 0, 0];
        }
        bytes.resize(bytes.len() + length, 0);
        self.change(|sent| sent.bytes.extend(bytes));
    }

    /// The peer is gone.
    fn end(&self) {
        self.change(|sent| sent.ended = true);
    }

    fn change(&self, change: impl FnOnce(&mut Sent)) {
        let mut sent = self.0.lock().unwrap();
        change(&mut sent);
        let reader = sent.reader.take();
        drop(sent);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut sent = self.0.lock().unwrap();
        if sent.bytes.is_empty() && !sent.ended {
            sent.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let length = buf.remaining().min(sent.bytes.len());
        let bytes: Vec<u8> = sent.bytes.drain(..length).collect();
        buf.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn open() -> (Pipe, Outbox, std::sync::Arc<Inbox<Pipe>>) {
    let (pipe, outbox) = (Pipe::default(), Outbox::new(std::sync::Arc::new(Limits::default())));
    outbox.accept();
    let inbox = attach(pipe.clone(), true, Vec::new(), outbox.clone());
    (pipe, outbox, inbox)
}

/// What the driver does with the inbox in its polls, until the connection is closed.
fn drive(inbox: &Inbox<Pipe>) {
    block_on(poll_fn(|cx| {
        inbox.set_driver(cx.waker());
        inbox.outbox.resume();
        inbox.with(|state| state.read_ahead(&inbox.outbox, cx));
        inbox.outbox.take();
        if inbox.outbox.is_closed() { Poll::Ready(()) } else { Poll::Pending }
    }));
}

fn recv(inbox: &Attached) -> Result<Message, ConnectionError> {
    block_on(poll_fn(|cx| inbox.poll_recv(cx)))
}

/// A task of its own that receives so many messages and closes.
fn spawn_receiver(inbox: Attached, outbox: Outbox, messages: usize) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for _ in 0..messages {
            recv(&inbox).unwrap();
        }
        outbox.close(CloseCode::NORMAL_CLOSURE.into()).unwrap();
    })
}

#[test]
fn a_message_reaches_a_task_that_waits_for_it() {
    check(|| {
        let (pipe, outbox, inbox) = open();
        pipe.send(1);
        let receiver = spawn_receiver(inbox.clone(), outbox, 2);
        let peer = thread::spawn(move || pipe.send(1));
        drive(&inbox);
        peer.join().unwrap();
        receiver.join().unwrap();
    });
}

#[test]
fn a_driver_that_has_no_room_reads_on_when_there_is_some() {
    check(|| {
        let (pipe, outbox, inbox) = open();
        // Each fills what is read ahead.
        pipe.send(READ_AHEAD.1);
        pipe.send(READ_AHEAD.1);
        let receiver = spawn_receiver(inbox.clone(), outbox, 2);
        drive(&inbox);
        receiver.join().unwrap();
    });
}

#[test]
fn the_end_of_the_transport_wakes_a_task_that_waits() {
    check(|| {
        let (pipe, _outbox, inbox) = open();
        let receiver = {
            let inbox: Attached = inbox.clone();
            thread::spawn(move || recv(&inbox))
        };
        let peer = thread::spawn(move || pipe.end());
        drive(&inbox);
        peer.join().unwrap();
        assert!(matches!(receiver.join().unwrap(), Err(ConnectionError::Closed(Closed::Lost))));
    });
}

#[test]
fn a_close_wakes_a_task_that_waits() {
    check(|| {
        let (_pipe, outbox, inbox) = open();
        let receiver = {
            let inbox: Attached = inbox.clone();
            thread::spawn(move || recv(&inbox))
        };
        let closer = thread::spawn(move || outbox.close(CloseCode::NORMAL_CLOSURE.into()));
        drive(&inbox);
        // What the driver does in its next stage.
        let _ =
            block_on(poll_fn(|cx| Poll::Ready(inbox.with(|state| state.poll_discard(&inbox.outbox, cx)))));
        closer.join().unwrap().unwrap();
        assert!(matches!(receiver.join().unwrap(), Err(ConnectionError::Closed(Closed::Local(_)))));
    });
}
