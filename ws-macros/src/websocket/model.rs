//! A route without illegal states, which `resolve` proves and `expand` relies on.

use proc_macro2::Ident;
use syn::{Attribute, Expr, LitStr, PatType, Path, Type};

use super::path::RoutePath;
use crate::{endpoint_fn::EndpointFn, names::Names};

/// An annotated function and everything that its endpoint needs.
pub(super) struct Route<'a> {
    pub(super) names: &'a Names,
    pub(super) function: &'a EndpointFn,
    pub(super) path: &'a RoutePath,
    pub(super) options: &'a [(Ident, Expr)],
    pub(super) params: Vec<Param<'a>>,
    /// The last parameter, which the upgrade becomes.
    pub(super) connection: &'a PatType,
}

/// One parameter before the connection.
pub(super) struct Param<'a> {
    /// `None` if the pattern is not a name.
    pub(super) name: Option<&'a Ident>,
    /// The doc comment.
    pub(super) docs: &'a [Attribute],
    pub(super) ty: &'a Type,
    pub(super) origin: Origin,
}

/// Where the value of a parameter comes from.
pub(super) enum Origin {
    /// The text of a part of the handshake.
    Text {
        source: Source,
        wire_name: String,
        constraints: Vec<Constraint>,
        /// `true` if the value is marked as a credential.
        secret: bool,
    },
    /// The return value of one of the user's functions.
    Depends(Path),
    /// A type that implements `FromHandshake`.
    Handshake,
}

/// The part of a handshake that a text comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    Path,
    Rest,
    Query,
    Cookie,
    Header,
}

impl Source {
    /// Returns the method of `Extraction`. For the last three, it is also the helper attribute.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Rest => "rest",
            Self::Query => "query",
            Self::Cookie => "cookie",
            Self::Header => "header",
        }
    }
}

/// A key of a helper attribute that becomes a method call on the parameter's shape.
pub(super) enum Constraint {
    /// `ge`, `gt`, `le`, `lt`, `multiple_of`, `min_length` or `max_length`.
    Bound(Ident, Expr),
    Pattern(Ident, LitStr),
    Default(Ident, Expr),
}
