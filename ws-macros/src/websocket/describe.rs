//! Writes what the endpoint says of itself, for `App::describe` (feature `describe`).

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, Expr, Lit, Meta, ReturnType, Type, UnOp, spanned::Spanned};

use super::{
    expand::expand_shape,
    model::{Constraint, Origin, Param, Route, Source},
};
use crate::{
    endpoint_fn::EndpointFn,
    features::has_descriptions,
    list::literal,
    names::{Names, locals, mixed, unraw},
    text::tidy,
};

// fn describe(__d: &mut Describing) {
//     use __private::described::*;
//     __d.docs(&[" Sends back what it receives."]);
//     __d.text(Named { name: "id", wire_name: "id", source: SourceOf::Path, docs: &[], credential: false }, None,
//         (&&&(&&&&Probe::<u64>::NEW).__shape()).__text());
//     __d.extracted(&(&&&Extracted::<Query<Page>>::NEW).__query(), (&&(&&Extracted::<Query<Page>>::NEW).__error()).__closes());
//     __d.depends((&&(&&&DescribedBy::<Session, _>::new(&session)).__error()).__made());
//     let __ws = (&&Socket::<WebSocket>::NEW).__messages();
//     __d.messages((&&__ws.receives()).__message(), (&&__ws.sends()).__message(), __ws.accepts_itself);
//     __d.returns((&&(&&Returned::<Result<(), ItemError>>::NEW).__error()).__closes());
// }
//
// The types say what they are through traits that method lookup tries in an order, so that no type has to implement them.
pub(super) fn expand_describe(route: &Route<'_>, span: Span) -> Option<TokenStream> {
    if !has_descriptions() {
        return None;
    }
    let (names, d) = (route.names, locals::describing(span));
    let private = names.private(span);
    let docs = describe_docs(route, &d, span);
    let params = route.params.iter().map(|param| describe_param(names, param, &d));
    let connection = describe_connection(names, &route.connection.ty, &d);
    let returns = describe_returns(route, &d, span);
    Some(quote_spanned! {span=>
        fn describe(#d: &mut #private::Describing) {
            use #private::described::*;
            #docs
            #(#params)*
            #connection
            #returns
        }
    })
}

// fn describe(__d: &mut Describing) { __d.docs(&[..]); __d.text(..); }
pub(super) fn expand_describe_contract(route: &Route<'_>, span: Span) -> Option<TokenStream> {
    if !has_descriptions() {
        return None;
    }
    let (names, d) = (route.names, locals::describing(span));
    let private = names.private(span);
    let docs = describe_docs(route, &d, span);
    let params = route.params.iter().map(|param| describe_param(names, param, &d));
    Some(quote_spanned! {span=>
        fn describe(#d: &mut #private::Describing) {
            use #private::described::*;
            #docs
            #(#params)*
        }
    })
}

// fn describe(__d: &mut Describing) { Implemented::describe(&item::__contract(), __d); .. }
//
// Parameters of the contract are texts there and plain here, where they would be taken for types that are read from the
// handshake.
pub(super) fn expand_describe_implementation(
    route: &Route<'_>,
    name: &Ident,
    span: Span,
) -> Option<TokenStream> {
    if !has_descriptions() {
        return None;
    }
    let (names, d) = (route.names, locals::describing(span));
    let private = names.private(span);
    let docs = describe_docs(route, &d, span);
    let own = route.params.iter().filter(|param| !matches!(param.origin, Origin::Text { .. }));
    let params = own.map(|param| describe_param(names, param, &d));
    let connection = describe_connection(names, &route.connection.ty, &d);
    let returns = describe_returns(route, &d, span);
    Some(quote_spanned! {span=>
        fn describe(#d: &mut #private::Describing) {
            use #private::described::*;
            #private::Implemented::describe(&#name::__contract(), #d);
            #docs
            #(#params)*
            #connection
            #returns
        }
    })
}

