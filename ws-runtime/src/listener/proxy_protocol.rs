//! [`ProxyProtocol`]: a listener behind a proxy that sends the address of its client ahead of the connection.

use std::{future::Future, io, time::Duration};

use proxy_header::{ParseConfig, Protocol, ProxyHeader};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};

use super::Listener;
use crate::Peer;

/// How long a proxy may take to send its header. It is the first thing that a proxy sends, in one piece.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest version 2 header, in bytes. Addresses take 232 at most. The rest are TLVs, of which certificates are the
/// largest.
const MAX_HEADER: usize = 16 * 1024;

/// The largest version 1 header, in bytes, with its line break.
const MAX_LINE: usize = 107;

/// How many bytes of a header are read at first. No header of either version is shorter.
const FIRST: usize = 15;

/// The length of a version 2 header without addresses and TLVs.
const FIXED: usize = 16;

/// A [`Listener`] behind a proxy that speaks the [PROXY protocol][1], version 1 or 2: HAProxy with `send-proxy` or
/// `send-proxy-v2`, nginx with `proxy_protocol on`, or a load balancer for TCP.
///
/// Each connection begins with a header that contains the address of the client, which is then its
/// [`ClientAddr`](crate::ClientAddr). Every peer of this listener can claim any address, so only the proxy must be able to
/// reach it. A connection that does not begin with a header is dropped, and so is one whose header takes longer than 5
/// seconds or is larger than 16 KiB.
///
/// | header | the client is |
/// |---|---|
/// | version 1 `TCP4` or `TCP6`, version 2 over IPv4 or IPv6 | the source address in it |
/// | version 2 for a Unix socket | a peer on a Unix socket |
/// | version 1 `UNKNOWN`, version 2 `LOCAL` (a health check) or without an address | the proxy |
///
/// A version 2 header with the TLV `PP2_TYPE_SSL` also says whether the client connected by TLS, as HAProxy's
/// `send-proxy-v2-ssl` does. The other TLVs are skipped.
///
/// ```no_run
/// use tokio::net::TcpListener;
/// use ws_runtime::{App, ProxyProtocol};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = TcpListener::bind("127.0.0.1:8000").await?;
/// App::new().serve(ProxyProtocol::new(listener)).await?;
/// # Ok(()) }
/// ```
///
/// [1]: https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
#[derive(Debug)]
pub struct ProxyProtocol<L>(L);

impl<L: Listener> ProxyProtocol<L> {
    /// Expects a header at the beginning of each connection of this listener.
    pub fn new(listener: L) -> Self {
        Self(listener)
    }
}

impl<L: Listener> Listener for ProxyProtocol<L> {
    type Io = L::Io;
    type Addr = L::Addr;

    fn accept(&mut self) -> impl Future<Output = (Self::Io, Self::Addr)> + Send {
        self.0.accept()
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }

    async fn establish(io: &mut Self::Io, peer: &mut Peer) -> io::Result<()> {
        L::establish(io, peer).await?;
        let header = timeout(TIMEOUT, read_header(io)).await;
        let header = header
            .map_err(|_elapsed| io::Error::new(io::ErrorKind::TimedOut, "no PROXY header in time"))??;
        *peer = source(&header, *peer).ok_or_else(invalid)?;
        Ok(())
    }
}

fn invalid() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the connection does not begin with a valid PROXY header")
}

/// Reads a header and not a byte more, so that the transport needs no wrapper.
async fn read_header<IO: AsyncRead + Unpin>(io: &mut IO) -> io::Result<Vec<u8>> {
    let mut header = vec![0; FIRST];
    io.read_exact(&mut header).await?;
    if header.starts_with(b"PROXY ") {
        while let Some(missing) = missing_of_line(&header) {
            if header.len() + missing > MAX_LINE {
                return Err(invalid());
            }
            read_more(io, &mut header, missing).await?;
        }
    } else if header.starts_with(b"\r\n\r\n\0\r\nQUIT\n") {
        read_more(io, &mut header, FIXED - FIRST).await?;
        let length = usize::from(u16::from_be_bytes([header[14], header[15]]));
        if FIXED + length > MAX_HEADER {
            return Err(invalid());
        }
        read_more(io, &mut header, length).await?;
    } else {
        return Err(invalid());
    }
    Ok(header)
}

async fn read_more<IO: AsyncRead + Unpin>(io: &mut IO, header: &mut Vec<u8>, count: usize) -> io::Result<()> {
    let read = header.len();
    header.resize(read + count, 0);
    io.read_exact(&mut header[read..]).await?;
    Ok(())
}

/// Returns how many bytes a version 1 header lacks at least, or `None` if it is complete.
fn missing_of_line(line: &[u8]) -> Option<usize> {
    match line {
        [.., b'\r', b'\n'] => None,
        [.., b'\r'] => Some(1),
        // The line consists of six words. Each that is missing has a space and at least one character.
        [b'P', b'R', b'O', b'X', b'Y', b' ', b'T', ..] => {
            let spaces = line.split(|byte| *byte == b' ').count() - 1;
            Some(2 + 2 * 5_usize.saturating_sub(spaces))
        }
        _ => Some(1),
    }
}

