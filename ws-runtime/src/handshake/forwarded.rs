//! [`Forwarded`]: what proxies say about the client of a request, in `Forwarded` (RFC 7239) and in `X-Forwarded-For`,
//! `X-Forwarded-Proto` and `X-Forwarded-Host`.

use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
};

use http::{HeaderMap, header};

use super::{HttpError, check::trim_ows};

/// How many proxies in a row are heard.
const MAX_HOPS: usize = 32;

/// What trusted proxies say about a client.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forwarded {
    pub(super) addr: Option<SocketAddr>,
    pub(super) secure: Option<bool>,
    pub(super) host: Option<String>,
}

impl Forwarded {
    /// Reads the headers that the nearest proxy sent. `trusts` returns `true` for the address of a trusted proxy.
    ///
    /// A proxy sets one kind of header, and passes on the other as the client sent it. Which kind is the proxy's is not
    /// known, so an error is returned if they contradict each other.
    pub(super) fn read(headers: &HeaderMap, trusts: impl Fn(IpAddr) -> bool) -> Result<Self, HttpError> {
        let old = Self::read_old(headers, &trusts);
        if !headers.contains_key(header::FORWARDED) {
            return Ok(old);
        }
        let new = Self::read_new(headers, &trusts);
        let ip = |forwarded: &Self| forwarded.addr.map(|addr| addr.ip());
        if contradict(ip(&old), ip(&new))
            || contradict(old.secure, new.secure)
            || contradict(old.host.as_ref(), new.host.as_ref())
        {
            return Err(HttpError::Forwarded);
        }
        Ok(Self {
            addr: old.addr.or(new.addr),
            secure: old.secure.or(new.secure),
            host: old.host.or(new.host),
        })
    }

    /// Reads the headers that begin with `X-Forwarded-`. The elements of each stand for the same proxies, counted from
    /// the right.
    fn read_old(headers: &HeaderMap, trusts: &impl Fn(IpAddr) -> bool) -> Self {
        let (addr, hops) = client(elements(headers, "x-forwarded-for").map(node), trusts);
        Self {
            addr,
            secure: element(headers, "x-forwarded-proto", hops).and_then(is_secure),
            host: element(headers, "x-forwarded-host", hops)
                .filter(|host| !host.is_empty())
                .map(str::to_owned),
        }
    }

    fn read_new(headers: &HeaderMap, trusts: &impl Fn(IpAddr) -> bool) -> Self {
        let mut hops = VecDeque::new();
        for line in headers.get_all(header::FORWARDED) {
            // A line that cannot be parsed says nothing, and neither do those in front of it.
            let mut rest = line.to_str().unwrap_or("?");
            loop {
                let Some((hop, behind)) = hop(rest) else {
                    hops.clear();
                    hops.push_back(Hop::default());
                    break;
                };
                if hops.len() == MAX_HOPS {
                    hops.pop_front();
                }
                hops.push_back(hop);
                match behind {
                    Some(behind) => rest = behind,
                    None => break,
                }
            }
        }
        let (addr, count) = client(hops.iter().rev().map(|hop| hop.addr), trusts);
        // The proxy that saw the client knows best. Those behind it may say what it does not.
        hops.drain(..hops.len().saturating_sub(count));
        let secure = hops.iter().find_map(|hop| hop.secure);
        let host = hops.into_iter().find_map(|hop| hop.host);
        Self { addr, secure, host }
    }
}

fn contradict<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

/// Returns the first address from the right that is not a proxy's, and the number of the proxy that saw it, which is 1
/// for the nearest one. If an address is missing, the client is what the proxies up to there know.
fn client(
    addresses: impl Iterator<Item = Option<SocketAddr>>,
    trusts: &impl Fn(IpAddr) -> bool,
) -> (Option<SocketAddr>, usize) {
    let (mut client, mut hops) = (None, 0);
    for address in addresses.take(MAX_HOPS) {
        let Some(address) = address else { break };
        client = Some(address);
        hops += 1;
        if !trusts(address.ip()) {
            break;
        }
    }
    (client, hops.max(1))
}

