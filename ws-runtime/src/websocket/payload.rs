//! [`IntoText`] and [`IntoBinary`]: the arguments of the methods that send text and bytes.

use std::{borrow::Cow, sync::Arc};

use bytes::{Bytes, BytesMut};

use crate::{Message, SocketError, Utf8Bytes};

/// The argument of [`send`](super::WebSocket::send): a message of the connection's type `Out`, or a value that converts
/// into it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message of this connection, which sends `{Out}`",
    label = "expected `{Out}`, or what converts into it",
    note = "a connection of the type `WebSocket` sends a value by `send_json(&value)`, text by `send_text(text)`",
    note = "one of the type `WebSocket<In, Out>` sends values of the type `Out`, by value"
)]
pub trait IntoMessage<Out> {
    /// Converts the value into a message.
    fn into_message(self) -> Out;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Out>, Out> IntoMessage<Out> for T {
    fn into_message(self) -> Out {
        self.into()
    }
}

/// Text that can be sent: `&str`, `String`, [`Utf8Bytes`] and similar types.
///
/// A long text that is passed by value is not copied; text that is passed by reference is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text",
    label = "expected text, such as `&str`, `String` or `Utf8Bytes`",
    note = "write `send_json` for a value that serializes, `send_binary` for bytes, `.to_string()` for one that has a `Display`",
    note = "a future has its text behind `.await?`, an `Option` or a `Result` behind `?`"
)]
pub trait IntoText: sealed::IntoText {}

/// Bytes that can be sent: `&[u8]`, `Vec<u8>`, [`Bytes`] and similar types.
///
/// Long bytes that are passed by value are not copied; bytes that are passed by reference are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not bytes",
    label = "expected bytes, such as `&[u8]`, `Vec<u8>` or `Bytes`",
    note = "write `send_json` for a value that serializes, `send_text` for text"
)]
pub trait IntoBinary: sealed::IntoBinary {}

// There is a single bound, because rustc would report each of several bounds.
#[diagnostic::do_not_recommend]
impl<T: sealed::IntoText> IntoText for T {}

#[diagnostic::do_not_recommend]
impl<T: sealed::IntoBinary> IntoBinary for T {}

mod sealed {
    use super::{Bytes, Utf8Bytes};

    pub trait IntoText: AsRef<str> {
        fn into_utf8_bytes(self) -> Utf8Bytes;
    }

    pub trait IntoBinary: AsRef<[u8]> {
        fn into_bytes(self) -> Bytes;
    }
}

macro_rules! into_text {
    ($($(#[$attribute:meta])* $type:ty => $convert:expr,)*) => {
        $($(#[$attribute])* impl sealed::IntoText for $type {
            fn into_utf8_bytes(self) -> Utf8Bytes {
                ($convert)(self)
            }
        })*
    };
}

into_text! {
    Utf8Bytes => |text| text,
    String => Utf8Bytes::from,
    Box<str> => |text| String::from(text).into(),
    Cow<'_, str> => |text: Self| text.into_owned().into(),
    Arc<str> => |text: Self| Utf8Bytes::from(&*text),
}

impl<T: AsRef<str> + ?Sized> sealed::IntoText for &T {
    fn into_utf8_bytes(self) -> Utf8Bytes {
        self.as_ref().into()
    }
}

macro_rules! into_binary {
    ($($type:ty => $convert:expr,)*) => {
        $(impl sealed::IntoBinary for $type {
            fn into_bytes(self) -> Bytes {
                ($convert)(self)
            }
        })*
    };
}

into_binary! {
    Bytes => |bytes| bytes,
    BytesMut => BytesMut::freeze,
    Vec<u8> => Bytes::from,
    Box<[u8]> => Bytes::from,
    Cow<'_, [u8]> => |bytes: Self| bytes.into_owned().into(),
    Arc<[u8]> => |bytes: Self| Bytes::copy_from_slice(&bytes),
    String => Bytes::from,
}

impl<const N: usize> sealed::IntoBinary for [u8; N] {
    fn into_bytes(self) -> Bytes {
        Bytes::copy_from_slice(&self)
    }
}

impl<T: AsRef<[u8]> + ?Sized> sealed::IntoBinary for &T {
    fn into_bytes(self) -> Bytes {
        Bytes::copy_from_slice(self.as_ref())
    }
}

impl Message {
    /// Returns the text of a text message.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::ExpectedText`] if the message is binary.
    pub fn into_text(self) -> Result<Utf8Bytes, SocketError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Binary(_) => Err(SocketError::ExpectedText),
        }
    }

    /// Returns the bytes of a binary message.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::ExpectedBinary`] if the message is text.
    pub fn into_binary(self) -> Result<Bytes, SocketError> {
        match self {
            Self::Binary(bytes) => Ok(bytes),
            Self::Text(_) => Err(SocketError::ExpectedBinary),
        }
    }
}
