//! The arguments that a [`Close`](super::Close) is made from. They have traits of their own, so that the compiler can
//! say what to write.

use http::StatusCode;

use super::{CloseCode, CloseReason};

/// A close code as an argument. Only [`CloseCode`] implements it.
///
/// Where the compiler cannot infer the type, name it: write `CloseCode::try_from(number)?` and not
/// `number.try_into()?`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a close code",
    label = "expected a `CloseCode`: `close_code!(1008)` of a literal, `CloseCode::try_from(number)?` of a variable",
    note = "the codes of RFC 6455 have names, such as `CloseCode::POLICY_VIOLATION` for 1008"
)]
pub trait IntoCloseCode {
    #[doc(hidden)]
    fn into_code(self) -> CloseCode;
}

impl IntoCloseCode for CloseCode {
    fn into_code(self) -> CloseCode {
        self
    }
}

/// The reason of a close as an argument: text, as a `&'static str` or a `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a close reason",
    label = "expected text: a `&'static str` or a `String`",
    note = "an error says its text by `error.to_string()`, no reason is `\"\"`",
    note = "a value becomes JSON by `Close::json(code, value)`"
)]
pub trait IntoReason {
    #[doc(hidden)]
    fn into_reason(self) -> CloseReason;
}

#[diagnostic::do_not_recommend]
impl<T: Into<CloseReason>> IntoReason for T {
    fn into_reason(self) -> CloseReason {
        self.into()
    }
}

/// A status of HTTP as an argument: a [`StatusCode`], or its number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a status of HTTP",
    label = "expected a number such as `404`, or `StatusCode::NOT_FOUND` of the crate `http`"
)]
pub trait IntoStatus {
    /// The status as it was written, for a message, and what it is if it exists.
    #[doc(hidden)]
    fn into_status(self) -> (u16, Option<StatusCode>);
}

impl IntoStatus for StatusCode {
    fn into_status(self) -> (u16, Option<StatusCode>) {
        (self.as_u16(), Some(self))
    }
}

impl IntoStatus for u16 {
    fn into_status(self) -> (u16, Option<StatusCode>) {
        (self, StatusCode::from_u16(self).ok())
    }
}
