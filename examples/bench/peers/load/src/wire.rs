//! The client's side of the wire: handshakes, and frames that are made once.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::fd::AsFd,
    time::Duration,
};

use socket2::SockRef;

use crate::deflate::Agreement;

pub(crate) const FIN: u8 = 0x80;
/// In the first frame of a compressed message.
pub(crate) const RSV1: u8 = 0x40;
pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// The text that the answer to the key is computed with (RFC 6455, section 1.3).
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// Any mask will do: the peers do not check if it is a good one (RFC 6455, section 5.3, protects proxies).
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// How long a server may take to answer a handshake, or a message when it has nothing else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Returns a frame as clients send it.
pub(crate) fn masked_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(14 + payload.len());
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ ..126), _) => frame.extend([first, length]),
        (_, Ok(length)) => {
            frame.extend([first, 126]);
            frame.extend(length.to_be_bytes());
        }
        _ => {
            frame.extend([first, 127]);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    // The bit that says that a mask follows.
    frame[1] |= 0x80;
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The header of a frame that a server sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// FIN, the reserved bits and the opcode.
    pub(crate) first: u8,
    /// The length of the header itself.
    pub(crate) length: usize,
    pub(crate) payload: usize,
}

impl Header {
    /// The longest one, in bytes.
    pub(crate) const LONGEST: usize = 10;

    /// Reads a header, if these bytes begin with a complete one.
    pub(crate) fn parse(bytes: &[u8]) -> io::Result<Option<Self>> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (length, payload) = match *second {
            126 => match rest.first_chunk() {
                Some(length) => (4, u64::from(u16::from_be_bytes(*length))),
                None => return Ok(None),
            },
            127 => match rest.first_chunk() {
                Some(length) => (10, u64::from_be_bytes(*length)),
                None => return Ok(None),
            },
            length if length < 126 => (2, u64::from(length)),
            _ => return Err(io::Error::new(ErrorKind::InvalidData, "the server masked a frame")),
        };
        let payload = usize::try_from(payload).map_err(|_| unexpected(bytes))?;
        Ok(Some(Self { first: *first, length, payload }))
    }
}

pub(crate) fn request(path: &str, offer: Option<&str>) -> Vec<u8> {
    let extensions = offer.map_or_else(String::new, |offer| format!("Sec-WebSocket-Extensions: {offer}\r\n"));
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nCookie: session=abc\r\n{extensions}\r\n"
    );
    head.into_bytes()
}

/// Connects and completes the handshake.
pub(crate) fn open(
    address: SocketAddr,
    path: &str,
    offer: Option<&str>,
) -> io::Result<(TcpStream, Option<Agreement>)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    reset_when_dropped(&stream)?;
    stream.write_all(&request(path, offer))?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // This reads one byte at a time, because the bytes after the head belong to others.
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let text = String::from_utf8_lossy(&head);
    if !text.starts_with("HTTP/1.1 101 ") || !text.contains(ACCEPT) {
        return Err(unexpected(&head));
    }
    let agreement = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-extensions").then_some(value)
    });
    let agreement = agreement.map(|value| Agreement::parse(value.trim())).transpose()?;
    if agreement.is_none() && offer.is_some() {
        return Err(io::Error::other("the server does not negotiate permessage-deflate"));
    }
    Ok((stream, agreement))
}

/// Makes the connection end in a reset, which leaves no port in `TIME_WAIT`: there are not enough ports for that.
pub(crate) fn reset_when_dropped(stream: &impl AsFd) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// The result of a read that may block or fail: bytes, none yet, or the end.
pub(crate) fn read_some(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match stream.read(buffer) {
        Ok(0) => Err(io::Error::new(ErrorKind::UnexpectedEof, "the server closed the connection")),
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn unexpected(received: &[u8]) -> io::Error {
    let start = String::from_utf8_lossy(received.get(..200).unwrap_or(received)).into_owned();
    io::Error::new(ErrorKind::InvalidData, format!("unexpected answer: {start:?}"))
}