fn describe_docs(route: &Route<'_>, d: &Ident, span: Span) -> Option<TokenStream> {
    let docs = docs(&route.function.attrs);
    (!docs.is_empty()).then(|| quote_spanned!(span=> #d.docs(&[#(#docs),*]);))
}

// impl DescribedDependency for load {
//     fn describe(__d: &mut Describing) {
//         use __private::described::*;
//         __d.text(..);
//         __d.provides((&&(&&Returned::<Result<Item, E>>::NEW).__error()).__closes());
//     }
// }
pub(super) fn expand_describe_dependency(
    names: &Names,
    function: &EndpointFn,
    params: &[Param<'_>],
) -> Option<TokenStream> {
    if !has_descriptions() {
        return None;
    }
    let span = mixed(function.name().span());
    let (name, shared, d) = (function.name(), function.shared_attrs(), locals::describing(span));
    let private = names.private(span);
    let params = params.iter().map(|param| describe_param(names, param, &d));
    let output = match &function.sig.output {
        ReturnType::Default => quote_spanned!(span=> ()),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    };
    Some(quote_spanned! {span=>
        #shared
        #[allow(deprecated)]
        #[automatically_derived]
        impl #private::DescribedDependency for #name {
            fn describe(#d: &mut #private::Describing) {
                use #private::described::*;
                #(#params)*
                #d.provides((&&(&&&#private::Returned::<#output>::NEW).__error()).__closes());
            }
        }
    })
}

fn describe_param(names: &Names, param: &Param<'_>, d: &Ident) -> TokenStream {
    let ty = param.ty;
    let span = mixed(ty.span());
    let private = names.private(span);
    match &param.origin {
        Origin::Text { source, wire_name, constraints, secret } => {
            let labels = describe_named(names, param, *source, wire_name, *secret);
            let default = constraints.iter().find_map(|constraint| match constraint {
                Constraint::Default(_, value) => Some(describe_default(names, value)),
                _ => None,
            });
            let default = default.map_or_else(
                || quote_spanned!(span=> ::core::option::Option::None),
                |default| quote_spanned!(span=> ::core::option::Option::Some(#default)),
            );
            let bounds =
                constraints.iter().filter(|constraint| !matches!(constraint, Constraint::Default(..)));
            let shape = expand_shape(names, ty, bounds);
            quote_spanned! {span=>
                #d.text(
                    #labels,
                    #default,
                    (&&&#shape).__text(),
                );
            }
        }
        Origin::Depends(function) => {
            let dependency = quote_spanned!(span=> (&&&#private::DescribedBy::<#ty, _>::new(&#function)));
            quote_spanned!(span=> #d.depends((&&#dependency.__error()).__made());)
        }
        Origin::Handshake => {
            let (query, closes) = describe_extracted(names, ty);
            quote_spanned!(span=> #d.extracted(&#query, #closes);)
        }
        Origin::Bare(wire_name) => {
            let labels = describe_named(names, param, Source::InPath, wire_name, false);
            let shape = expand_shape(names, ty, std::iter::empty());
            let (query, closes) = describe_extracted(names, ty);
            let extracted = quote_spanned!(span=> #private::Extracted::<#ty>::NEW);
            quote_spanned! {span=>
                #d.bare(#labels, (&&#extracted).__is_whole(), (&&&#shape).__text(), &#query, #closes);
            }
        }
        Origin::Request => TokenStream::new(),
    }
}

// The query parameters that a type reads, and the closes of its error.
fn describe_extracted(names: &Names, ty: &Type) -> (TokenStream, TokenStream) {
    let span = mixed(ty.span());
    let private = names.private(span);
    let extracted = quote_spanned!(span=> #private::Extracted::<#ty>::NEW);
    (
        quote_spanned!(span=> (&&&#extracted).__query()),
        quote_spanned!(span=> (&&(&&#extracted).__error()).__closes()),
    )
}

fn describe_named(
    names: &Names,
    param: &Param<'_>,
    source: Source,
    wire_name: &str,
    secret: bool,
) -> TokenStream {
    let span = mixed(param.ty.span());
    let private = names.private(span);
    let name = param.name.map_or_else(|| wire_name.to_owned(), unraw);
    let (docs, source) = (docs(param.docs), Ident::new(variant(source), span));
    quote_spanned! {span=>
        #private::Named {
            name: #name,
            wire_name: #wire_name,
            source: #private::SourceOf::#source,
            docs: &[#(#docs),*],
            credential: #secret,
        }
    }
}

fn variant(source: Source) -> &'static str {
    match source {
        Source::Path | Source::InPath => "Path",
        Source::Rest => "Rest",
        Source::Query => "Query",
        Source::Cookie => "Cookie",
        Source::Header => "Header",
    }
}

// Default::literal("10")     (&&Constant(PAGE_SIZE, "PAGE_SIZE")).__default()     Default::computed("Page::first()")
//
// A call may do anything, and may return another value each time, so that it is not run to be described.
fn describe_default(names: &Names, value: &Expr) -> TokenStream {
    let span = mixed(value.span());
    let private = names.private(span);
    if let Some(text) = literal_text(value) {
        return quote_spanned!(span=> #private::Default::literal(#text));
    }
    let text = tidy(value);
    if matches!(value, Expr::Path(_)) {
        quote_spanned!(span=> (&&#private::Constant(#value, #text)).__default())
    } else {
        quote_spanned!(span=> #private::Default::computed(#text))
    }
}

// The text that a client would write for the literal.
fn literal_text(value: &Expr) -> Option<String> {
    match value {
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            literal_text(&unary.expr).map(|text| format!("-{text}"))
        }
        Expr::Paren(paren) => literal_text(&paren.expr),
        _ => match literal(value)? {
            Lit::Str(text) => Some(text.value()),
            Lit::Int(int) => Some(int.base10_digits().to_owned()),
            Lit::Float(float) => Some(float.base10_digits().to_owned()),
            Lit::Bool(bool) => Some(bool.value.to_string()),
            Lit::Char(char) => Some(char.value().to_string()),
            _ => None,
        },
    }
}

fn describe_connection(names: &Names, ty: &Type, d: &Ident) -> TokenStream {
    let span = mixed(ty.span());
    let (private, ws) = (names.private(span), locals::ws(span));
    quote_spanned! {span=>
        let #ws = (&&#private::Socket::<#ty>::NEW).__messages();
        #d.messages((&&#ws.receives()).__message(), (&&#ws.sends()).__message(), #ws.accepts_itself);
    }
}

fn describe_returns(route: &Route<'_>, d: &Ident, span: Span) -> TokenStream {
    let ty = match &route.function.sig.output {
        ReturnType::Default => quote_spanned!(span=> ()),
        // These cannot be named here.
        ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_) | Type::Never(_)) => {
            return quote_spanned!(span=> #d.returns_unnamed(););
        }
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    };
    let private = route.names.private(span);
    quote_spanned!(span=> #d.returns((&&(&&#private::Returned::<#ty>::NEW).__error()).__closes());)
}

/// Returns the lines of a doc comment. Each is an expression, because `#[doc = include_str!("..")]` is one, too.
pub(crate) fn docs(attrs: &[Attribute]) -> Vec<&Expr> {
    attrs
        .iter()
        .filter_map(|attr| match &attr.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(&pair.value),
            _ => None,
        })
        .collect()
}
