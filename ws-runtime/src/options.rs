//! [`Options`]: what can be set on the app, a router or an endpoint; the innermost setting wins.

use std::time::Duration;

use crate::{
    Origins, Rejection,
    handshake::{Hosts, offered_protocols},
};

/// How long guards, parameters and the endpoint may take to accept a connection, unless set otherwise.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(10);

/// The settings of one scope; what is `None` is left to the scope around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) protocols: Option<Vec<String>>,
    pub(crate) origins: Option<Origins>,
    pub(crate) hosts: Option<Hosts>,
    pub(crate) rejection: Option<Rejection>,
    pub(crate) accept_timeout: Option<Duration>,
}

impl Options {
    /// These settings, and those of the scope around for the rest.
    pub(crate) fn within(self, outer: &Self) -> Self {
        Self {
            protocols: self.protocols.or_else(|| outer.protocols.clone()),
            origins: self.origins.or_else(|| outer.origins.clone()),
            hosts: self.hosts.or_else(|| outer.hosts.clone()),
            rejection: self.rejection.or(outer.rejection),
            accept_timeout: self.accept_timeout.or(outer.accept_timeout),
        }
    }

    /// Settles what nobody set.
    pub(crate) fn or_default(self) -> Settings {
        Settings {
            protocols: self.protocols.unwrap_or_default(),
            origins: self.origins.unwrap_or_default(),
            hosts: self.hosts.unwrap_or_default(),
            rejection: self.rejection.unwrap_or_default(),
            accept_timeout: self.accept_timeout.unwrap_or(ACCEPT_TIMEOUT),
        }
    }
}

/// The settings of one mounted endpoint.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) protocols: Vec<String>,
    pub(crate) origins: Origins,
    pub(crate) hosts: Hosts,
    pub(crate) rejection: Rejection,
    pub(crate) accept_timeout: Duration,
}

impl Settings {
    /// The first subprotocol of the client's that the endpoint speaks.
    pub(crate) fn negotiate(&self, headers: &http::HeaderMap) -> Option<String> {
        offered_protocols(headers)
            .find(|offered| self.protocols.iter().any(|known| known == offered))
            .map(str::to_owned)
    }
}

/// The setters of [`Options`], for every type that has them. `$options` is the way to the field.
macro_rules! option_setters {
    ($($options:ident).+) => {
        /// Sets the subprotocols that are spoken (RFC 6455, section 1.9). The first that the client offers of them is
        /// agreed on; if it offers none of them, the connection has no subprotocol. Default: none.
        pub fn protocols<P: Into<String>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
            self.$($options).+.protocols = Some(protocols.into_iter().map(Into::into).collect());
            self
        }

        /// Sets the web pages that may connect beside those of the same origin. Default:
        /// [`Origins::same`](crate::Origins::same).
        pub fn origins(mut self, origins: impl Into<$crate::Origins>) -> Self {
            self.$($options).+.origins = Some(origins.into());
            self
        }

        /// Sets the names that `Host` may have, against DNS rebinding; any other is answered 400. A name without a
        /// port stands for every port, `*.example.com` for every subdomain. Default: all.
        pub fn hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
            self.$($options).+.hosts = Some(hosts.into_iter().map(Into::into).collect());
            self
        }

        /// Sets how connections are refused before accept. Default:
        /// [`Rejection::Close`](crate::Rejection::Close).
        pub fn rejection(mut self, rejection: $crate::Rejection) -> Self {
            self.$($options).+.rejection = Some(rejection);
            self
        }

        /// Sets how long guards, parameters and the endpoint may take, together, to accept a connection; then it is
        /// refused with [`AcceptTimeout`](crate::AcceptTimeout). Default: 10 seconds.
        pub fn accept_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$($options).+.accept_timeout = Some(timeout);
            self
        }
    };
}

pub(crate) use option_setters;
