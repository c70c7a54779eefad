//! Errors that end a connection: [`OnError`], [`CloseError`], and [`Error`], the type that `?` converts into.

mod closes;
mod context;
mod erased;
mod faults;
mod invalid_message;
mod or_close;
mod socket_error;
mod telling;
mod verdict;

use std::{
    fmt::{Debug, Display},
    future::Future,
};

use crate::{Close, CloseCode, InvalidCloseCode};

pub use closes::Closes;
#[cfg(feature = "describe")]
pub(crate) use closes::Declared;
pub use context::{ErrorContext, Phase};
pub use erased::Error;
pub use faults::{AcceptTimeout, NeverAccepted, Panicked, SubprotocolNotOffered};
pub use invalid_message::InvalidMessage;
pub use or_close::OrClose;
#[cfg(feature = "rate-limit")]
pub use socket_error::RateLimited;
pub use socket_error::{IdleTimeout, SocketError};
pub use telling::LastSendFuture;
pub(crate) use verdict::{Cause, Verdict};

/// The result of an endpoint, a guard or a dependency. By default its error is [`Error`], which any type with a close
/// code converts into.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// An error that determines how it ends a connection. Errors need this trait for `?` in an endpoint.
///
/// Most types implement it with `#[derive(CloseError)]`, or with a function marked
/// [`#[on_error(MyError)]`](macro@crate::on_error), which expands to an implementation of this trait. It can also be
/// implemented by hand:
///
/// ```
/// use ws_runtime::{Close, ErrorContext, OnError, close_code};
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("seat {0} is taken")]
/// struct SeatTaken(u32);
///
/// impl OnError for SeatTaken {
///     async fn on_error(self, cx: ErrorContext) -> Close {
///         // The connection may already be gone: that is no reason to change the close.
///         let _ = cx.send_text("pick another one").await;
///         Close::new(close_code!(4009), self.to_string())
///     }
/// }
/// ```
pub trait OnError: Debug + Display + Send + Sync + 'static {
    /// Chooses the close. Before that, it may run code and send a last message.
    fn on_error(self, cx: ErrorContext) -> impl Future<Output = Close> + Send;

    /// Declares how errors of this type end a connection, for [`App::describe`](crate::App::describe) (feature
    /// `describe`). `#[derive(CloseError)]` declares the closes of its variants, and
    /// `#[on_error(MyError, closes = [4001])]` those in its list. By default, the close is decided at run time.
    fn closes(closes: &mut Closes)
    where
        Self: Sized,
    {
        closes.decided_at_run_time();
    }

    /// Gives way to an inner error (`#[close(transparent)]`).
    ///
    /// # Errors
    ///
    /// Returns the error itself if it decides on its own.
    #[doc(hidden)]
    fn transparent(self) -> std::result::Result<Error, Self>
    where
        Self: Sized,
    {
        Err(self)
    }

    /// Returns the error itself if it has sources, which may say that the connection is over.
    #[doc(hidden)]
    fn as_error(&self) -> Option<&(dyn std::error::Error + 'static)> {
        None
    }
}

