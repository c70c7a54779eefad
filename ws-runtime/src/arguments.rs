//! The argument types of the options: traits whose diagnostics say what to write.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A timeout: a [`Duration`], or `None` for no limit.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a duration",
    label = "expected a `Duration`, such as `Duration::from_secs(60)`, or `None`"
)]
pub trait IntoTimeout {
    #[doc(hidden)]
    fn into_timeout(self) -> Option<Duration>;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Option<Duration>>> IntoTimeout for T {
    fn into_timeout(self) -> Option<Duration> {
        self.into()
    }
}

/// A list of names: an array, a `Vec` or another iterator of `&str` or `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of names",
    label = "expected a list of texts, such as `[\"name\"]`"
)]
pub trait IntoNames {
    #[doc(hidden)]
    fn into_names(self) -> Vec<String>;
}

#[diagnostic::do_not_recommend]
impl<T: IntoIterator<Item: Into<String>>> IntoNames for T {
    fn into_names(self) -> Vec<String> {
        self.into_iter().map(Into::into).collect()
    }
}

/// A list of proxies: an array, a `Vec` or another iterator of texts, `IpAddr` or `IpNet`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of proxies",
    label = "expected a list of addresses or networks, such as `[\"127.0.0.1\", \"10.0.0.0/8\"]`"
)]
pub trait IntoProxies {
    #[doc(hidden)]
    fn into_proxies(self) -> Vec<String>;
}

#[diagnostic::do_not_recommend]
impl<T: IntoIterator<Item: IntoProxy>> IntoProxies for T {
    fn into_proxies(self) -> Vec<String> {
        self.into_iter().map(IntoProxy::into_proxy).collect()
    }
}

/// An element of a list of proxies. It is a text until it is checked with the rest of the app.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a proxy",
    label = "expected an address or a network, such as `\"127.0.0.1\"` or `\"10.0.0.0/8\"`"
)]
pub trait IntoProxy {
    #[doc(hidden)]
    fn into_proxy(self) -> String;
}

macro_rules! into_proxy {
    ($($type:ty),*) => {$(
        impl IntoProxy for $type {
            fn into_proxy(self) -> String {
                self.to_string()
            }
        }
    )*};
}

into_proxy!(&str, String, &String, IpAddr, Ipv4Addr, Ipv6Addr, IpNet, Ipv4Net, Ipv6Net);

/// A [`RateLimit`](crate::RateLimit), or `None` for any number of messages.
#[cfg(feature = "rate-limit")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a rate limit",
    label = "expected a `RateLimit`: `RateLimit::new(messages, Duration::from_secs(1))`, with a `NonZeroU32`"
)]
pub trait IntoRateLimit {
    #[doc(hidden)]
    fn into_rate_limit(self) -> Option<crate::RateLimit>;
}

#[cfg(feature = "rate-limit")]
#[diagnostic::do_not_recommend]
impl<T: Into<Option<crate::RateLimit>>> IntoRateLimit for T {
    fn into_rate_limit(self) -> Option<crate::RateLimit> {
        self.into()
    }
}
