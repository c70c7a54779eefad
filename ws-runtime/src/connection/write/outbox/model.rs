//! Checks with loom the hand-over between handles and driver in every order in which threads can run.
//! `CONTRIBUTING.md` has the command. Loom reports a lost wake-up as a deadlock.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use loom::{future::block_on, thread};

use super::*;
use crate::{CloseCode, Message, SendBuffer};

const MESSAGE: &str = "x";
/// The size of the message as a frame.
const FRAME: usize = 3;

/// Checks all orders with up to two preemptions, which find nearly every mistake. Without a bound the check takes
/// hours.
fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}

fn outbox(send_buffer: SendBuffer) -> Outbox {
    Outbox::new(Arc::new(Limits { send_buffer, ..Limits::default() }))
}

/// Does what the driver does with the outbox in one poll. Returns how many bytes were sent since the last one.
fn poll_driver(outbox: &Outbox, cx: &mut Context<'_>) -> usize {
    outbox.set_driver(cx.waker());
    outbox.resume();
    outbox.take().len()
}

/// Runs a driver until so many bytes went out.
fn drive(outbox: &Outbox, bytes: usize) {
    let mut written = 0;
    block_on(poll_fn(|cx| {
        written += poll_driver(outbox, cx);
        if written < bytes { Poll::Pending } else { Poll::Ready(()) }
    }));
    assert_eq!(written, bytes);
}

fn spawn_sender(outbox: &Outbox, messages: usize) -> thread::JoinHandle<()> {
    let outbox = outbox.clone();
    thread::spawn(move || {
        for _ in 0..messages {
            block_on(outbox.send(&MESSAGE.into())).unwrap();
        }
    })
}

#[test]
fn what_is_sent_wakes_the_driver() {
    check(|| {
        let outbox = outbox(SendBuffer::bytes(1024));
        let senders = [1, 1].map(|messages| spawn_sender(&outbox, messages));
        drive(&outbox, 2 * FRAME);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    });
}

#[test]
fn room_wakes_who_waits_for_it() {
    check(|| {
        // A single message fills the buffer.
        let outbox = outbox(SendBuffer::bytes(1));
        let sender = spawn_sender(&outbox, 2);
        drive(&outbox, 2 * FRAME);
        sender.join().unwrap();
    });
}

#[test]
fn two_that_wait_for_room_are_both_woken() {
    check(|| {
        let outbox = outbox(SendBuffer::bytes(1));
        outbox.try_push(&Message::from(MESSAGE)).unwrap();
        let senders = [1, 1].map(|messages| spawn_sender(&outbox, messages));
        drive(&outbox, 3 * FRAME);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    });
}

#[test]
fn a_close_wakes_the_driver_and_who_waits_for_room() {
    check(|| {
        let outbox = outbox(SendBuffer::bytes(1));
        outbox.try_push(&Message::from(MESSAGE)).unwrap();
        let sender = {
            let outbox = outbox.clone();
            thread::spawn(move || block_on(outbox.send(&MESSAGE.into())))
        };
        let closer = {
            let outbox = outbox.clone();
            thread::spawn(move || outbox.close(CloseCode::NORMAL_CLOSURE.into()))
        };
        block_on(poll_fn(|cx| {
            poll_driver(&outbox, cx);
            if outbox.is_closed() { Poll::Ready(()) } else { Poll::Pending }
        }));
        // The message was sent before the close or not at all. It only matters that `send` returns.
        let _ = sender.join().unwrap();
        closer.join().unwrap().unwrap();
    });
}

#[test]
fn a_driver_that_is_abandoned_stops() {
    check(|| {
        let outbox = outbox(SendBuffer::bytes(1024));
        outbox.accept();
        let sender = spawn_sender(&outbox, 1);
        let abandoner = {
            let outbox = outbox.clone();
            thread::spawn(move || outbox.abandon())
        };
        block_on(poll_fn(|cx| {
            outbox.set_driver(cx.waker());
            let goes_on = outbox.resume();
            outbox.take();
            if goes_on { Poll::Pending } else { Poll::Ready(()) }
        }));
        assert!(abandoner.join().unwrap());
        sender.join().unwrap();
    });
}
