//! The client's side of the wire, limited to what the load needs: handshakes, and frames that are made once.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    os::fd::AsFd,
    time::Duration,
};

use socket2::SockRef;

/// The first byte of a text message in one frame.
pub(super) const TEXT: u8 = 0x81;
/// The first byte of a Close frame.
pub(super) const CLOSE: u8 = 0x88;

/// Any mask will do: the peers do not check if it is a good one (RFC 6455, section 5.3, protects proxies).
const MASK: [u8; 4] = [0x1d, 0xa7, 0x5c, 0xe2];

/// How long a server may take to answer one handshake or one echo.
const PATIENCE: Duration = Duration::from_secs(5);

/// A text of this size.
pub(super) fn text(size: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(size).collect()
}

/// Returns a frame as clients send it.
pub(super) fn masked_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, payload.len());
    frame[1] |= 0x80;
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Returns a frame as servers send it.
pub(super) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, payload.len());
    frame.extend(payload);
    frame
}

fn header(opcode: u8, length: usize) -> Vec<u8> {
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..126), _) => vec![opcode, length],
        (_, Ok(length)) => [[opcode, 126], length.to_be_bytes()].concat(),
        _ => [&[opcode, 127], (length as u64).to_be_bytes().as_slice()].concat(),
    }
}

pub(super) fn request(path: &str) -> Vec<u8> {
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: session=abc\r\n\r\n"
    );
    head.into_bytes()
}

/// Connects and completes the handshake.
pub(super) fn open(address: SocketAddr, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&request(path))?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // This reads one byte at a time, because the bytes after the head belong to others.
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    if is_accepted(&head) { Ok(stream) } else { Err(unexpected(&head)) }
}

/// Returns `true` if the head of a response accepts the connection.
pub(super) fn is_accepted(head: &[u8]) -> bool {
    head.starts_with(b"HTTP/1.1 101 ")
}

/// Sends a message and receives it back.
pub(super) fn echo_once(stream: &mut TcpStream, message: &[u8], reply: &[u8]) -> io::Result<()> {
    stream.write_all(message)?;
    let mut received = vec![0; reply.len()];
    stream.read_exact(&mut received)?;
    if received == reply { Ok(()) } else { Err(unexpected(&received)) }
}

/// Makes the connection end in a reset, which leaves no port in `TIME_WAIT`: there are not enough ports for that.
pub(super) fn reset_when_dropped(stream: &impl AsFd) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

pub(super) fn unexpected(received: &[u8]) -> io::Error {
    let start = received.get(..200).unwrap_or(received);
    let start = String::from_utf8_lossy(start);
    io::Error::new(io::ErrorKind::InvalidData, format!("unexpected answer: {start:?}"))
}

/// The result of a read that may block or fail: bytes, none yet, or the end.
pub(super) fn read_some(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match stream.read(buffer) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
