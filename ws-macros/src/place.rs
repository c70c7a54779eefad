//! Places in the user's code at which errors about generated calls are reported.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use crate::editor;

/// Where a piece of the user's code begins and ends.
///
/// `Span::join` is unstable, but rustc spans an expression from its first token to its last, so a call that begins and ends
/// here is underlined like the user's code. rustc also reports a missing trait only once for each such span.
pub(crate) struct Place {
    pub(crate) first: Span,
    pub(crate) last: Span,
}

impl Place {
    pub(crate) fn of(tokens: &impl ToTokens) -> Self {
        if editor::is_present() {
            // No error is reported here, and editors ask about the user's own token.
            return Self { first: Span::call_site(), last: Span::call_site() };
        }
        let mut trees = tokens.to_token_stream().into_iter();
        let first = trees.next();
        let last = trees.last().or_else(|| first.clone());
        let first = first.map_or_else(Span::call_site, |tree| match tree {
            TokenTree::Group(group) => group.span_open(),
            tree => tree.span(),
        });
        let last = last.map_or(first, |tree| match tree {
            TokenTree::Group(group) => group.span_close(),
            tree => tree.span(),
        });
        Self { first, last }
    }

    /// `function(args)`, which begins at the function and whose parentheses end the place.
    pub(crate) fn call(&self, function: &impl ToTokens, args: &TokenStream) -> TokenStream {
        let mut args = Group::new(Delimiter::Parenthesis, args.clone());
        args.set_span(self.last);
        quote!(#function #args)
    }

    /// A type whose last token ends the place, so that an error underlines the whole place.
    pub(crate) fn ended(&self, ty: TokenStream) -> TokenStream {
        let mut trees: Vec<_> = ty.into_iter().collect();
        if let Some(last) = trees.last_mut() {
            last.set_span(self.last);
        }
        trees.into_iter().collect()
    }

    /// `future.await`, where the keyword ends the place.
    pub(crate) fn awaited(&self, future: &TokenStream) -> TokenStream {
        quote_spanned!(self.last=> #future.await)
    }
}
