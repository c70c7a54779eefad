//! [`Error`]: any error with a close code, with its type erased.

use std::{
    any::{Any, TypeId},
    fmt,
    future::Future,
    pin::Pin,
};

use super::{ErrorContext, OnError, Verdict};
use crate::Close;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The default error type of endpoints. Every error with a close code converts into it.
///
/// ```
/// # use ws_runtime::{CloseCode, OrClose, Result, WebSocket, websocket};
/// #[websocket("/add")]
/// async fn add(mut ws: WebSocket) -> Result {
///     let text = ws.recv_text().await?;
///     let number: i64 = text.trim().parse().or_close(CloseCode::INVALID_FRAME_PAYLOAD_DATA, "not a number")?;
///     ws.send_text((number + 1).to_string()).await?;
///     Ok(())
/// }
/// ```
///
/// It does not implement [`OnError`] itself, because its conversion would conflict with `From<Error> for Error`.
pub struct Error(Box<dyn Erased>);

/// An [`OnError`] that can be used as a trait object.
trait Erased: Any + fmt::Debug + fmt::Display + Send + Sync {
    fn own(self: Box<Self>, cx: ErrorContext) -> BoxFuture<Close>;

    // From Rust 1.86 on, both casts are coercions.
    fn as_any(&self) -> &dyn Any;

    fn into_any(self: Box<Self>) -> Box<dyn Any>;

    fn as_error(&self) -> Option<&(dyn std::error::Error + 'static)>;
}

impl<E: OnError> Erased for E {
    fn own(self: Box<Self>, cx: ErrorContext) -> BoxFuture<Close> {
        Box::pin(self.on_error(cx))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_error(&self) -> Option<&(dyn std::error::Error + 'static)> {
        OnError::as_error(self)
    }
}

impl<E: OnError> From<E> for Error {
    fn from(error: E) -> Self {
        error.transparent().unwrap_or_else(|error| Self(Box::new(error)))
    }
}

impl Error {
    fn any(&self) -> &dyn Any {
        self.0.as_any()
    }

    /// Returns `true` if the error is an `E`.
    #[must_use]
    pub fn is<E: 'static>(&self) -> bool {
        self.any().is::<E>()
    }

    /// Returns the error as an `E`, if it is one.
    #[must_use]
    pub fn downcast_ref<E: 'static>(&self) -> Option<&E> {
        self.any().downcast_ref()
    }

    /// Takes the error out as an `E`.
    ///
    /// # Errors
    ///
    /// Returns the error itself if it has another type.
    pub fn downcast<E: 'static>(self) -> Result<E, Self> {
        if !self.is::<E>() {
            return Err(self);
        }
        match self.0.into_any().downcast() {
            Ok(error) => Ok(*error),
            Err(_) => unreachable!("the type was just compared"),
        }
    }

    /// Returns the close that the error's own type chooses ([`OnError::on_error`]). Catch-all handlers can delegate to
    /// it.
    ///
    /// ```
    /// use ws_runtime::{App, Error, ErrorContext};
    ///
    /// let app = App::new().on_error(async |error: Error, cx: ErrorContext| {
    ///     let _ = cx.send_text(r#"{"error":"Server error"}"#).await;
    ///     error.into_own_close(cx).await
    /// });
    /// ```
    pub async fn into_own_close(self, cx: ErrorContext) -> Close {
        self.0.own(cx).await
    }

    /// Returns what the error and its sources say about the end of the connection.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        self.0.as_error().and_then(Verdict::of)
    }

    /// Returns `true` if the error says that the connection is over, so that there is nothing to report and nobody to
    /// report it to.
    pub(crate) fn is_quiet(&self) -> bool {
        self.verdict() == Some(Verdict::Over)
    }

    pub(crate) fn inner_type(&self) -> TypeId {
        self.any().type_id()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_error()?.source()
    }
}