/// Returns the client that a header names, or `None` if the header is invalid.
fn source(header: &[u8], proxy: Peer) -> Option<Peer> {
    let (command, family) = match header {
        [b'P', ..] => (None, None),
        _ => (header.get(12), header.get(13)),
    };
    // The proxy connects on its own behalf, and everything that follows is to be ignored.
    if command == Some(&0x20) {
        return Some(proxy);
    }
    let (parsed, length) = ProxyHeader::parse(header, ParseConfig::default()).ok()?;
    if length != header.len() {
        return None;
    }
    let mut peer = match parsed.proxied_address() {
        Some(address) if address.protocol == Protocol::Stream => proxy.at(address.source),
        None if family == Some(&0x31) => Peer::unix(),
        _ => proxy,
    };
    for tlv in parsed.tlvs() {
        if let proxy_header::Tlv::Ssl(ssl) = tlv.ok()? {
            peer = peer.secure(ssl.client_ssl());
        }
    }
    Some(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a header from a stream on which more follows. Returns the client and what follows.
    async fn read(bytes: &[u8]) -> io::Result<(Peer, Vec<u8>)> {
        let mut io = bytes;
        let header = read_header(&mut io).await?;
        let proxy = Peer::from(std::net::SocketAddr::from(([10, 0, 0, 1], 9)));
        Ok((source(&header, proxy).ok_or_else(invalid)?, io.to_vec()))
    }

    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [b"\r\n\r\n\0\r\nQUIT\n", &[command, family][..], &length, rest, b"GET /"].concat()
    }

    #[tokio::test]
    async fn nothing_but_the_header_is_read() {
        let unix = [0; 216];
        let v6 = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1], &[0; 16], &[0, 80, 0, 81]].concat();
        let v4 = [192, 0, 2, 1, 192, 0, 2, 2, 0, 80, 0, 81];
        let tls = [&v4[..], &[4, 0, 2, 0, 0], &[0x20, 0, 5, 1, 0, 0, 0, 0]].concat();
        let plain = [&v4[..], &[0x20, 0, 5, 0, 0, 0, 0, 0]].concat();
        for (bytes, client, secure) in [
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 80 81\r\nGET /".to_vec(), "192.0.2.1:80", None),
            (b"PROXY TCP4 1.1.1.1 2.2.2.2 1 1\r\nGET /".to_vec(), "1.1.1.1:1", None),
            (b"PROXY TCP6 2001:db8::1 :: 80 81\r\nGET /".to_vec(), "[2001:db8::1]:80", None),
            (
                b"PROXY TCP6 ffff:f:f:f:f:f:ffff:ffff ffff:f:f:f:f:f:ffff:ffff 65535 65535\r\nGET /".to_vec(),
                "[ffff:f:f:f:f:f:ffff:ffff]:65535",
                None,
            ),
            (b"PROXY UNKNOWN\r\nGET /".to_vec(), "10.0.0.1:9", None),
            (b"PROXY UNKNOWN TCP anything 1 2\r\nGET /".to_vec(), "10.0.0.1:9", None),
            (v2(0x21, 0x11, &v4), "192.0.2.1:80", None),
            (v2(0x21, 0x21, &v6), "[2001:db8::1]:80", None),
            (v2(0x21, 0x11, &tls), "192.0.2.1:80", Some(true)),
            (v2(0x21, 0x11, &plain), "192.0.2.1:80", Some(false)),
            (v2(0x21, 0x31, &unix), "unix", None),
            (v2(0x21, 0x00, b""), "10.0.0.1:9", None),
            (v2(0x20, 0x00, b""), "10.0.0.1:9", None),
            (v2(0x20, 0x11, &v4), "10.0.0.1:9", None),
            (v2(0x20, 0xff, b"anything"), "10.0.0.1:9", None),
        ] {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let (peer, rest) = read(&bytes).await.expect(&text);
            assert_eq!((peer.to_string(), peer.security()), (client.to_owned(), secure), "{text:?}");
            assert_eq!(rest, b"GET /", "{text:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_an_error() {
        let v4 = [192, 0, 2, 1, 192, 0, 2, 2, 0, 80, 0, 81];
        for bytes in [
            b"".to_vec(),
            b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 192.0.2.2 80\r\nGET / HTTP/1.1\r\n\r\n".to_vec(),
            b"PROXY TCP4 2001:db8::1 :: 80 81\r\n".to_vec(),
            b"PROXY TCP5 192.0.2.1 192.0.2.2 80 81\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 192.0.2.2 80 65536\r\n".to_vec(),
            [b"PROXY UNKNOWN ".to_vec(), vec![b'x'; 200], b"\r\n".to_vec()].concat(),
            [b"PROXY TCP4 ".to_vec(), vec![b' '; 200]].concat(),
            v2(0x21, 0x11, &v4[..11]),
            v2(0x22, 0x11, &v4),
            v2(0x11, 0x11, &v4),
            v2(0x21, 0x41, &v4),
            v2(0x21, 0x31, &v4),
            v2(0x21, 0x11, &[&v4[..], &[0x20, 0, 9, 1]].concat()),
            v2(0x20, 0x00, &vec![0; MAX_HEADER]),
        ] {
            assert!(read(&bytes).await.is_err(), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
}
