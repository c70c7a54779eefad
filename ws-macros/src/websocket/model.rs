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
    /// In a dependency, a path parameter of this name, or a type that implements `FromHandshake`. Only the compiler knows
    /// which.
    Bare(String),
    /// In a dependency, `&Handshake`.
    Request,
}

/// The part of a handshake that a text comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    Path,
    Rest,
    /// A path parameter of the endpoint that a dependency belongs to.
    InPath,
    Query,
    Cookie,
    Header,
}

impl Source {
    /// Returns `true` if the text comes from the path.
    pub(super) fn is_in_path(self) -> bool {
        matches!(self, Self::Path | Self::Rest | Self::InPath)
    }

    /// Returns the method of `Extraction`. It is also the helper attribute, except for `rest` and `in_path`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Rest => "rest",
            Self::InPath => "in_path",
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
    /// A list that has at least one value.
    Required(Ident),
}
