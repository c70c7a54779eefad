//! What happens to the bytes of one connection.

use std::sync::{Arc, LazyLock, Mutex};

const ACCEPTED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const REFUSED: &[u8] = b"HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const CLOSE: &[u8] = &[0x88, 2, 3, 0xe8];

/// The approximate number of bytes of ready-made replies.
const REPLIES: usize = 256 << 10;

/// The last frame that was learned, repeated many times: all connections of a benchmark send the same one.
static LAST: LazyLock<Mutex<Last>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Last {
    reply: Vec<u8>,
    replies: Arc<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Handshake,
    Echo,
    Subscriber,
    Publisher,
}

pub(crate) struct Counter {
    state: State,
    /// The length of an incoming frame, once it is known, and how much of one has arrived.
    frame: usize,
    received: usize,
    /// The bytes of a publisher's incomplete frame.
    rest: Vec<u8>,
    /// The length of a reply, and many replies.
    pub(crate) reply: usize,
    pub(crate) replies: Arc<Vec<u8>>,
}

/// The answer to incoming bytes.
pub(crate) enum Answer {
    /// This many bytes of replies.
    Replies(usize),
    Bytes(&'static [u8]),
    /// The connection is a member of the room now.
    Joins(&'static [u8]),
    /// The last bytes of the connection.
    Last(&'static [u8]),
    /// Frames for all members of the room.
    FanOut(Vec<u8>),
}

impl Counter {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Handshake,
            frame: 0,
            received: 0,
            rest: Vec::new(),
            reply: 0,
            replies: Arc::default(),
        }
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) -> Answer {
        match self.state {
            State::Handshake => self.accept(bytes),
            State::Subscriber => Answer::Replies(0),
            State::Publisher => self.publish(bytes),
            State::Echo if self.received == 0 && bytes.first() == Some(&0x88) => Answer::Last(CLOSE),
            State::Echo => {
                if self.frame == 0 {
                    self.learn(bytes);
                }
                let received = self.received + bytes.len();
                self.received = received % self.frame;
                Answer::Replies(received / self.frame * self.reply)
            }
        }
    }

    fn accept(&mut self, request: &[u8]) -> Answer {
        let has = |part: &[u8]| request.windows(part.len()).take(64).any(|window| window == part);
        if has(b"q=abc") {
            return Answer::Last(REFUSED);
        }
        if has(b"/room/ws") {
            self.state = State::Subscriber;
            return Answer::Joins(ACCEPTED);
        }
        self.state = if has(b"/room/pub") { State::Publisher } else { State::Echo };
        Answer::Bytes(ACCEPTED)
    }

    /// Learns the form of incoming frames from the first one or its start, and makes replies.
    fn learn(&mut self, bytes: &[u8]) {
        let (header, length) = lengths(bytes);
        self.frame = header + 4 + length;
        let mut reply = unmasked(bytes, header, length.min(bytes.len().saturating_sub(header + 4)));
        // The load's own letters are used if the first frame did not arrive in one piece.
        let missing = header + length - reply.len();
        reply.extend((b'a'..=b'z').cycle().skip((reply.len() - header) % 26).take(missing));
        self.reply = reply.len();
        let mut last = LAST.lock().expect("nobody panics with it");
        if last.reply != reply {
            let replies = Arc::new(reply.repeat(REPLIES / reply.len() + 2));
            *last = Last { reply, replies };
        }
        self.replies = last.replies.clone();
    }

    /// Unmasks the frames of a publisher, because they differ from each other.
    fn publish(&mut self, bytes: &[u8]) -> Answer {
        self.rest.extend_from_slice(bytes);
        let mut frames = Vec::new();
        let mut rest = self.rest.as_slice();
        while rest.len() >= 14 || (rest.len() >= 6 && rest[1] & 0x7f < 126) {
            let (header, length) = lengths(rest);
            let Some(next) = rest.get(header + 4 + length..) else { break };
            frames.extend(unmasked(rest, header, length));
            rest = next;
        }
        self.rest = rest.to_vec();
        Answer::FanOut(frames)
    }
}

/// Returns the lengths of a frame's header without its mask, and of its payload.
fn lengths(frame: &[u8]) -> (usize, usize) {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
    match frame[1] & 0x7f {
        126 => (4, number(&frame[2..4])),
        127 => (10, number(&frame[2..10])),
        length => (2, usize::from(length)),
    }
}

fn unmasked(frame: &[u8], header: usize, length: usize) -> Vec<u8> {
    let mut unmasked = frame[..header].to_vec();
    unmasked[1] &= 0x7f;
    let (mask, payload) = frame[header..header + 4 + length].split_at(4);
    unmasked.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    unmasked
}
