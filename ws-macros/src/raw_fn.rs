//! A function whose signature is not yet known to parse, with its parameters as tokens.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::{Signature, parse_quote};

use crate::endpoint_fn::HELPERS;

/// The tokens of a function, starting at its qualifiers, before they are known to parse.
pub(crate) struct RawFn {
    /// The tokens up to the parentheses of the parameters.
    head: Vec<TokenTree>,
    pub(crate) params: Option<Group>,
    tail: Vec<TokenTree>,
}

impl RawFn {
    pub(crate) fn new(function: TokenStream) -> Self {
        let mut trees = function.into_iter().peekable();
        let mut head = Vec::new();
        let mut name_is_known = false;
        // `pub(crate)` has been removed, and generics before the parameters have bare parentheses only in `Fn(A)`.
        let mut depth = 0_usize;
        let mut params = None;
        for tree in trees.by_ref() {
            match tree {
                TokenTree::Group(group)
                    if name_is_known && depth == 0 && group.delimiter() == Delimiter::Parenthesis =>
                {
                    params = Some(group);
                    break;
                }
                tree => {
                    name_is_known |= is_ident(&tree, "fn");
                    depth = depth_after(depth, &tree, head.last());
                    head.push(tree);
                }
            }
        }
        Self { head, params, tail: trees.collect() }
    }

    /// Returns `true` if a parameter lacks its type, or two lack the comma between them. rustc reports both, with help.
    pub(crate) fn is_refused_by_rustc(&self) -> bool {
        let Some(params) = &self.params else { return false };
        split(params.stream()).iter().any(|param| {
            let colons = top_level(param, ":").len();
            let is_variadic = param.iter().any(|tree| is_punct(tree, '.'));
            let is_receiver = param.iter().any(|tree| is_ident(tree, "self"));
            colons > 1 || (colons == 0 && !is_variadic && !is_receiver)
        })
    }

    /// Removes the helper attributes, which rustc does not know.
    pub(crate) fn drop_helpers(&mut self) {
        let Some(params) = &self.params else { return };
        if !params.stream().into_iter().any(|tree| is_helper(&tree)) {
            // A new group would lose the places of the two parentheses, at which rustc reports errors.
            return;
        }
        let mut kept = TokenStream::new();
        let mut trees = params.stream().into_iter().peekable();
        while let Some(tree) = trees.next() {
            if is_punct(&tree, '#') && trees.peek().is_some_and(is_helper) {
                trees.next();
            } else {
                kept.append(tree);
            }
        }
        self.set_params(kept);
    }

    /// Returns a signature of that name, which replaces one that does not parse.
    pub(crate) fn bare_signature(&self) -> Signature {
        let name = self.head.iter().skip_while(|tree| !is_ident(tree, "fn")).nth(1);
        let name = match name {
            Some(TokenTree::Ident(name)) => name.clone(),
            _ => Ident::new("unnamed", Span::call_site()),
        };
        let takes_self = self
            .params
            .as_ref()
            .is_some_and(|params| params.stream().into_iter().any(|tree| is_ident(&tree, "self")));
        let receiver = takes_self.then(|| quote!(self));
        parse_quote!(async fn #name(#receiver))
    }

    pub(crate) fn set_params(&mut self, tokens: TokenStream) {
        if let Some(params) = &mut self.params {
            let span = params.span();
            *params = Group::new(Delimiter::Parenthesis, tokens);
            params.set_span(span);
        }
    }
}

impl ToTokens for RawFn {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.head);
        self.params.to_tokens(tokens);
        tokens.append_all(&self.tail);
    }
}

/// Splits at the commas outside of brackets and angle brackets. Each part keeps its comma.
pub(crate) fn split(params: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    let mut depth = 0;
    let mut previous: Option<TokenTree> = None;
    for tree in params {
        depth = depth_after(depth, &tree, previous.as_ref());
        previous = Some(tree.clone());
        let ends = depth == 0 && is_punct(&tree, ',');
        parts.last_mut().expect("never empty").push(tree);
        if ends {
            parts.push(Vec::new());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Finds a sign that stands by itself, such as `:` but not `::`, outside of angle brackets.
pub(crate) fn top_level(param: &[TokenTree], sign: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut depth = 0;
    for (index, tree) in param.iter().enumerate() {
        let previous = index.checked_sub(1).map(|index| &param[index]);
        depth = depth_after(depth, tree, previous);
        let is_sign = matches!(tree, TokenTree::Punct(punct) if sign.contains(punct.as_char()));
        let is_compound = [previous, param.get(index + 1)]
            .into_iter()
            .flatten()
            .any(|beside| sign.contains(|sign| is_punct(beside, sign)));
        if depth == 0 && is_sign && !is_compound {
            found.push(index);
        }
    }
    found
}

// The `>` of an arrow does not close an angle bracket.
fn depth_after(depth: usize, tree: &TokenTree, previous: Option<&TokenTree>) -> usize {
    match tree {
        TokenTree::Punct(punct) if punct.as_char() == '<' => depth + 1,
        TokenTree::Punct(punct)
            if punct.as_char() == '>' && !previous.is_some_and(|tree| is_punct(tree, '-')) =>
        {
            depth.saturating_sub(1)
        }
        _ => depth,
    }
}

pub(crate) fn is_punct(tree: &TokenTree, sign: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn is_ident(tree: &TokenTree, word: &str) -> bool {
    matches!(tree, TokenTree::Ident(ident) if ident == word)
}

fn is_helper(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else { return false };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && first.is_some_and(|name| HELPERS.iter().any(|helper| is_ident(&name, helper)))
}
