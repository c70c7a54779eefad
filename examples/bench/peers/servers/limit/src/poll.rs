//! One thread and one loop over epoll.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    net::SocketAddr,
    sync::Arc,
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

use crate::counter::{Answer, Counter};

const LISTENER: Token = Token(usize::MAX);

pub(crate) fn serve(address: SocketAddr) -> io::Result<()> {
    let mut listener = TcpListener::bind(address)?;
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut free = Vec::new();
    let mut members = Vec::new();
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; 256 << 10];
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _address)) = listener.accept() {
                    stream.set_nodelay(true)?;
                    let index = free.pop().unwrap_or_else(|| {
                        connections.push(None);
                        connections.len() - 1
                    });
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    poll.registry().register(&mut stream, Token(index), interest)?;
                    connections[index] = Some(Connection::new(stream));
                }
                continue;
            }
            let index = event.token().0;
            let Some(connection) = &mut connections[index] else { continue };
            let turn = connection.turn(&mut buffer);
            if turn.joins {
                members.push(index);
            }
            if turn.is_over {
                members.retain(|member| *member != index);
                connections[index] = None;
                free.push(index);
            }
            if !turn.fan_out.is_empty() {
                let frames = Arc::<[u8]>::from(turn.fan_out);
                for member in &members {
                    if let Some(member) = &mut connections[*member] {
                        member.first.push_back(Arc::clone(&frames));
                        let _ = member.flush();
                    }
                }
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    counter: Counter,
    /// Bytes to write before replies, and how many of their first part have been written.
    first: VecDeque<Arc<[u8]>>,
    written: usize,
    /// How many bytes of replies are due, and where they begin in the replies.
    due: usize,
    offset: usize,
}

#[derive(Default)]
struct Turn {
    joins: bool,
    is_over: bool,
    fan_out: Vec<u8>,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self { stream, counter: Counter::new(), first: VecDeque::new(), written: 0, due: 0, offset: 0 }
    }

    /// Reads everything that is there, and answers.
    fn turn(&mut self, buffer: &mut [u8]) -> Turn {
        let mut turn = Turn::default();
        let _ = self.flush();
        loop {
            let read = match self.stream.read(buffer) {
                Ok(read) if read > 0 => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return turn,
                _ => {
                    turn.is_over = true;
                    return turn;
                }
            };
            match self.counter.take(&buffer[..read]) {
                Answer::Replies(bytes) => self.due += bytes,
                Answer::Bytes(bytes) => self.first.push_back(bytes.into()),
                Answer::Joins(bytes) => {
                    self.first.push_back(bytes.into());
                    turn.joins = true;
                }
                Answer::Last(bytes) => {
                    self.first.push_back(bytes.into());
                    turn.is_over = true;
                }
                Answer::FanOut(frames) => turn.fan_out.extend(frames),
            }
            let _ = self.flush();
            if turn.is_over || read < buffer.len() {
                return turn;
            }
        }
    }

    /// Writes until the socket is full.
    fn flush(&mut self) -> io::Result<()> {
        while let Some(bytes) = self.first.front() {
            self.written += self.stream.write(&bytes[self.written..])?;
            if self.written == bytes.len() {
                self.written = 0;
                self.first.pop_front();
            }
        }
        while self.due > 0 {
            let end = self.counter.replies.len().min(self.offset + self.due);
            let written = self.stream.write(&self.counter.replies[self.offset..end])?;
            self.due -= written;
            self.offset = (self.offset + written) % self.counter.reply;
        }
        Ok(())
    }
}
