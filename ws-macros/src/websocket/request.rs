//! Writes the request of an endpoint: `item::at(5).q(1)`. The type that carries the endpoint is the request itself, so that
//! nothing else needs a name.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{GenericArgument, PathArguments, Type, Visibility};

use super::model::{Constraint, Origin, Route, Source};
use crate::{
    endpoint_fn::param_name,
    features::has_requests,
    names::{mixed, unraw},
};

/// The parts of a request.
pub(super) struct RequestParts {
    /// The fields of the type that carries the endpoint.
    pub(super) fields: TokenStream,
    pub(super) impls: TokenStream,
}

/// A parameter that a request sets.
struct Setter<'a> {
    name: &'a Ident,
    ty: &'a Type,
    source: Source,
    wire_name: &'a str,
    is_required: bool,
    is_whole: bool,
}

// struct item { __request: Request<Self> }
// impl item {
//     pub fn at<__S0>(id: impl Argument<u64, __S0>) -> Self { Self { __request: Request::new("/items/<id>").path("id", id) } }
//     pub fn q<__S>(self, q: impl Argument<Option<i32>, __S>) -> Self { Self { __request: self.__request.query("q", q) } }
// }
// impl Deref for item { type Target = Request<Self>; .. }
// impl Call<WebSocket> for item { .. }
//
// The types of parameters occur in bounds with a parameter only. Nothing is asked of them before a value is passed, so a
// type that cannot be written as text is no mistake here.
pub(super) fn expand_request(route: &Route<'_>, marker: &Ident, own_route: &TokenStream) -> RequestParts {
    if !has_requests() {
        return RequestParts { fields: TokenStream::new(), impls: TokenStream::new() };
    }
    let span = mixed(Span::call_site());
    let (request_module, shared) = (route.names.request(span), route.function.shared_attrs());
    let field = Ident::new("__request", span);
    let setters = setters(route);
    let at = expand_at(route, &setters, &request_module, &field);
    let optional = setters.iter().filter(|setter| !setter.is_required);
    let methods = optional.map(|setter| expand_setter(route, setter, &request_module, &field));
    let connection = &route.connection.ty;
    let route_ty = route.names.route(span);
    // `private_bounds` and the like would repeat what rustc says about the function.
    let impls = quote_spanned! {span=>
        #shared
        #[allow(deprecated, private_bounds, private_interfaces, clippy::wrong_self_convention)]
        #[automatically_derived]
        impl #marker {
            #at
            #(#methods)*
        }
        #shared
        #[allow(deprecated)]
        #[automatically_derived]
        impl ::core::ops::Deref for #marker {
            type Target = #request_module::Request<Self>;
            fn deref(&self) -> &#request_module::Request<Self> {
                &self.#field
            }
        }
        #shared
        #[allow(deprecated)]
        #[automatically_derived]
        impl #request_module::Call<#connection> for #marker {
            type Endpoint = Self;
            fn into_request(self) -> #request_module::Request<Self> {
                self.#field
            }
            fn route() -> #route_ty {
                #own_route
            }
        }
    };
    RequestParts { fields: quote_spanned!(span=> #field: #request_module::Request<Self>), impls }
}

// pub fn at<__S0>(id: impl Argument<u64, __S0>) -> Self { Self { __request: Request::new("/items/<id>").path("id", id) } }
fn expand_at(
    route: &Route<'_>,
    setters: &[Setter<'_>],
    request_module: &TokenStream,
    field: &Ident,
) -> TokenStream {
    let span = field.span();
    let vis = visibility(route);
    let required: Vec<_> = setters.iter().filter(|setter| setter.is_required).collect();
    let forms: Vec<_> = (0..required.len()).map(|index| Ident::new(&format!("__S{index}"), span)).collect();
    let generics = (!forms.is_empty()).then(|| quote_spanned!(span=> <#(#forms),*>));
    let args = required.iter().zip(&forms).map(|(setter, form)| {
        let (name, ty) = (argument(setter), setter.ty);
        quote_spanned!(span=> #name: impl #request_module::Argument<#ty, #form>)
    });
    let calls = required.iter().map(|setter| {
        let (method, wire_name, name) = (method(setter, span), setter.wire_name, argument(setter));
        quote_spanned!(span=> .#method(#wire_name, #name))
    });
    let path = &route.path.literal;
    let doc = format!(" A request of `{}`.", path.value());
    quote_spanned! {span=>
        #[doc = #doc]
        #vis fn at #generics (#(#args),*) -> Self {
            Self { #field: #request_module::Request::new(#path) #(#calls)* }
        }
    }
}

// pub fn q<__S>(self, q: impl Argument<Option<i32>, __S>) -> Self { Self { __request: self.__request.query("q", q) } }
fn expand_setter(
    route: &Route<'_>,
    setter: &Setter<'_>,
    request_module: &TokenStream,
    field: &Ident,
) -> TokenStream {
    let span = field.span();
    let (vis, ty, name) = (visibility(route), setter.ty, argument(setter));
    let (called, method) = (setter_name(route, setter.name), method(setter, span));
    let form = Ident::new("__S", span);
    let (bound, wire_name, doc) = if setter.is_whole {
        let doc = format!(" Sets the query by `{}`.", unraw(setter.name));
        (quote_spanned!(span=> Whole), unraw(setter.name), doc)
    } else {
        let doc = match setter.source {
            Source::Cookie => format!(" Sets the cookie `{}`.", setter.wire_name),
            Source::Header => format!(" Sets the header `{}`.", setter.wire_name),
            _ => format!(" Sets the query parameter `{}`.", setter.wire_name),
        };
        (quote_spanned!(span=> Argument), setter.wire_name.to_owned(), doc)
    };
    quote_spanned! {span=>
        #[doc = #doc]
        #vis fn #called<#form>(self, #name: impl #request_module::#bound<#ty, #form>) -> Self {
            Self { #field: self.#field.#method(#wire_name, #name) }
        }
    }
}

fn visibility<'a>(route: &Route<'a>) -> &'a Visibility {
    &route.function.vis
}

/// Returns the argument. It has the user's name but not its place, so that nothing of the user's is shadowed.
fn argument(setter: &Setter<'_>) -> Ident {
    let mut name = setter.name.clone();
    name.set_span(mixed(name.span()));
    name
}

fn method(setter: &Setter<'_>, span: Span) -> Ident {
    let name = if setter.is_whole { "whole_query" } else { setter.source.name() };
    Ident::new(name, span)
}

/// Returns the name of the method. `_q` is a parameter that the function does not use, and the method is called `q`.
fn setter_name(route: &Route<'_>, name: &Ident) -> Ident {
    let plain = unraw(name);
    if plain == "at" {
        return Ident::new("set_at", name.span());
    }
    let used = plain.trim_start_matches('_');
    let is_taken = || {
        let others = route.function.params().filter_map(|(param, _)| param_name(param));
        others.into_iter().any(|other| other.ident == used)
    };
    match syn::parse_str::<Ident>(used) {
        Ok(mut short) if used != plain && !is_taken() && used != "at" => {
            short.set_span(name.span());
            short
        }
        _ => name.clone(),
    }
}

fn setters<'a>(route: &'a Route<'_>) -> Vec<Setter<'a>> {
    let written = route.function.params().map(|(param, _)| param_name(param));
    let named = written.zip(&route.params).filter_map(|(name, param)| Some((&name?.ident, param)));
    let setters = named.filter_map(|(name, param)| match &param.origin {
        Origin::Text { source: Source::Header, wire_name, .. } if is_own_header(wire_name) => None,
        Origin::Text { source, wire_name, constraints, .. } => {
            let has_default =
                constraints.iter().any(|constraint| matches!(constraint, Constraint::Default(..)));
            let is_in_path = source.is_in_path();
            let is_required = is_in_path || !has_default && !is_written(param.ty, &["Option", "Vec"]);
            Some(Setter { name, ty: param.ty, source: *source, wire_name, is_required, is_whole: false })
        }
        Origin::Handshake if is_written(param.ty, &["Query"]) => Some(Setter {
            name,
            ty: param.ty,
            source: Source::Query,
            wire_name: "",
            is_required: false,
            is_whole: true,
        }),
        Origin::Handshake | Origin::Depends(_) | Origin::Bare(_) | Origin::Request => None,
    });
    setters.collect()
}

/// Returns `true` for a header that every client sends by itself.
fn is_own_header(name: &str) -> bool {
    name.starts_with("sec-websocket-")
        || ["host", "connection", "upgrade", "content-length", "transfer-encoding"].contains(&name)
}

// The number of arguments cannot depend on what an alias stands for. A type that is written differently is an argument,
// which takes the same values.
fn is_written(ty: &Type, names: &[&str]) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let has_type = matches!(&last.arguments, PathArguments::AngleBracketed(generics)
                if generics.args.iter().any(|argument| matches!(argument, GenericArgument::Type(_))));
            has_type && names.iter().any(|name| last.ident == name)
        }),
        Type::Group(group) => is_written(&group.elem, names),
        Type::Paren(paren) => is_written(&paren.elem, names),
        _ => false,
    }
}

// <Self as Endpoint>::route()
pub(super) fn expand_own_route(route: &Route<'_>) -> TokenStream {
    let span = mixed(Span::call_site());
    let endpoint = route.names.endpoint(span);
    quote!(<Self as #endpoint>::route())
}