/// An error whose close depends on its value alone. Its [`OnError`] implementation is automatic.
///
/// Derive it with `#[derive(CloseError)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no close code",
    label = "`{Self}` has no close code; if it is yours derive `CloseError` or write `#[on_error]`, else `.or_close(code, reason)?`",
    note = "as a `Box<dyn std::error::Error + Send + Sync>`, which `?` converts into, any error closes 1011"
)]
pub trait CloseError: Debug + Display + Send + Sync + 'static {
    /// Returns the close that this error ends a connection with.
    fn close(&self) -> Close;

    /// Returns the error that was closed with this code and reason: the other direction of [`close`](Self::close), for
    /// clients that share the type with their server (requires the feature `request`).
    ///
    /// `#[derive(CloseError)]` recognizes each variant, or struct, without fields by its code and its whole reason, and
    /// asks the inner type of a `transparent` variant. If several variants have the same code and reason, it returns the
    /// first. Variants with fields are not recognized, because a reason does not contain their values, and neither are
    /// those that close with 1011 and its fixed reason, which any fault of the server may have sent. The default is
    /// `None`.
    ///
    /// Implement it by hand where the reason contains the values:
    ///
    /// ```
    /// use ws_runtime::{Close, CloseError, close_code};
    ///
    /// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, thiserror::Error)]
    /// #[error("wait for {seconds} s")]
    /// struct Throttled {
    ///     seconds: u32,
    /// }
    ///
    /// impl CloseError for Throttled {
    ///     fn close(&self) -> Close {
    ///         Close::json(close_code!(4029), self)
    ///     }
    ///
    ///     fn from_close(code: u16, reason: &str) -> Option<Self> {
    ///         (code == 4029).then(|| serde_json::from_str(reason).ok()).flatten()
    ///     }
    /// }
    ///
    /// let close = Throttled { seconds: 5 }.close();
    /// assert_eq!(Throttled::from_close(close.code().as_u16(), close.reason()), Some(Throttled { seconds: 5 }));
    /// ```
    #[cfg(feature = "request")]
    #[must_use]
    fn from_close(code: u16, reason: &str) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = (code, reason);
        None
    }

    /// Declares how errors of this type end a connection, for [`App::describe`](crate::App::describe) (feature
    /// `describe`). The derive does so by itself. By default, the close is decided at run time.
    ///
    /// ```
    /// use ws_runtime::{Close, CloseError, Closes, close_code, description::CloseDescription};
    ///
    /// #[derive(Debug, thiserror::Error)]
    /// #[error("seat {0} is taken")]
    /// struct SeatTaken(u32);
    ///
    /// impl CloseError for SeatTaken {
    ///     fn close(&self) -> Close {
    ///         Close::new(close_code!(4009), self.to_string())
    ///     }
    ///
    ///     fn closes(closes: &mut Closes) {
    ///         closes.push(CloseDescription::new(close_code!(4009)).template("seat {0} is taken"));
    ///     }
    /// }
    /// ```
    fn closes(closes: &mut Closes)
    where
        Self: Sized,
    {
        closes.decided_at_run_time();
    }

    /// Gives way to an inner error (`#[close(transparent)]`).
    ///
    /// # Errors
    ///
    /// Returns the error itself if it decides on its own.
    #[doc(hidden)]
    fn transparent(self) -> std::result::Result<Error, Self>
    where
        Self: Sized,
    {
        Err(self)
    }

    /// Returns the error itself if it has sources, which may say that the connection is over.
    #[doc(hidden)]
    fn as_error(&self) -> Option<&(dyn std::error::Error + 'static)> {
        None
    }
}

impl<E: CloseError> OnError for E {
    async fn on_error(self, _cx: ErrorContext) -> Close {
        self.close()
    }

    fn closes(closes: &mut Closes) {
        <E as CloseError>::closes(closes);
    }

    fn transparent(self) -> std::result::Result<Error, Self> {
        CloseError::transparent(self)
    }

    fn as_error(&self) -> Option<&(dyn std::error::Error + 'static)> {
        CloseError::as_error(self)
    }
}

/// A [`Close`] can be used as an error, and then ends the connection with itself.
impl CloseError for Close {
    fn close(&self) -> Close {
        self.clone()
    }
}

/// A boxed error closes with 1011, and its text goes to the log only. If the box contains a
/// [`SocketError`](crate::SocketError), a [`ValidationError`](crate::ValidationError), an
/// [`InvalidMessage`](crate::InvalidMessage), an [`Error`] or a [`Close`], either directly or among the sources of its
/// error, that one determines the close.
impl CloseError for Box<dyn std::error::Error + Send + Sync> {
    fn close(&self) -> Close {
        Close::internal_error()
    }

    fn closes(closes: &mut Closes) {
        closes.internal_error("An error that has no close code of its own.");
        closes.of::<SocketError>();
        closes.decided_at_run_time();
    }

    fn transparent(self) -> std::result::Result<Error, Self> {
        self.downcast::<SocketError>()
            .map(|error| Error::from(*error))
            .or_else(|error| error.downcast::<Error>().map(|error| *error))
            .or_else(|error| error.downcast::<crate::ValidationError>().map(|error| Error::from(*error)))
            .or_else(|error| error.downcast::<InvalidMessage>().map(|error| Error::from(*error)))
            .or_else(|error| error.downcast::<Close>().map(|close| Error::from(*close)))
    }

    fn as_error(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&**self)
    }
}

impl CloseError for std::convert::Infallible {
    fn close(&self) -> Close {
        match *self {}
    }

    fn closes(_: &mut Closes) {}
}

impl CloseError for InvalidCloseCode {
    fn close(&self) -> Close {
        Close::internal_error()
    }

    fn closes(closes: &mut Closes) {
        closes.internal_error("The endpoint made a close code that does not exist.");
    }
}

impl std::error::Error for Close {}

/// Converts the arguments of `.or_close` and the results of handlers.
impl From<(CloseCode, &'static str)> for Close {
    fn from((code, reason): (CloseCode, &'static str)) -> Self {
        Self::new(code, reason)
    }
}
