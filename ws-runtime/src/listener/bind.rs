//! [`bind`]: the sockets that [`App::run`](crate::App::run) listens on.

use std::{fmt, io, net::SocketAddr};

#[cfg(all(unix, feature = "systemd"))]
use tokio::net::UnixListener;
use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};

/// How often another port is tried if one that is free on the first address is taken on a further one.
const PORTS: usize = 16;

/// The sockets to listen on.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    pub(crate) tcp: Vec<TcpListener>,
    #[cfg(all(unix, feature = "systemd"))]
    pub(crate) unix: Vec<UnixListener>,
}

/// Takes the sockets that systemd passes to the process, with the feature `systemd`. Without them, binds every address
/// that a name stands for: for `localhost` these are usually `::1` and `127.0.0.1`.
pub(crate) async fn bind(address: impl ToSocketAddrs + fmt::Debug) -> io::Result<Bound> {
    #[cfg(all(unix, feature = "systemd"))]
    if let Some(passed) = passed()? {
        return Ok(passed);
    }
    let named = format!("{address:?}");
    let bound = async {
        let mut addresses = Vec::new();
        for address in lookup_host(address).await? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        bind_all(&addresses).await
    };
    match bound.await {
        Ok(tcp) => Ok(Bound {
            tcp,
            #[cfg(all(unix, feature = "systemd"))]
            unix: Vec::new(),
        }),
        Err(error) => Err(cannot_listen(&named, &error)),
    }
}

/// Binds every address. With port 0, all of them get the same port.
async fn bind_all(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let mut attempt = 1;
    loop {
        match bind_each(addresses).await {
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse
                    && attempt < PORTS
                    && addresses.len() > 1
                    && addresses.iter().any(|address| address.port() == 0) =>
            {
                attempt += 1;
            }
            bound => return bound,
        }
    }
}

async fn bind_each(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::with_capacity(addresses.len());
    let mut port = None;
    let mut missing = None;
    for address in addresses {
        let mut address = *address;
        if address.port() == 0 {
            address.set_port(port.unwrap_or(0));
        }
        match TcpListener::bind(address).await {
            Ok(listener) => {
                port = port.or(listener.local_addr().ok().map(|address| address.port()));
                listeners.push(listener);
            }
            // `localhost` may stand for an IPv6 address on a machine without IPv6.
            Err(error) if is_missing(&error) => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    if listeners.is_empty() {
        let none = || io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address");
        return Err(missing.unwrap_or_else(none));
    }
    Ok(listeners)
}

/// Returns `true` if this machine does not have the address or its family.
fn is_missing(error: &io::Error) -> bool {
    // std has no kind for EAFNOSUPPORT, which is 97 on Linux and 47 on BSD and macOS.
    let family = if cfg!(target_os = "linux") { 97 } else { 47 };
    error.kind() == io::ErrorKind::AddrNotAvailable || (cfg!(unix) && error.raw_os_error() == Some(family))
}

/// Returns the same error with a text that names the address.
fn cannot_listen(address: &str, error: &io::Error) -> io::Error {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => ": another process listens there",
        io::ErrorKind::InvalidInput => ": write host and port, such as \"127.0.0.1:8000\"",
        io::ErrorKind::PermissionDenied => ": ports below 1024 are for privileged processes",
        _ => "",
    };
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}{hint}"))
}

/// Takes the sockets of systemd (`sd_listen_fds(3)`), or returns `None` if it passes none.
#[cfg(all(unix, feature = "systemd"))]
fn passed() -> io::Result<Option<Bound>> {
    let mut passed = listenfd::ListenFd::from_env();
    if passed.len() == 0 {
        return Ok(None);
    }
    let mut bound = Bound::default();
    for index in 0..passed.len() {
        // A socket of another kind is left in place by the first call.
        if let Ok(Some(listener)) = passed.take_unix_listener(index) {
            listener.set_nonblocking(true)?;
            bound.unix.push(UnixListener::from_std(listener)?);
            continue;
        }
        match passed.take_tcp_listener(index) {
            Ok(Some(listener)) => {
                listener.set_nonblocking(true)?;
                bound.tcp.push(TcpListener::from_std(listener)?);
            }
            Ok(None) => {}
            Err(error) => {
                let text =
                    format!("cannot listen on socket {index} of systemd: {error}: use `ListenStream=`");
                return Err(io::Error::new(error.kind(), text));
            }
        }
    }
    Ok(Some(bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn port_0_is_the_same_port_on_every_address() {
        let addresses = [SocketAddr::from(([127, 0, 0, 1], 0)), SocketAddr::from(([127, 0, 0, 2], 0))];
        let bound = bind(&addresses[..]).await.unwrap();
        let bound: Vec<_> = bound.tcp.iter().map(|listener| listener.local_addr().unwrap()).collect();
        let [one, other] = bound[..] else { panic!("{bound:?}") };
        assert_eq!((one.ip(), other.ip()), (addresses[0].ip(), addresses[1].ip()));
        assert_eq!(one.port(), other.port());
        assert_ne!(one.port(), 0);
    }

    #[tokio::test]
    async fn an_address_that_is_named_twice_is_bound_once() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert_eq!(bind(&[free, free][..]).await.unwrap().tcp.len(), 1);
    }
}
