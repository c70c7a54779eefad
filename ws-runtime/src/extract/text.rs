//! [`FromText`]: values that are read from text, and the errors if they cannot be read.

use std::{
    any::{Any, TypeId},
    borrow::Cow,
    char::ParseCharError,
    fmt::Display,
    net::{AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr},
    num::{IntErrorKind, ParseFloatError, ParseIntError},
    str::FromStr,
};

use crate::validation::VALUE_ERROR;

/// A type that a path, query, cookie or header parameter can have: any type that implements [`FromStr`].
///
/// All of these types implement this trait; it is not implemented by hand.
///
/// | type | accepts | kind of error |
/// |---|---|---|
/// | integers | ASCII digits and a sign | `int_parsing` |
/// | floats | what Rust parses, `inf` and `nan` included | `float_parsing` |
/// | `bool` | `true` `1` `on` `yes` `y` `t` and their opposites, in any case | `bool_parsing` |
/// | `IpAddr`, `Ipv4Addr`, `Ipv6Addr` | addresses | `ip_any_address`, `ip_v4_address`, `ip_v6_address` |
/// | `String` | everything that is UTF-8 | `string_unicode` |
/// | any other | what its `FromStr` accepts | `value_error` |
///
/// A `value_error` of a path or query parameter has the message of the type's own error in `msg`. That message may
/// quote the value, so it is left out for cookies and headers, and never logged.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from text",
    label = "cannot be read from one text",
    note = "a type of your own is read if it implements `std::str::FromStr` with an error type that implements `Display`",
    note = "a map or a struct with a field for each parameter is read as `ws_runtime::Query<{Self}>`, without an attribute",
    note = "any number of values is a `Vec<T>`, a value that may be absent an `Option<T>`, and neither is within the other"
)]
pub trait FromText: Sized + 'static {
    /// Reads a value from text.
    ///
    /// # Errors
    ///
    /// Returns the reason why the text is not such a value.
    #[doc(hidden)]
    fn from_text(text: &str) -> Result<Self, TextError>;
}

/// The mistake in a value, in FastAPI's terms.
#[derive(Debug)]
pub struct TextError {
    pub(super) kind: Cow<'static, str>,
    pub(super) msg: String,
    quoting: bool,
}

impl TextError {
    pub(super) fn new(kind: &'static str, msg: impl Into<String>) -> Self {
        Self { kind: Cow::Borrowed(kind), msg: msg.into(), quoting: false }
    }

    pub(super) fn not_text() -> Self {
        Self::new(
            "string_unicode",
            "Input should be a valid string, unable to parse raw data as a unicode string",
        )
    }

    pub(super) fn missing() -> Self {
        Self::new("missing", "Field required")
    }

    pub(super) fn ip_address() -> Self {
        Self::new("ip_any_address", "value is not a valid IPv4 or IPv6 address")
    }

    pub(super) fn ip_v4_address() -> Self {
        Self::new("ip_v4_address", "value is not a valid IPv4 address")
    }

    pub(super) fn ip_v6_address() -> Self {
        Self::new("ip_v6_address", "value is not a valid IPv6 address")
    }

    pub(super) fn not_an_integer() -> Self {
        Self::new("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
    }

    /// Translates the error of `FromStr` for `T`.
    pub(super) fn of<T: 'static>(error: &(impl Display + Any)) -> Self {
        let error_type: &dyn Any = error;
        if let Some(error) = error_type.downcast_ref::<ParseIntError>() {
            return Self::integer(error);
        }
        if error_type.is::<ParseFloatError>() {
            return Self::new(
                "float_parsing",
                "Input should be a valid number, unable to parse string as a number",
            );
        }
        if error_type.is::<AddrParseError>() {
            let address = TypeId::of::<T>();
            if address == TypeId::of::<IpAddr>() {
                return Self::ip_address();
            } else if address == TypeId::of::<Ipv4Addr>() {
                return Self::ip_v4_address();
            } else if address == TypeId::of::<Ipv6Addr>() {
                return Self::ip_v6_address();
            }
        }
        Self {
            quoting: !error_type.is::<ParseCharError>(),
            ..Self::new(VALUE_ERROR, format!("Value error, {error}"))
        }
    }

    /// Returns `true` if the message comes from a user's type, and may quote the value.
    pub(super) fn is_quoting(&self) -> bool {
        self.quoting
    }

    fn integer(error: &ParseIntError) -> Self {
        let message = match error.kind() {
            IntErrorKind::PosOverflow => "Input should be a valid integer, the number is too large",
            IntErrorKind::NegOverflow => "Input should be a valid integer, the number is too small",
            _ => return Self::not_an_integer(),
        };
        Self::new("int_parsing", message)
    }
}

#[diagnostic::do_not_recommend]
impl<T> FromText for T
where
    T: FromStr + 'static,
    T::Err: Display + 'static,
{
    fn from_text(text: &str) -> Result<Self, TextError> {
        // `bool` implements `FromStr`, too, but more words than Rust's two are accepted.
        let mut value: Option<T> = None;
        if let Some(value) = (&mut value as &mut dyn Any).downcast_mut::<Option<bool>>() {
            *value = parse_bool(text);
        } else {
            return text.parse().map_err(|error: T::Err| TextError::of::<T>(&error));
        }
        let words = "Input should be a valid boolean, unable to interpret input";
        value.ok_or_else(|| TextError::new("bool_parsing", words))
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    let is = |words: [&str; 6]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "1", "on", "yes", "y", "t"]) {
        Some(true)
    } else if is(["false", "0", "off", "no", "n", "f"]) {
        Some(false)
    } else {
        None
    }
}
