//! Every absolute path and every identifier of its own that the output may use, in one table.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, ExprPath};

use crate::errors::Errors;

/// The root of the runtime as the user's crate sees it: `::ws_runtime`, or the path in `crate = some::path`.
pub(crate) struct Names {
    root: TokenStream,
}

macro_rules! runtime_paths {
    ($($name:ident => $($segment:ident)::+;)*) => {
        impl Names {
            $(
                #[doc = concat!("`", stringify!($($segment)::+), "` of the runtime, reported at `span`.")]
                #[allow(clippy::wrong_self_convention)] // They are called like the items that they name.
                pub(crate) fn $name(&self, span: Span) -> TokenStream {
                    let root = &self.root;
                    respan(quote!(#root::$($segment)::+), span)
                }
            )*
        }
    };
}

runtime_paths! {
    close => Close;
    close_code => close_code;
    close_error => CloseError;
    closes => Closes;
    connection => Connection;
    contract => Contract;
    endpoint => Endpoint;
    endpoint_info => EndpointInfo;
    error => Error;
    error_context => ErrorContext;
    extraction => Extraction;
    from_text => FromText;
    into_close => IntoClose;
    outcome_type => IntoOutcome;
    on_error => OnError;
    outcome => Outcome;
    parameter => Parameter;
    private => __private;
    request => request;
    requirements => Requirements;
    route => Route;
    text_error => TextError;
    upgrade => Upgrade;
}

impl Default for Names {
    fn default() -> Self {
        Self { root: quote!(::ws_runtime) }
    }
}

impl Names {
    /// Reads the value of the option `crate`.
    pub(crate) fn from_option(value: &Expr, errors: &mut Errors) -> Self {
        if let Expr::Path(ExprPath { qself: None, path, .. }) = value {
            return Self { root: path.to_token_stream() };
        }
        errors.push(value, "option `crate` needs a path", "`crate = some_crate::ws_runtime`");
        Self::default()
    }
}

/// The local variables of generated functions. All are `mixed_site`, so that no name of the user's can collide with them.
pub(crate) mod locals {
    use super::{Ident, Span, mixed};

    pub(crate) fn arg(index: usize, at: Span) -> Ident {
        Ident::new(&format!("__arg{index}"), mixed(at))
    }

    pub(crate) fn cx(at: Span) -> Ident {
        Ident::new("__cx", mixed(at))
    }

    pub(crate) fn closes(at: Span) -> Ident {
        Ident::new("__closes", mixed(at))
    }

    pub(crate) fn describing(at: Span) -> Ident {
        Ident::new("__d", mixed(at))
    }

    pub(crate) fn inner(at: Span) -> Ident {
        Ident::new("__inner", mixed(at))
    }

    pub(crate) fn out(at: Span) -> Ident {
        Ident::new("__out", mixed(at))
    }

    pub(crate) fn read(at: Span) -> Ident {
        Ident::new("__read", mixed(at))
    }

    pub(crate) fn requirements(at: Span) -> Ident {
        Ident::new("__requirements", mixed(at))
    }

    pub(crate) fn text(at: Span) -> Ident {
        Ident::new("__text", mixed(at))
    }

    pub(crate) fn upgrade(at: Span) -> Ident {
        Ident::new("__upgrade", mixed(at))
    }

    pub(crate) fn ws(at: Span) -> Ident {
        Ident::new("__ws", mixed(at))
    }
}

/// Returns the hygiene of generated code at a place in the user's code.
pub(crate) fn mixed(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// Gives every token one span, including the tokens inside of groups.
pub(crate) fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let respan_tree = |mut tree| {
        if let TokenTree::Group(group) = &tree {
            tree = TokenTree::Group(Group::new(group.delimiter(), respan(group.stream(), span)));
        }
        tree.set_span(span);
        tree
    };
    tokens.into_iter().map(respan_tree).collect()
}

/// Returns the name without `r#`, as it occurs in a path or on the wire.
pub(crate) fn unraw(ident: &Ident) -> String {
    use syn::ext::IdentExt;
    ident.unraw().to_string()
}