/// Returns the elements of a comma-separated list, from the right.
fn elements<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().rev();
    lines
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
        .map(|element| std::str::from_utf8(trim_ows(element)).unwrap_or("?"))
}

/// Returns the element of a list that a proxy added. A proxy may also replace the list.
fn element<'a>(headers: &'a HeaderMap, name: &str, hops: usize) -> Option<&'a str> {
    elements(headers, name).take(hops).last()
}

fn is_secure(scheme: &str) -> Option<bool> {
    // Some proxies send the scheme of the WebSocket.
    let is = |names: [&str; 2]| names.iter().any(|name| scheme.eq_ignore_ascii_case(name));
    if is(["https", "wss"]) {
        Some(true)
    } else if is(["http", "ws"]) {
        Some(false)
    } else {
        None
    }
}

/// Parses an address with or without a port. Without one, the port is 0. `unknown` and names that begin with `_` have no
/// address (RFC 7239, section 6).
fn node(text: &str) -> Option<SocketAddr> {
    if let Ok(addr) = text.parse() {
        return Some(addr);
    }
    let (host, port) = match text.rsplit_once(':') {
        // A port may be a name, too.
        Some((host, port)) if port.starts_with('_') => (host, 0),
        _ => (text, 0),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some(SocketAddr::new(host.parse().ok()?, port))
}

/// An element of `Forwarded`.
#[derive(Default)]
struct Hop {
    addr: Option<SocketAddr>,
    secure: Option<bool>,
    host: Option<String>,
}

/// Parses the first element of a list (RFC 7239, section 4). Returns it with the rest of the list, if there is more.
fn hop(list: &str) -> Option<(Hop, Option<&str>)> {
    let mut hop = Hop::default();
    let mut rest = list;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if let Some((name, behind)) = rest.split_once('=').filter(|(name, _)| !name.contains([',', ';'])) {
            let (value, behind) = value(behind)?;
            match &*name.trim_end_matches([' ', '\t']).to_ascii_lowercase() {
                "for" => hop.addr = node(&value),
                "proto" => hop.secure = is_secure(&value),
                "host" => hop.host = Some(value).filter(|host| !host.is_empty()),
                _ => {}
            }
            rest = behind.trim_start_matches([' ', '\t']);
        }
        match rest.chars().next() {
            None => return Some((hop, None)),
            Some(';') => rest = &rest[1..],
            Some(',') => return Some((hop, Some(&rest[1..]))),
            Some(_) => return None,
        }
    }
}

