//! An error type whose cases all have a close.

use proc_macro2::Ident;
use syn::{Attribute, DeriveInput, LitInt, LitStr, Member, Type};

/// A type and its closes.
pub(super) struct Model<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) cases: Vec<Case<'a>>,
}

/// A variant of an enum, or a whole struct.
pub(super) struct Case<'a> {
    pub(super) variant: Option<&'a Ident>,
    /// The attributes of the variant, or of the struct.
    pub(super) attrs: &'a [Attribute],
    pub(super) close: CaseClose<'a>,
}

/// How a case closes the connection.
pub(super) enum CaseClose<'a> {
    /// `transparent`: the only field decides.
    Transparent { member: Member, ty: &'a Type },
    /// `1008, reason = "..", status = 401`
    Code { code: LitInt, reason: Reason, status: Option<LitInt> },
}

/// The text that accompanies a close code.
pub(super) enum Reason {
    /// The error's Display text. This is the default, except for 1011.
    Display,
    /// A fixed text without internal details. This is the default for 1011.
    Fixed,
    Literal(LitStr),
}
