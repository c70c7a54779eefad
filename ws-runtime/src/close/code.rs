//! [`CloseCode`]: the status codes that a Close frame may carry.

use std::{fmt, num::NonZeroU16};

/// A WebSocket close code that may be sent: 1000–1003, 1007–1014 or 3000–4999 (RFC 6455, section 7.4, and the IANA
/// registry).
///
/// Codes that must never occur in a Close frame (1004, 1005, 1006, 1015) and codes out of range cannot be represented.
/// Use [`close_code!`](crate::close_code) for literals, which are checked at compile time, and
/// [`TryFrom<u16>`](#impl-TryFrom<u16>-for-CloseCode) for numbers that are known at run time.
///
/// ```
/// use ws_runtime::{CloseCode, close_code};
///
/// assert_eq!(CloseCode::POLICY_VIOLATION.as_u16(), 1008);
/// assert_eq!(close_code!(4001).as_u16(), 4001);
/// assert!(CloseCode::try_from(1006).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(NonZeroU16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL_CLOSURE: Self = Self::literal(1000);
    /// 1001: the server is shutting down, or the user left the page.
    pub const GOING_AWAY: Self = Self::literal(1001);
    /// 1002: the peer violated the protocol.
    pub const PROTOCOL_ERROR: Self = Self::literal(1002);
    /// 1003: the peer sent a type of data that cannot be accepted, such as binary where text is expected.
    pub const UNSUPPORTED_DATA: Self = Self::literal(1003);
    /// 1007: the peer sent data that does not fit its type, such as text that is not UTF-8 or JSON that cannot be
    /// parsed.
    pub const INVALID_FRAME_PAYLOAD_DATA: Self = Self::literal(1007);
    /// 1008: the peer violated a rule of the application.
    pub const POLICY_VIOLATION: Self = Self::literal(1008);
    /// 1009: the peer sent a message that is too big to process.
    pub const MESSAGE_TOO_BIG: Self = Self::literal(1009);
    /// 1010: the client requires an extension that the server did not agree to. Only clients use this code.
    pub const MANDATORY_EXTENSION: Self = Self::literal(1010);
    /// 1011: the server encountered an internal error.
    pub const INTERNAL_ERROR: Self = Self::literal(1011);
    /// 1012: the server is restarting.
    pub const SERVICE_RESTART: Self = Self::literal(1012);
    /// 1013: the server is overloaded, and the client should try again later.
    pub const TRY_AGAIN_LATER: Self = Self::literal(1013);
    /// 1014: the server is a gateway and received an invalid response from upstream.
    pub const BAD_GATEWAY: Self = Self::literal(1014);

    /// Returns the code, or `None` if a Close frame must not carry it.
    #[must_use]
    pub const fn from_u16(code: u16) -> Option<Self> {
        match (code, NonZeroU16::new(code)) {
            (1000..=1003 | 1007..=1014 | 3000..=4999, Some(code)) => Some(Self(code)),
            _ => None,
        }
    }

    /// A constructor that users of other libraries may look for.
    #[doc(hidden)]
    #[must_use]
    pub fn new<N: crate::NoCloseCodeNew>(_: N) -> Self {
        Self::NORMAL_CLOSURE
    }

    /// A constructor that users of other libraries may look for.
    #[doc(hidden)]
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub fn from<N: crate::NoCloseCodeNew>(_: N) -> Self {
        Self::NORMAL_CLOSURE
    }

    /// Returns the number on the wire.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0.get()
    }

    /// Returns the code; [`close_code!`](crate::close_code) evaluates this function in a constant.
    ///
    /// # Panics
    ///
    /// Panics if a Close frame must not carry the code. In a constant, that is a compile error.
    #[doc(hidden)]
    #[must_use]
    pub const fn literal(code: u16) -> Self {
        match Self::from_u16(code) {
            Some(code) => code,
            None => panic!("this close code cannot be sent: use 1000-1003, 1007-1014 or 3000-4999"),
        }
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({})", self.0)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for CloseCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.as_u16())
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.as_u16()
    }
}

impl TryFrom<u16> for CloseCode {
    type Error = InvalidCloseCode;

    fn try_from(code: u16) -> Result<Self, InvalidCloseCode> {
        Self::from_u16(code).ok_or(InvalidCloseCode(code))
    }
}

/// Returns `true` if the cause of a close may be gone after a while, so that clients connect again. 1006 stands for a
/// connection that was lost.
#[cfg(any(feature = "client", feature = "schema"))]
pub(crate) const fn is_transient(code: u16) -> bool {
    matches!(code, 1001 | 1006 | 1011..=1014)
}

/// The error of a number that no Close frame may carry. If an endpoint returns it, it closes with 1011, because it is a
/// mistake of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("close code {0} cannot be sent")]
pub struct InvalidCloseCode(pub u16);

/// Makes a [`CloseCode`] from a literal or constant, which is checked at compile time.
///
/// ```
/// let kicked = ws_runtime::close_code!(4001);
/// ```
///
/// ```compile_fail
/// let never_sent = ws_runtime::close_code!(1005);
/// ```
#[macro_export]
macro_rules! close_code {
    ($($code:tt)+) => {
        $crate::__private::close_code_of!([$crate] $($code)+)
    };
}