/// Parses a token or a quoted string at the beginning of a text. Returns it with the rest of the text.
fn value(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';', ' ', '\t']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn read(lines: &[(&'static str, &'static str)]) -> Result<(String, Option<bool>, String), HttpError> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let trusted = |ip: IpAddr| ip.to_string().starts_with("10.");
        let Forwarded { addr, secure, host } = Forwarded::read(&headers, trusted)?;
        Ok((addr.map(|addr| addr.to_string()).unwrap_or_default(), secure, host.unwrap_or_default()))
    }

    #[test]
    fn the_client_is_the_first_address_from_the_right_that_is_no_proxy() {
        for (list, client) in [
            ("192.0.2.1", "192.0.2.1:0"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("2001:db8::1", "[2001:db8::1]:0"),
            ("[2001:db8::1]", "[2001:db8::1]:0"),
            ("[2001:db8::1]:80", "[2001:db8::1]:80"),
            ("192.0.2.9, 192.0.2.1", "192.0.2.1:0"),
            ("192.0.2.9, 192.0.2.1,10.0.0.1 ,\t10.0.0.2", "192.0.2.1:0"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3:0"),
            ("192.0.2.1, unknown", ""),
            ("192.0.2.1, unknown, 10.0.0.2", "10.0.0.2:0"),
            ("192.0.2.1,", ""),
            ("<script>", ""),
            ("", ""),
        ] {
            assert_eq!(read(&[("x-forwarded-for", list)]).unwrap().0, client, "{list}");
        }
        let lines = [("x-forwarded-for", "192.0.2.9"), ("x-forwarded-for", "192.0.2.1, 10.0.0.1")];
        assert_eq!(read(&lines).unwrap().0, "192.0.2.1:0");
    }

    #[test]
    fn scheme_and_host_come_from_the_proxy_that_saw_the_client() {
        let through = |list, proto, host| {
            let lines = [("x-forwarded-for", list), ("x-forwarded-proto", proto), ("x-forwarded-host", host)];
            let (_, secure, host) = read(&lines).unwrap();
            (secure, host)
        };
        assert_eq!(through("192.0.2.1", "https", "a"), (Some(true), "a".to_owned()));
        assert_eq!(through("192.0.2.1", "WSS", "a"), (Some(true), "a".to_owned()));
        assert_eq!(through("192.0.2.1", "ws", "a"), (Some(false), "a".to_owned()));
        assert_eq!(through("192.0.2.1", "ftp", ""), (None, String::new()));
        // The client says the first, the outer proxy the second, the inner proxy the third.
        assert_eq!(
            through("192.0.2.1, 10.0.0.1", "http, https, http", "x, a, b"),
            (Some(true), "a".to_owned())
        );
        // The inner proxy has replaced the lists.
        assert_eq!(through("192.0.2.1, 10.0.0.1", "https", "a"), (Some(true), "a".to_owned()));
        assert_eq!(read(&[("x-forwarded-proto", "http, https")]).unwrap().1, Some(true));
    }

    #[test]
    fn the_header_of_the_rfc_says_the_same() {
        for (line, client, secure, host) in [
            ("for=192.0.2.1", "192.0.2.1:0", None, ""),
            ("For=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711", None, ""),
            (
                "for=192.0.2.1;proto=https;by=203.0.113.43;host=example.com",
                "192.0.2.1:0",
                Some(true),
                "example.com",
            ),
            ("for=192.0.2.1 ; proto=http;host=\"a:\\8\"", "192.0.2.1:0", Some(false), "a:8"),
            ("for=192.0.2.9, for=192.0.2.1", "192.0.2.1:0", None, ""),
            ("for=192.0.2.1;proto=https,for=10.0.0.1;proto=http;host=a", "192.0.2.1:0", Some(true), "a"),
            ("for=unknown, for=10.0.0.1", "10.0.0.1:0", None, ""),
            ("for=\"_x, for=192.0.2.1\"", "", None, ""),
            ("for=192.0.2.1 for=192.0.2.2", "", None, ""),
            ("for=\"192.0.2.1", "", None, ""),
            ("for=\"192.0.2.1:_port\"", "192.0.2.1:0", None, ""),
            ("secret=\"a,b;c\";for=192.0.2.1", "192.0.2.1:0", None, ""),
            (";;for=192.0.2.1;", "192.0.2.1:0", None, ""),
            ("", "", None, ""),
            ("nonsense", "", None, ""),
        ] {
            let expected = (client.to_owned(), secure, host.to_owned());
            assert_eq!(read(&[("forwarded", line)]).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn headers_that_contradict_each_other_are_an_error() {
        let both = |old: (&'static str, &'static str), new| read(&[old, ("forwarded", new)]);
        assert_eq!(both(("x-forwarded-for", "192.0.2.1"), "for=192.0.2.2"), Err(HttpError::Forwarded));
        assert_eq!(both(("x-forwarded-proto", "http"), "proto=https"), Err(HttpError::Forwarded));
        assert_eq!(both(("x-forwarded-host", "a"), "host=b"), Err(HttpError::Forwarded));
        assert_eq!(both(("x-forwarded-for", "192.0.2.1"), "for=\"192.0.2.1:9\"").unwrap().0, "192.0.2.1:0");
        assert_eq!(both(("x-forwarded-proto", "https"), "for=192.0.2.1").unwrap().0, "192.0.2.1:0");
    }

    #[test]
    fn a_long_list_is_read_from_the_end() {
        let list: &'static str = Box::leak(vec!["10.0.0.1"; 5000].join(", ").into_boxed_str());
        assert_eq!(read(&[("x-forwarded-for", list)]).unwrap().0, "10.0.0.1:0");
        let list: &'static str = Box::leak(vec!["for=10.0.0.1"; 5000].join(", ").into_boxed_str());
        assert_eq!(read(&[("forwarded", list)]).unwrap().0, "10.0.0.1:0");
    }
}
