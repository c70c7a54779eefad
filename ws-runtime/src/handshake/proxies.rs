//! [`Proxies`]: the proxies that are trusted to say who the client is.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

use super::{HttpError, Unmatchable, forwarded::Forwarded};
use crate::Peer;

/// The proxies whose `Forwarded` and `X-Forwarded-…` headers count. By default there are none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies {
    nets: Vec<IpNet>,
    /// Whether peers on Unix sockets are trusted.
    unix: bool,
    mistakes: Vec<Unmatchable>,
}

/// The client of a request, as trusted proxies or the transport say.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) peer: Peer,
    /// The host that the client asked for, if a trusted proxy says so.
    pub(crate) host: Option<Box<str>>,
}

impl Proxies {
    pub(crate) fn listed(proxies: impl IntoIterator<Item = String>) -> Self {
        let mut listed = Self::default();
        for text in proxies {
            match text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
                Ok(net) => listed.nets.push(canonical(net)),
                Err(_) if matches!(&*text, "unix" | "unix:") => listed.unix = true,
                Err(_) => listed.mistakes.push(Unmatchable { help: help_for(&text), text }),
            }
        }
        listed
    }

    /// Returns the entries of the list that are no networks.
    pub(crate) fn mistakes(&self) -> &[Unmatchable] {
        &self.mistakes
    }

    /// Finds the client of a request that came from `peer`.
    pub(crate) fn client(&self, headers: &HeaderMap, peer: Peer) -> Result<Client, HttpError> {
        let trusted = match peer.addr() {
            Some(addr) => self.trust(addr.ip()),
            None => self.unix && peer.is_unix(),
        };
        if !trusted {
            return Ok(Client { peer, host: None });
        }
        let Forwarded { addr, secure, host } = Forwarded::read(headers, |ip| self.trust(ip))?;
        let peer = addr.map_or(peer, |addr| peer.at(addr));
        let peer = secure.map_or(peer, |secure| peer.secure(secure));
        Ok(Client { peer, host: host.map(Into::into) })
    }

    fn trust(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.nets.iter().any(|net| net.contains(&ip))
    }
}

impl From<Peer> for Client {
    fn from(peer: Peer) -> Self {
        Self { peer, host: None }
    }
}

/// Returns an IPv4 network that is written within IPv6, `::ffff:10.0.0.0/104`, as `10.0.0.0/8`: a socket for both families
/// shows its peers like that.
fn canonical(net: IpNet) -> IpNet {
    let prefix_len = net.prefix_len().checked_sub(96).filter(|_| net.addr().is_ipv6());
    match (net.addr().to_canonical(), prefix_len) {
        (addr @ IpAddr::V4(_), Some(prefix_len)) => IpNet::new(addr, prefix_len).unwrap_or(net),
        _ => net,
    }
}

/// Says what to write instead of a text that is no network.
fn help_for(text: &str) -> String {
    if let Ok(addr) = text.parse::<std::net::SocketAddr>() {
        return format!("write `{}`, without a port", addr.ip());
    }
    "write an address such as `127.0.0.1`, a network such as `10.0.0.0/8`, or `unix`".to_owned()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_trusted_peers_are_heard() {
        let proxies = Proxies::listed(["10.0.0.0/8", "::1", "unix"].map(str::to_owned));
        assert_eq!(proxies.mistakes(), []);
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.1"));
        let client = |peer| proxies.client(&headers, peer).unwrap().peer.to_string();
        let at = |ip: &str| Peer::from(SocketAddr::new(ip.parse().unwrap(), 9));
        assert_eq!(client(at("10.1.2.3")), "192.0.2.1:0");
        assert_eq!(client(at("::ffff:10.1.2.3")), "192.0.2.1:0");
        assert_eq!(client(at("::1")), "192.0.2.1:0");
        assert_eq!(client(Peer::unix()), "192.0.2.1:0");
        assert_eq!(client(at("11.1.2.3")), "11.1.2.3:9");
        assert_eq!(client(at("::2")), "[::2]:9");
        assert_eq!(client(Peer::unknown()), "unknown");
    }

    #[test]
    fn an_ipv4_network_may_be_written_within_ipv6() {
        for (listed, trusted, other) in [
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("::ffff:10.0.0.0/104", "::ffff:10.1.2.3", "11.0.0.1"),
            ("fd00::/8", "fd00::1", "10.0.0.1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
        ] {
            let proxies = Proxies::listed([listed.to_owned()]);
            assert_eq!(proxies.mistakes(), [], "{listed}");
            assert!(proxies.trust(trusted.parse().unwrap()), "{listed}");
            assert!(!proxies.trust(other.parse().unwrap()), "{listed}");
        }
    }

    #[test]
    fn what_is_no_network_is_a_mistake() {
        let mistakes = ["nginx", "10.0.0.0/33", "127.0.0.1:80", "*", ""];
        assert_eq!(Proxies::listed(mistakes.map(str::to_owned)).mistakes().len(), mistakes.len());
    }
}
