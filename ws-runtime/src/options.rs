//! [`Options`]: the settings that an app, a router or an endpoint can have. The innermost one wins.

use std::{sync::Arc, time::Duration};

use crate::{
    Close, EndpointInfo, Origins, Rejection,
    connection::{Limits, MAX_TIMEOUT, SendBuffer},
    handshake::{Handshake, Hosts},
    observe::Watched,
    protocol::Compression,
};

#[cfg(feature = "rate-limit")]
use crate::RateLimit;
#[cfg(feature = "describe")]
use crate::description::OptionsDescription;

/// The default for how long guards, parameters and the endpoint may take to accept a connection.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Declares the settings of a scope. A setting that the scope does not have is taken from the scope around it.
macro_rules! options {
    ($($(#[$attribute:meta])* $option:ident: $type:ty,)*) => {
        /// The settings of one scope. A setting that is `None` is left to the scope around it.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Options {
            $($(#[$attribute])* pub(crate) $option: Option<$type>,)*
        }

        impl Options {
            /// Fills in the settings that are not set here from the scope around.
            pub(crate) fn within(self, outer: &Self) -> Self {
                Self {
                    $($(#[$attribute])* $option: self.$option.or_else(|| outer.$option.clone()),)*
                }
            }
        }
    };
}

options! {
    subprotocols: Vec<String>,
    require_subprotocol: Arc<Close>,
    origins: Origins,
    hosts: Hosts,
    rejection: Rejection,
    accept_timeout: Duration,
    ping_interval: Option<Duration>,
    pong_timeout: Duration,
    idle_timeout: Option<Duration>,
    max_lifetime: Option<Duration>,
    send_timeout: Duration,
    close_timeout: Duration,
    max_message_size: usize,
    max_frame_size: usize,
    send_buffer: SendBuffer,
    compression: Compression,
    #[cfg(feature = "rate-limit")]
    rate_limit: Option<RateLimit>,
}

impl Options {
    /// Fills in the defaults of everything that was not set for an endpoint.
    pub(crate) fn or_default(self, endpoint: &EndpointInfo) -> Settings {
        let default = Limits::default();
        let max_message_size = self.max_message_size.unwrap_or(default.max_message_size);
        let limits = Limits {
            max_message_size,
            // A message usually comes in one frame, and no frame can be larger than the message that it belongs to.
            max_frame_size: self.max_frame_size.unwrap_or(max_message_size).min(max_message_size),
            send_buffer: self.send_buffer.unwrap_or(default.send_buffer),
            ping_interval: self.ping_interval.unwrap_or(default.ping_interval).map(at_most_ever),
            pong_timeout: at_most_ever(self.pong_timeout.unwrap_or(default.pong_timeout)),
            idle_timeout: self.idle_timeout.unwrap_or(default.idle_timeout).map(at_most_ever),
            max_lifetime: self.max_lifetime.unwrap_or(default.max_lifetime).map(at_most_ever),
            send_timeout: at_most_ever(self.send_timeout.unwrap_or(default.send_timeout)),
            close_timeout: at_most_ever(self.close_timeout.unwrap_or(default.close_timeout)),
            #[cfg(feature = "rate-limit")]
            rate_limit: self.rate_limit.unwrap_or(default.rate_limit),
            endpoint: Watched::new(endpoint.path()),
        };
        Settings {
            subprotocols: self.subprotocols.unwrap_or_default(),
            require_subprotocol: self.require_subprotocol,
            origins: self.origins.unwrap_or_default(),
            hosts: self.hosts.unwrap_or_default(),
            rejection: self.rejection.unwrap_or_default(),
            accept_timeout: self.accept_timeout.unwrap_or(ACCEPT_TIMEOUT),
            compression: self.compression.unwrap_or_default(),
            limits: Arc::new(limits),
        }
    }
}

/// Caps a duration: `Duration::MAX` is a way to say "never", but cannot be added to a point in time.
fn at_most_ever(duration: Duration) -> Duration {
    duration.min(MAX_TIMEOUT)
}

/// The settings of one mounted endpoint.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) subprotocols: Vec<String>,
    /// The close for a client that offers none of them, if it must offer one.
    pub(crate) require_subprotocol: Option<Arc<Close>>,
    pub(crate) origins: Origins,
    pub(crate) hosts: Hosts,
    pub(crate) rejection: Rejection,
    pub(crate) accept_timeout: Duration,
    pub(crate) compression: Compression,
    pub(crate) limits: Arc<Limits>,
}

#[cfg(feature = "describe")]
impl Settings {
    /// Returns what matters to a client as data.
    pub(crate) fn describe(&self) -> OptionsDescription {
        let limits = &self.limits;
        OptionsDescription {
            max_message_size: limits.max_message_size,
            max_frame_size: limits.max_frame_size,
            rejection: match self.rejection {
                Rejection::Close => "close",
                Rejection::Http => "http",
            },
            origins: self.origins.texts(),
            hosts: self.hosts.texts(),
            accept_timeout: self.accept_timeout.as_secs_f64(),
            ping_interval: limits.ping_interval.map(|interval| interval.as_secs_f64()),
            pong_timeout: limits.pong_timeout.as_secs_f64(),
            idle_timeout: limits.idle_timeout.map(|timeout| timeout.as_secs_f64()),
            compression: self.compression.is_on(),
            #[cfg(feature = "rate-limit")]
            rate_limit: limits.rate_limit.map(RateLimit::describe),
            #[cfg(not(feature = "rate-limit"))]
            rate_limit: None,
        }
    }
}

impl Settings {
    /// Returns the first subprotocol that the client offers and the endpoint speaks.
    pub(crate) fn negotiate(&self, handshake: &Handshake) -> Option<String> {
        if self.subprotocols.is_empty() {
            return None;
        }
        handshake
            .selectable_subprotocols()
            .find(|offered| self.subprotocols.iter().any(|known| known == offered))
            .map(str::to_owned)
    }
}

/// Declares the setters of [`Options`] for a type that has them. `$options` is the path to the field.
macro_rules! option_setters {
    ($($options:ident).+) => {
        /// Sets the subprotocols that the endpoint speaks (RFC 6455, section 1.9). The first of them that the client
        /// offers is used. If the client offers none of them, the connection has no subprotocol. Default: none.
        pub fn subprotocols(mut self, subprotocols: impl $crate::IntoNames) -> Self {
            self.$($options).+.subprotocols = Some(subprotocols.into_names());
            self
        }

        /// Refuses clients that offer none of the endpoint's `subprotocols`, with this close: a
        /// [`Close`](crate::Close) or a [`CloseCode`](crate::CloseCode). They are refused before guards run, in the way
        /// that the option `rejection` says. An app with an endpoint that requires a subprotocol and has none does not
        /// [build](crate::App::build). Default: they are not refused, and their connection has no subprotocol.
        pub fn require_subprotocol(mut self, close: impl $crate::IntoClose) -> Self {
            self.$($options).+.require_subprotocol = Some(std::sync::Arc::new(close.into_close()));
            self
        }

        /// Sets which web pages may connect, in addition to those of the same origin. Default:
        /// [`Origins::same`](crate::Origins::same).
        pub fn origins(mut self, origins: impl Into<$crate::Origins>) -> Self {
            self.$($options).+.origins = Some(origins.into());
            self
        }

        /// Sets the names that the `Host` header may have, as a defence against DNS rebinding. A request with any
        /// other name is answered with 400. A name without a port matches every port, and `*.example.com` matches
        /// every subdomain. An app whose list is empty, or contains a value that can never be a `Host`, does not
        /// [build](crate::App::build). Default: all names.
        pub fn hosts(mut self, hosts: impl $crate::IntoNames) -> Self {
            self.$($options).+.hosts = Some($crate::handshake::Hosts::listed(hosts.into_names()));
            self
        }

        /// Sets how a connection is refused before it is accepted. Default:
        /// [`Rejection::Close`](crate::Rejection::Close).
        pub fn rejection(mut self, rejection: $crate::Rejection) -> Self {
            self.$($options).+.rejection = Some(rejection);
            self
        }

        /// Sets how long guards, parameters and the endpoint together may take to accept a connection. When the time
        /// is up, the connection is refused with [`AcceptTimeout`](crate::AcceptTimeout). Default: 10 seconds.
        pub fn accept_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$($options).+.accept_timeout = Some(timeout);
            self
        }

        /// Sets how often a ping is sent (RFC 6455, section 5.5.2), or `None` to send none; zero means the same. Default: 20
        /// seconds.
        pub fn ping_interval(mut self, interval: impl $crate::IntoTimeout) -> Self {
            let interval = interval.into_timeout().filter(|interval| !interval.is_zero());
            self.$($options).+.ping_interval = Some(interval);
            self
        }

        /// Sets how long the peer may stay completely silent after a ping. When the time is up, the peer is
        /// considered dead, and the connection is closed with 1011 `keepalive ping timeout`. A peer behind a slow
        /// link gets an additional second for each 32 KiB beyond 256 KiB that are on their way to it, up to a minute.
        /// A peer that still takes data which waits to be written is considered alive. Default: 20 seconds.
        pub fn pong_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$($options).+.pong_timeout = Some(timeout);
            self
        }

        /// Sets how long the peer may send no part of a message while the endpoint waits for one. When the time is
        /// up, `recv` returns [`IdleTimeout`](crate::IdleTimeout), which closes the connection with 1000. A message
        /// that keeps arriving may take up to ten times as long in total. `None` disables the timeout. Default:
        /// `None`.
        pub fn idle_timeout(mut self, timeout: impl $crate::IntoTimeout) -> Self {
            self.$($options).+.idle_timeout = Some(timeout.into_timeout());
            self
        }

        /// Sets how long a connection may last from its accept on, or `None` for no limit. When the time is up, the
        /// connection is closed with 1001 `maximum lifetime reached`, after which clients reconnect and authenticate
        /// again. [`WebSocket::expires_at`](crate::WebSocket::expires_at) sets another time and another close for one
        /// connection. Default: `None`.
        pub fn max_lifetime(mut self, lifetime: impl $crate::IntoTimeout) -> Self {
            self.$($options).+.max_lifetime = Some(lifetime.into_timeout());
            self
        }

        /// Sets how long the peer may take nothing at all of the data that waits to be written. When the time is up,
        /// the connection is closed with 1013 `too slow`, or counts as lost if the peer does not take the Close frame
        /// either. The same limit applies to the HTTP answer of a handshake that is refused; the limit set on the app
        /// applies to everything else that is answered over HTTP. Default: 60 seconds.
        pub fn send_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$($options).+.send_timeout = Some(timeout);
            self
        }

        /// Sets how long the peer has, after a Close frame was sent or received, to take the data sent before it and
        /// to answer. When the time is up, the transport is dropped. An endpoint that goes on afterwards stays a
        /// member of its rooms for the same time again. Default: 5 seconds.
        pub fn close_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$($options).+.close_timeout = Some(timeout);
            self
        }

        /// Sets the largest message that is received, in bytes. A larger one closes the connection with 1009.
        /// Default: 1 MiB.
        pub fn max_message_size(mut self, bytes: usize) -> Self {
            self.$($options).+.max_message_size = Some(bytes);
            self
        }

        /// Sets the largest frame that is received, in bytes. A larger one closes the connection with 1009. Default
        /// and maximum: `max_message_size`.
        pub fn max_frame_size(mut self, bytes: usize) -> Self {
            self.$($options).+.max_frame_size = Some(bytes);
            self
        }

        /// Sets how much data may wait to be written, in bytes, and what happens to the messages of a
        /// [`Sender`](crate::Sender) that find no room. Default: 64 KiB, and such messages wait.
        pub fn send_buffer(mut self, buffer: impl Into<$crate::SendBuffer>) -> Self {
            self.$($options).+.send_buffer = Some(buffer.into());
            self
        }

        /// Sets whether messages are compressed with clients that offer it (permessage-deflate, RFC 7692). Default:
        /// [`Compression::off`](crate::Compression::off).
        #[cfg(feature = "deflate")]
        pub fn compression(mut self, compression: $crate::Compression) -> Self {
            self.$($options).+.compression = Some(compression);
            self
        }

        #[cfg(not(feature = "deflate"))]
        #[doc(hidden)]
        #[allow(missing_docs)]
        pub fn compression<T: $crate::NoCompression>(self, _: T) -> Self {
            self
        }

        #[cfg(not(feature = "rate-limit"))]
        #[doc(hidden)]
        #[allow(missing_docs)]
        pub fn rate_limit<T: $crate::NoRateLimit>(self, _: T) -> Self {
            self
        }

        /// Sets how many messages the peer may send in a period of time, or `None` for no limit. Default: `None`.
        #[cfg(feature = "rate-limit")]
        pub fn rate_limit(mut self, limit: impl $crate::IntoRateLimit) -> Self {
            self.$($options).+.rate_limit = Some(limit.into_rate_limit());
            self
        }
    };
}

pub(crate) use option_setters;
