//! [`Peer`]: the other end of a connection, as its listener sees it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

/// The other end of a connection, as a [`Listener`](crate::Listener) sees it: its address, and whether it connected by
/// TLS.
///
/// A `SocketAddr` and the address of a Unix socket convert into a `Peer`, and so does `()` for a transport that knows
/// nothing about its peer.
///
/// ```
/// use std::net::SocketAddr;
/// use ws_runtime::Peer;
///
/// let address = SocketAddr::from(([192, 0, 2, 1], 50_000));
/// let peer = Peer::from(address).secure(true);
/// assert_eq!(peer.addr(), Some(address));
/// assert!(peer.is_secure());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    end: End,
    /// Whether the peer connected by TLS, if the transport knows. A plain transport does not: a proxy in front of it may
    /// have terminated TLS.
    secure: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Unknown,
    Unix,
    Ip(SocketAddr),
}

impl Peer {
    /// Returns a peer about which the transport knows nothing.
    #[must_use]
    pub fn unknown() -> Self {
        Self { end: End::Unknown, secure: None }
    }

    /// Returns a peer on a Unix socket.
    #[must_use]
    pub fn unix() -> Self {
        Self { end: End::Unix, secure: None }
    }

    /// Sets whether the peer connected by TLS. Until it is set, this is unknown.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = Some(secure);
        self
    }

    /// Returns the address, or `None` for a Unix socket and for an unknown peer.
    #[must_use]
    pub fn addr(&self) -> Option<SocketAddr> {
        match self.end {
            End::Ip(addr) => Some(addr),
            End::Unknown | End::Unix => None,
        }
    }

    /// Returns `true` if the peer is on a Unix socket.
    #[must_use]
    pub fn is_unix(&self) -> bool {
        matches!(self.end, End::Unix)
    }

    /// Returns `true` if the peer is known to have connected by TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure == Some(true)
    }

    /// Returns whether the peer connected by TLS, if that is known.
    pub(crate) fn security(&self) -> Option<bool> {
        self.secure
    }

    /// Returns `true` if the transport knows nothing about the peer's address.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.end, End::Unknown)
    }

    /// Returns the same peer at another address.
    pub(crate) fn at(self, addr: SocketAddr) -> Self {
        Self { end: End::Ip(addr), ..self }
    }

    /// Returns the client that connection limits count, or `None` if the peer has no address.
    pub(crate) fn client(&self) -> Option<ClientKey> {
        self.addr().map(|addr| ClientKey::of(addr.ip()))
    }
}

impl From<SocketAddr> for Peer {
    fn from(addr: SocketAddr) -> Self {
        Self { end: End::Ip(addr), secure: None }
    }
}

#[cfg(unix)]
impl From<tokio::net::unix::SocketAddr> for Peer {
    fn from(_: tokio::net::unix::SocketAddr) -> Self {
        Self::unix()
    }
}

impl From<()> for Peer {
    fn from((): ()) -> Self {
        Self::unknown()
    }
}

impl From<Option<SocketAddr>> for Peer {
    fn from(addr: Option<SocketAddr>) -> Self {
        addr.map_or(Self::unknown(), Self::from)
    }
}

/// Prints the address, `unix` or `unknown`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            End::Ip(addr) => fmt::Display::fmt(&addr, f),
            End::Unix => f.write_str("unix"),
            End::Unknown => f.write_str("unknown"),
        }
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({self}, secure: {:?})", self.secure)
    }
}

/// What counts as one client: an IPv4 address, or the 64 bits of an IPv6 network that one customer has at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ClientKey {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl ClientKey {
    fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::V4(ip.octets()),
            IpAddr::V6(ip) => {
                let mut network = [0; 8];
                network.copy_from_slice(&ip.octets()[..8]);
                Self::V6(network)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(ip: &str) -> ClientKey {
        ClientKey::of(ip.parse().unwrap())
    }

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_network_of_64_bits() {
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    }
}
