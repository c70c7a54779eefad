//! The annotated function: its signature is parsed, its body stays as written, and its helper attributes are removed.

use std::mem;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, FnArg, Meta, Pat, PatIdent, PatType, Receiver, ReturnType, Signature, Token, Visibility,
    parse::{ParseStream, Parser},
};

use crate::{
    errors::Errors,
    raw_fn::RawFn,
    repair::{drop_defaults, name_sizes, refuse_strangers, take_if},
};

/// The attributes on a parameter that belong to `#[websocket]`, and not to rustc.
pub(crate) const HELPERS: [&str; 5] = ["path", "query", "cookie", "header", "depends"];

/// A function under one of our attributes. Its tokens are the user's, without helper attributes and without parts that have
/// already been reported.
pub(crate) struct EndpointFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The helper attributes of each input, in the order of `sig.inputs`.
    pub(crate) helpers: Vec<Vec<Attribute>>,
    /// Another use of the same attribute on this function. It must not run, because it would define everything twice.
    pub(crate) applied_again: Option<Attribute>,
    // The body is never parsed: rustc and the editor have to understand a body that is being typed.
    body: TokenStream,
    /// The whole function as written, if the signature does not parse and only the name is known.
    unparsed: Option<TokenStream>,
}

impl EndpointFn {
    /// Parses the item under `#[attribute]`. If it is not a function, that is the only mistake that is reported.
    pub(crate) fn parse(item: TokenStream, attribute: &str, errors: &mut Errors) -> Option<Self> {
        let parser = |input: ParseStream<'_>| {
            let attrs = input.call(Attribute::parse_outer)?;
            let vis = input.parse()?;
            if !is_function(input) {
                let keyword: TokenStream = input.parse()?;
                let message = format!("`#[{attribute}]` applies only to functions");
                errors.push(keyword.into_iter().next(), message, "move it to an `async fn`");
                return Ok(None);
            }
            Ok(Some((attrs, vis, input.parse()?)))
        };
        let parsed = parser.parse2(item);
        let help = "the signature must be complete: `async fn name(..) { .. }`";
        let (attrs, vis, function) = errors.take(parsed, help).flatten()?;
        Some(Self::from_raw(attrs, vis, function, attribute, errors))
    }

    fn from_raw(
        attrs: Vec<Attribute>,
        vis: Visibility,
        function: TokenStream,
        attribute: &str,
        errors: &mut Errors,
    ) -> Self {
        let mut raw = RawFn::new(function);
        drop_defaults(&mut raw, errors);
        let parser = |input: ParseStream<'_>| {
            let mut sig: Signature = input.parse()?;
            repair_arrow(&mut sig, input)?;
            Ok((sig, input.parse()?))
        };
        match parser.parse2(raw.to_token_stream()) {
            Ok((sig, body)) => Self::new(attrs, vis, sig, body, attribute, errors),
            Err(error) => {
                if raw.is_refused_by_rustc() {
                    errors.leave_to_rustc();
                } else {
                    let help = "the signature must be complete: `async fn name(..) { .. }`";
                    errors.push_at(error.span(), &error, help);
                }
                raw.drop_helpers();
                let unparsed = Some(quote!(#(#attrs)* #vis #raw));
                let sig = raw.bare_signature();
                Self { unparsed, ..Self::new(attrs, vis, sig, TokenStream::new(), attribute, errors) }
            }
        }
    }

    fn new(
        mut attrs: Vec<Attribute>,
        vis: Visibility,
        mut sig: Signature,
        body: TokenStream,
        attribute: &str,
        errors: &mut Errors,
    ) -> Self {
        let is_again =
            |attr: &Attribute| attr.path().segments.last().is_some_and(|name| name.ident == attribute);
        let applied_again = take_if(&mut attrs, is_again).into_iter().next();
        refuse_misplaced(&mut attrs, errors);
        let helpers = sig.inputs.iter_mut().map(|input| take_helpers(input, errors)).collect();
        name_sizes(&mut sig, errors);
        Self { attrs, vis, sig, helpers, applied_again, body, unparsed: None }
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.sig.ident
    }

    /// Returns `true` if the signature does not parse, so that nothing can be checked in it.
    pub(crate) fn is_unparsed(&self) -> bool {
        self.unparsed.is_some()
    }

    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        self.sig.receiver()
    }

    /// Returns the parameters with their helper attributes, without a receiver.
    pub(crate) fn params(&self) -> impl DoubleEndedIterator<Item = (&PatType, &[Attribute])> {
        self.sig.inputs.iter().zip(&self.helpers).filter_map(|(input, helpers)| match input {
            FnArg::Typed(param) => Some((param, helpers.as_slice())),
            FnArg::Receiver(_) => None,
        })
    }

    /// Replaces one parameter by others, each with the same helper attributes.
    pub(crate) fn replace_param(&mut self, index: usize, params: &[PatType]) {
        let helpers = self.helpers.remove(index);
        let inputs = mem::take(&mut self.sig.inputs);
        for (at, input) in inputs.into_iter().enumerate() {
            if at == index {
                self.sig.inputs.extend(params.iter().cloned().map(FnArg::Typed));
            } else {
                self.sig.inputs.push(input);
            }
        }
        self.helpers.splice(index..index, params.iter().map(|_| helpers.clone()));
    }

    /// Returns the function under another name, at the place of its own. It need not be `async`.
    pub(crate) fn renamed(&self, name: &str) -> TokenStream {
        let Self { attrs, vis, sig, body, .. } = self;
        let mut sig = sig.clone();
        sig.ident = Ident::new(name, sig.ident.span());
        let allow = self.allowance();
        if self.missing_body().is_some() {
            return quote!(#(#attrs)* #allow #vis #sig { ::core::unreachable!() });
        }
        quote!(#(#attrs)* #allow #vis #sig #body)
    }

    // The function is async because we require it. If it waits, there is nothing to allow, and a crate may forbid the lint.
    fn allowance(&self) -> Option<TokenStream> {
        (!waits(self.body.clone())).then(|| quote!(#[allow(clippy::unused_async)]))
    }

    /// Returns the `;` in the place of the body.
    pub(crate) fn missing_body(&self) -> Option<TokenStream> {
        let mut tokens = self.body.clone().into_iter();
        let first = tokens.next()?;
        (first.to_string() == ";").then(|| first.into())
    }

    /// Returns `true` if the body ends with a value, and not with a statement.
    pub(crate) fn ends_with_value(&self) -> bool {
        let Some(TokenTree::Group(body)) = self.body.clone().into_iter().last() else { return false };
        body.stream().into_iter().last().is_some_and(|last| last.to_string() != ";")
    }

    /// Returns the attributes that an item beside the function must repeat: those that decide when it exists, and which
    /// lints are silenced.
    pub(crate) fn shared_attrs(&self) -> TokenStream {
        let mut shared = TokenStream::new();
        for attr in &self.attrs {
            match &attr.meta {
                meta if meta.path().is_ident("cfg") || meta.path().is_ident("allow") => {
                    attr.to_tokens(&mut shared);
                }
                // Only the function can fulfil the expectation.
                Meta::List(list) if list.path.is_ident("expect") => {
                    let lints = &list.tokens;
                    shared.extend(quote!(#[allow(#lints)]));
                }
                _ => {}
            }
        }
        shared
    }
}

impl ToTokens for EndpointFn {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, vis, sig, body, unparsed, .. } = self;
        if let Some(unparsed) = unparsed {
            return unparsed.to_tokens(tokens);
        }
        let mut sig = sig.clone();
        let allow = self.allowance();
        if sig.asyncness.is_none() {
            // `check_signature` has refused it. rustc would also refuse each `.await`, or the parameters of a `const fn`.
            sig.asyncness = Some(Token![async](Span::call_site()));
            sig.constness = None;
        }
        if self.missing_body().is_some() {
            // rustc would report the missing body a second time.
            tokens.extend(quote!(#(#attrs)* #allow #vis #sig { ::core::unreachable!() }));
        } else {
            tokens.extend(quote!(#(#attrs)* #allow #vis #sig #body));
        }
    }
}

/// Returns the name of a parameter, if its pattern is a plain name.
pub(crate) fn param_name(param: &PatType) -> Option<&PatIdent> {
    match &*param.pat {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(name),
        _ => None,
    }
}

// rustc reports `fn f(): T` and `fn f() => T`, and understands both.
fn repair_arrow(sig: &mut Signature, input: ParseStream<'_>) -> syn::Result<()> {
    let arrow = input.span();
    let is_arrow = match input.peek(Token![=>]) {
        true => input.parse::<Token![=>]>().map(drop).is_ok(),
        false if input.peek(Token![:]) => input.parse::<Token![:]>().map(drop).is_ok(),
        false => false,
    };
    if is_arrow {
        sig.output = ReturnType::Type(Token![->](arrow), Box::new(input.parse()?));
        sig.generics.where_clause = input.parse()?;
    }
    Ok(())
}

fn take_helpers(input: &mut FnArg, errors: &mut Errors) -> Vec<Attribute> {
    let FnArg::Typed(param) = input else { return Vec::new() };
    // rustc refuses doc comments on parameters. Under our attribute they may document the inputs of an endpoint.
    param.attrs.retain(|attr| !attr.path().is_ident("doc"));
    let is_helper = |attr: &Attribute| HELPERS.iter().any(|helper| attr.path().is_ident(helper));
    let helpers = take_if(&mut param.attrs, is_helper);
    refuse_strangers(param, errors);
    helpers
}

fn refuse_misplaced(attrs: &mut Vec<Attribute>, errors: &mut Errors) {
    let is_helper = |attr: &Attribute| HELPERS.iter().any(|helper| attr.path().is_ident(helper));
    for attr in take_if(attrs, is_helper) {
        let helper = attr.path().to_token_stream();
        let help = match helper.to_string().as_str() {
            "depends" => "write it before the parameter: `#[depends(session)] session: Session`; what only checks is an option of the attribute, `before_accept = [f]`".to_owned(),
            _ => format!("write it before the parameter: `#[{helper}] page: u32`"),
        };
        errors.push(&attr, format!("`#[{helper}]` belongs on a parameter"), help);
    }
}

/// Returns `true` if the body contains an `await` outside of blocks that are futures of their own, as clippy counts it.
fn waits(body: TokenStream) -> bool {
    let mut is_future = false;
    body.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => {
            is_future = ident == "async" || is_future && ident == "move";
            ident == "await"
        }
        TokenTree::Group(group) => !mem::take(&mut is_future) && waits(group.stream()),
        _ => {
            is_future = false;
            false
        }
    })
}

fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    loop {
        if ahead.peek(Token![fn]) {
            return true;
        }
        let is_qualifier = ahead.peek(Token![const])
            || ahead.peek(Token![async])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern])
            || ahead.peek(syn::LitStr);
        if !is_qualifier || ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_waits_if_it_has_an_await_of_its_own() {
        let waiting = [
            "{ ws.recv().await }",
            "{ loop { select! { _ = f() => ws.recv().await } } }",
            "{ async || (); f.await }",
        ];
        let others = [
            "{}",
            "{ Ok(()) }",
            "{ spawn(async { ws.recv().await }); }",
            "{ spawn(async move { f().await; }) }",
        ];
        for body in waiting {
            assert!(waits(body.parse().unwrap()), "{body}");
        }
        for body in others {
            assert!(!waits(body.parse().unwrap()), "{body}");
        }
    }
}
