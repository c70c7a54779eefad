//! Errors that end a connection: [`OnError`], [`CloseError`], and [`Error`], the type that `?` converts into.

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
}

impl CloseError for InvalidCloseCode {
    fn close(&self) -> Close {
        Close::internal_error()
    }
}

impl std::error::Error for Close {}

/// Converts the arguments of `.or_close` and the results of handlers.
impl From<(CloseCode, &'static str)> for Close {
    fn from((code, reason): (CloseCode, &'static str)) -> Self {
        Self::new(code, reason)
    }
}
