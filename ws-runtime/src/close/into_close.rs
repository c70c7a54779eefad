//! [`IntoClose`]: the values that convert into a close.

use super::Close;

/// The return type of an error handler: a [`Close`], or a value that converts into one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Close`",
    label = "expected a `Close` or a `CloseCode`: `Close::new(CloseCode::POLICY_VIOLATION, \"..\")`, `close_code!(4000)`",
    note = "a close without a reason is `CloseCode::NORMAL_CLOSURE`",
    note = "an error handler returns a `Close`; what goes wrong in it has to end in one as well"
)]
pub trait IntoClose {
    /// Converts the value into a close.
    fn into_close(self) -> Close;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Close>> IntoClose for T {
    fn into_close(self) -> Close {
        self.into()
    }
}
