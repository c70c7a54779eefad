//! The argument types of the options: traits whose diagnostics say what to write.

use std::time::Duration;

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
