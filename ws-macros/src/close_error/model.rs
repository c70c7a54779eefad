//! An error type whose every case has a close.

use proc_macro2::Ident;
use syn::{DeriveInput, LitInt, LitStr, Member, Type};

/// A type and its closes.
pub(super) struct Model<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) cases: Vec<Case<'a>>,
}

/// A variant of an enum, or the whole of a struct.
pub(super) struct Case<'a> {
    pub(super) variant: Option<&'a Ident>,
    pub(super) close: CaseClose<'a>,
}

/// How a case closes the connection.
pub(super) enum CaseClose<'a> {
    /// `transparent`: the one field decides.
    Transparent { member: Member, ty: &'a Type },
    /// `1008, reason = "..", status = 401`
    Code { code: LitInt, reason: Reason, status: Option<LitInt> },
}

/// The text beside a close code.
pub(super) enum Reason {
    /// The error's own words; the default, except for 1011.
    Display,
    /// Nothing internal: the default of 1011.
    Fixed,
    Literal(LitStr),
}
