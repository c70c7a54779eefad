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

/// A type that a path, query, cookie or header parameter can have: any type that implements [`FromStr`], and any enum
/// with [`derive(FromText)`](derive@crate::FromText).
///
/// | type | accepts | kind of error |
/// |---|---|---|
/// | integers | ASCII digits and a sign | `int_parsing` |
/// | floats | what Rust parses, `inf` and `nan` included | `float_parsing` |
/// | `bool` | `true` `1` `on` `yes` `y` `t` and their opposites, in any case | `bool_parsing` |
/// | `IpAddr`, `Ipv4Addr`, `Ipv6Addr` | addresses | `ip_any_address`, `ip_v4_address`, `ip_v6_address` |
/// | `String` | everything that is UTF-8 | `string_unicode` |
/// | with `derive(FromText)` | the names of its variants | `enum` |
/// | any other | what its `FromStr` accepts | `value_error` |
///
/// A `value_error` of a path or query parameter has the message of the type's own error in `msg`. That message may
/// quote the value, so it is left out for cookies and headers, and never logged.
///
/// A type that implements this trait in place of `FromStr` chooses the kind of its errors:
///
/// ```
/// use ws_runtime::{FromText, TextError};
///
/// struct Even(u32);
///
/// impl FromText for Even {
///     fn from_text(text: &str) -> Result<Self, TextError> {
///         let number = u32::from_text(text)?;
///         if number % 2 == 0 {
///             Ok(Self(number))
///         } else {
///             Err(TextError::new("even_number", "Input should be an even number"))
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from text",
    label = "cannot be read from one text",
    note = "a type of your own is read if it implements `std::str::FromStr` with an error type that implements `Display`; an enum of words derives `ws_runtime::FromText`",
    note = "a map or a struct with a field for each parameter is read as `ws_runtime::Query<{Self}>`, without an attribute",
    note = "any number of values is a `Vec<T>`, a value that may be absent an `Option<T>`, and neither is within the other"
)]
pub trait FromText: Sized + 'static {
    /// Reads a value from text.
    ///
    /// # Errors
    ///
    /// Returns the reason why the text is not such a value.
    fn from_text(text: &str) -> Result<Self, TextError>;
}

/// A type whose texts are all known, as those of an enum with `#[derive(FromText)]` are.
pub trait Words {
    /// The texts, without other spellings that are read, too.
    const WORDS: &'static [&'static str];
}

/// The reason why a text is not a value of a type, as it becomes a [`FieldError`](crate::FieldError).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    pub(super) kind: Cow<'static, str>,
    pub(super) msg: Cow<'static, str>,
    quoting: bool,
}

impl TextError {
    /// Creates an error of a kind, such as `"even_number"`, with words for people.
    ///
    /// A `&'static str` cannot quote the text, so it is shown everywhere. A `String` may, so it is shown only to the
    /// client, and only for path and query parameters.
    pub fn new(kind: impl Into<Cow<'static, str>>, msg: impl Into<Cow<'static, str>>) -> Self {
        let msg = msg.into();
        let quoting = matches!(msg, Cow::Owned(_));
        Self { kind: kind.into(), msg, quoting }
    }

    /// Creates an error whose words do not quote the text.
    pub(super) fn plain(kind: &'static str, msg: String) -> Self {
        Self { quoting: false, ..Self::new(kind, msg) }
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the words for people.
    #[must_use]
    pub fn msg(&self) -> &str {
        &self.msg
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
