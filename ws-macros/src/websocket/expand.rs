//! Writes the endpoint of a route. The expansion cannot fail, and is thin: it names types and calls the runtime.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Lit, Path, ReturnType, Type, spanned::Spanned};

use super::{
    describe::expand_describe,
    model::{Constraint, Origin, Param, Route},
    options::as_array,
    request::{RequestParts, expand_own_route, expand_request},
};
use crate::{
    editor,
    endpoint_fn::EndpointFn,
    list::literal,
    names::{Names, locals, mixed, unraw},
    place::Place,
};

// struct item {}
// impl ::ws_runtime::Endpoint for item { fn route() .. async fn run(..) .. }
//
// Deprecated items have already been reported at the function.
pub(super) fn expand(route: &Route<'_>) -> TokenStream {
    // A future that is not `Send` is reported at the name.
    let span = mixed(route.function.name().span());
    let shared = route.function.shared_attrs();
    let (endpoint, name) = (route.names.endpoint(span), marker_name(route.function));
    let RequestParts { fields, impls } = expand_request(route, &name, &expand_own_route(route));
    let marker = expand_marker(route.function, &fields);
    let (info, describe, run) =
        (expand_route(route, span), expand_describe(route, span), expand_run(route, span));
    quote_spanned! {span=>
        #marker
        #shared
        #[allow(deprecated)]
        #[automatically_derived]
        impl #endpoint for #name {
            #info
            #describe
            #run
        }
        #impls
    }
}

/// The type that carries the endpoint. It is in the type namespace only, so the function can still be called by its name.
pub(super) fn expand_marker(function: &EndpointFn, fields: &TokenStream) -> TokenStream {
    let (vis, name, shared) = (&function.vis, marker_name(function), function.shared_attrs());
    let docs = function.attrs.iter().filter(|attr| editor::is_present() && attr.path().is_ident("doc"));
    let must_use = (!fields.is_empty()).then(|| quote!(#[must_use = "a request is sent by a client"]));
    quote! {
        #shared
        #(#docs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #must_use
        #vis struct #name { #fields }
    }
}

// The type is at the attribute, where rustc reports what is wrong with it. For an editor it is at the function's name, so that
// `routes![item]` shows the function's documentation and counts among its references.
pub(super) fn marker_name(function: &EndpointFn) -> Ident {
    let mut name = function.name().clone();
    if !editor::is_present() {
        name.set_span(Span::call_site());
    }
    name
}

// fn route() -> Route {
//     Route::new::<Self>(EndpointInfo::new("item", "/items/<id>", ..)).requires(&Parameter::<State<Db>>::of()).hosts(["a.org"])
// }
fn expand_route(route: &Route<'_>, span: Span) -> TokenStream {
    let (ty, info) = (route.names.route(span), route.names.endpoint_info(span));
    // `line!` returns the line of its tokens, and the function is a better place than the attribute.
    let place = route.function.name().span();
    let place = quote_spanned!(place=> ::core::module_path!(), ::core::file!(), ::core::line!());
    let (name, path) = (unraw(route.function.name()), &route.path.literal);
    let (requirements, options) = (expand_requirements(route), expand_options(route));
    let shapes = expand_needs(route.names, &route.params, span);
    quote_spanned! {span=>
        fn route() -> #ty {
            #shapes
            #ty::new::<Self>(#info::new(#name, #path, #place)) #requirements #options
        }
    }
}

pub(super) fn expand_requirements(route: &Route<'_>) -> TokenStream {
    route.params.iter().filter_map(|param| expand_requirement(route, param)).collect()
}

pub(super) fn expand_options(route: &Route<'_>) -> TokenStream {
    route.options.iter().map(|(key, value)| expand_option(key, value)).collect()
}

// .requires(&Parameter::<State<Db>>::of())     .reads_path("tenant")     .depends(&(&&&&Depends::<User, _>::on(user)).__need())
fn expand_requirement(route: &Route<'_>, param: &Param<'_>) -> Option<TokenStream> {
    let span = mixed(param.ty.span());
    match &param.origin {
        Origin::Handshake => {
            let parameter = expand_parameter(route.names, param.ty);
            Some(quote_spanned!(span=> .requires(&#parameter)))
        }
        Origin::Text { source, wire_name, .. } => {
            let is_elsewhere =
                source.is_in_path() && route.path.params.iter().all(|in_path| in_path.name != *wire_name);
            is_elsewhere.then(|| quote_spanned!(span=> .reads_path(#wire_name)))
        }
        Origin::Depends(function) => {
            let need = need(route.names, param.ty, function);
            Some(quote_spanned!(span=> .depends(&#need)))
        }
        Origin::Bare(_) | Origin::Request => None,
    }
}

// .subprotocols(["chat"])     .before_accept(f).before_accept(g)
fn expand_option(key: &Ident, value: &Expr) -> TokenStream {
    let method = |at: Span| Ident::new(&key.to_string(), at);
    match as_array(value) {
        Some(guards) if key == "before_accept" || key == "on_error" => {
            let calls = guards.elems.iter().map(|guard| {
                let method = method(guard.span());
                quote_spanned!(guard.span()=> .#method(#guard))
            });
            quote!(#(#calls)*)
        }
        _ => {
            let method = method(key.span());
            quote_spanned!(value.span()=> .#method(#value))
        }
    }
}

// async fn run(mut __cx: Extraction, __upgrade: Upgrade) -> Outcome {
//     let __arg0 = Extraction::path(&mut __cx, "id", ..);               // every text is read ..
//     Extraction::validate(&mut __cx, &Parameter::<Query<Page>>::of());
//     let __arg2 = (&&&&Depends::<Session, _>::on(session)).__need().begin(&mut __cx);
//     let (__arg0,) = Extraction::finish(&mut __cx, (__arg0,))?;        // .. before the first failure counts
//     let __arg1 = Extraction::extract(&__cx, Parameter::<Query<Page>>::of()).await?; // then the rest, in the order written
//     let __arg2 = Extraction::supply(&mut __cx, __arg2).await?;
//     let __ws = <WebSocket as Connection>::open(__upgrade).await?;
//     let __out = item(__arg0, __arg1, __arg2, __ws).await;
//     <Result<(), ItemError> as IntoOutcome>::into_outcome(__out)
// }
//
// Functions are named by path, because a blanket trait of the user's could have a method of the same name.
fn expand_run(route: &Route<'_>, span: Span) -> TokenStream {
    let names = route.names;
    let (cx, upgrade) = (locals::cx(span), locals::upgrade(span));
    let (extraction, upgrade_ty, outcome) =
        (names.extraction(span), names.upgrade(span), names.outcome(span));
    let (readings, call) = (expand_readings(route, span), expand_call(route, span));
    quote_spanned! {span=>
        async fn run(mut #cx: #extraction, #upgrade: #upgrade_ty) -> #outcome {
            #readings
            #call
        }
    }
}

// Everything before the connection is opened.
pub(super) fn expand_readings(route: &Route<'_>, span: Span) -> TokenStream {
    let names = route.names;
    let numbered = || route.params.iter().enumerate();
    let readings = numbered().filter_map(|(index, param)| {
        expand_reading(names, index, param).or_else(|| expand_begin(names, index, param))
    });
    let texts: Vec<Ident> =
        numbered().filter(|(_, param)| is_text(param)).map(|(index, _)| locals::arg(index, span)).collect();
    let finish = expand_finish(names, &texts, span);
    let extractions = numbered().filter_map(|(index, param)| expand_supply(names, index, param));
    let shapes = expand_shapes(names, &route.params, span);
    quote! {
        #shapes
        #(#readings)*
        #finish
        #(#extractions)*
    }
}

/// The traits whose methods the probes of these parameters call.
pub(super) fn expand_shapes(names: &Names, params: &[Param<'_>], span: Span) -> TokenStream {
    let private = names.private(span);
    let texts = params
        .iter()
        .any(is_text)
        .then(|| quote_spanned!(span=> use #private::{ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _};));
    let (bare, needs) = (expand_bare_traits(names, params, span), expand_needs(names, params, span));
    quote!(#texts #bare #needs)
}

pub(super) fn expand_bare_traits(names: &Names, params: &[Param<'_>], span: Span) -> Option<TokenStream> {
    let private = names.private(span);
    params.iter().any(|param| matches!(param.origin, Origin::Bare(_))).then(|| {
        quote_spanned!(span=> use #private::{BareMany as _, BareMaybe as _, BareOne as _, BareWhole as _};)
    })
}

pub(super) fn expand_needs(names: &Names, params: &[Param<'_>], span: Span) -> Option<TokenStream> {
    let private = names.private(span);
    params.iter().any(|param| matches!(param.origin, Origin::Depends(_))).then(|| {
        quote_spanned! {span=>
            use #private::{OtherDeclared as _, OwnedDeclared as _, OwnedPlain as _, SharedDeclared as _, SharedPlain as _};
        }
    })
}

pub(super) fn is_text(param: &Param<'_>) -> bool {
    matches!(param.origin, Origin::Text { .. })
}

// let __arg0 = Extraction::query(&mut __cx, "q", (&&&&Probe::<u32>::NEW).__shape().ge(1).default(|| 10));
pub(super) fn expand_reading(names: &Names, index: usize, param: &Param<'_>) -> Option<TokenStream> {
    let Origin::Text { source, wire_name, constraints, .. } = &param.origin else { return None };
    let ty = param.ty;
    // A type that cannot be read is reported at the call and at its last argument. Both are at the type.
    let place = Place::of(ty);
    let span = mixed(place.first);
    let (arg, cx) = (locals::arg(index, span), locals::cx(span));
    let (extraction, read) = (names.extraction(place.first), Ident::new(source.name(), place.first));
    let shape = expand_shape(names, ty, constraints.iter());
    let args = quote_spanned!(span=> &mut #cx, #wire_name, #shape);
    let read = place.call(&quote_spanned!(place.first=> #extraction::#read), &args);
    Some(quote_spanned!(span=> let #arg = #read;))
}

// (&&&&Probe::<u32>::NEW).__shape().ge(1)
pub(super) fn expand_shape<'c>(
    names: &Names,
    ty: &Type,
    constraints: impl Iterator<Item = &'c Constraint>,
) -> TokenStream {
    let place = Place::of(ty);
    let span = mixed(place.first);
    let private = names.private(span);
    let probe = quote_spanned!(span=> &&&&#private::Probe::<#ty>::NEW);
    let probe = quote_spanned!(place.first=> (#probe));
    let shape = place.call(&Ident::new("__shape", place.last), &TokenStream::new());
    let constraints = constraints.map(|constraint| expand_constraint(names, constraint, &place));
    quote_spanned!(span=> #probe.#shape #(.#constraints)*)
}

// ge(1)     pattern({ static __PATTERN: Pattern = Pattern::new("^a"); &__PATTERN })     default(|| 10)
fn expand_constraint(names: &Names, constraint: &Constraint, place: &Place) -> TokenStream {
    match constraint {
        Constraint::Bound(key, value) => place.call(key, &value.to_token_stream()),
        Constraint::Pattern(key, pattern) => {
            let span = mixed(pattern.span());
            let private = names.private(span);
            let checked = quote_spanned! {span=> {
                static __PATTERN: #private::Pattern = #private::Pattern::new(#pattern);
                &__PATTERN
            }};
            place.call(key, &checked)
        }
        Constraint::Default(key, value) => {
            let value = expand_default(names, value);
            place.call(key, &quote_spanned!(mixed(value.span())=> || #value))
        }
        Constraint::Required(key) => place.call(key, &TokenStream::new()),
    }
}

// 10     FromDefault::from_default("asc")     Vec::from([1, 2])
fn expand_default(names: &Names, value: &Expr) -> TokenStream {
    if let Some(list) = as_array(value) {
        let span = mixed(value.span());
        let items = list.elems.iter().map(|item| expand_default(names, item));
        return quote_spanned!(span=> ::std::vec::Vec::from([#(#items),*]));
    }
    match literal(value) {
        // A text parameter is seldom a `&str`, so a literal is converted into the parameter's type.
        Some(Lit::Str(text)) => {
            let private = names.private(text.span());
            let function = quote_spanned!(text.span()=> #private::FromDefault::from_default);
            Place::of(text).call(&function, &text.to_token_stream())
        }
        _ => value.to_token_stream(),
    }
}

// Extraction::validate(&mut __cx, &Parameter::<Query<Page>>::of());
// let __arg2 = (&&&&Depends::<Session, _>::on(session)).__need().begin(&mut __cx);
pub(super) fn expand_begin(names: &Names, index: usize, param: &Param<'_>) -> Option<TokenStream> {
    match &param.origin {
        Origin::Handshake => {
            let span = mixed(param.ty.span());
            let (cx, extraction) = (locals::cx(span), names.extraction(span));
            let parameter = expand_parameter(names, param.ty);
            Some(quote_spanned!(span=> #extraction::validate(&mut #cx, &#parameter);))
        }
        Origin::Depends(function) => {
            // A function that does not fit is reported at its name in `#[depends]`.
            let place = Place::of(function);
            let span = mixed(place.first);
            let (arg, cx) = (locals::arg(index, span), locals::cx(span));
            let need = need(names, param.ty, function);
            let begin = place.call(&Ident::new("begin", place.last), &quote_spanned!(span=> &mut #cx));
            Some(quote_spanned!(span=> let #arg = #need.#begin;))
        }
        Origin::Text { .. } | Origin::Bare(_) | Origin::Request => None,
    }
}

// (&&&&Depends::<Session, _>::on(session)).__need()
pub(super) fn need(names: &Names, ty: &Type, function: &Path) -> TokenStream {
    let place = Place::of(function);
    let span = mixed(place.first);
    let private = names.private(span);
    let depends = quote_spanned!(span=> &&&&#private::Depends::<#ty, _>::on(#function));
    let depends = quote_spanned!(place.first=> (#depends));
    let method = place.call(&Ident::new("__need", place.last), &TokenStream::new());
    quote_spanned!(span=> #depends.#method)
}

// Parameter::<Query<Page>>::of()
pub(super) fn expand_parameter(names: &Names, ty: &Type) -> TokenStream {
    let place = Place::of(ty);
    let parameter = names.parameter(place.first);
    place.call(&quote_spanned!(place.first=> #parameter::<#ty>::of), &TokenStream::new())
}

// let (__arg0, __arg1) = Extraction::finish(&mut __cx, (__arg0, __arg1))?;
pub(super) fn expand_finish(names: &Names, texts: &[Ident], span: Span) -> TokenStream {
    let (cx, extraction) = (locals::cx(span), names.extraction(span));
    if texts.is_empty() {
        return quote_spanned!(span=> #extraction::finish(&mut #cx, ())?;);
    }
    let tuple = nest(&texts.iter().map(ToTokens::to_token_stream).collect::<Vec<_>>());
    quote_spanned!(span=> let #tuple = #extraction::finish(&mut #cx, #tuple)?;)
}

// The runtime supports tuples of up to 16 elements, each of which may be a tuple.
pub(super) fn nest(elements: &[TokenStream]) -> TokenStream {
    const LIMIT: usize = 16;
    if elements.len() <= LIMIT {
        return quote!((#(#elements,)*));
    }
    let nested: Vec<_> = elements.chunks(LIMIT).map(nest).collect();
    nest(&nested)
}

// let __arg1 = Extraction::extract(&__cx, Parameter::<State<Db>>::of()).await?;
// let __arg2 = Extraction::supply(&mut __cx, __arg2).await?;
pub(super) fn expand_supply(names: &Names, index: usize, param: &Param<'_>) -> Option<TokenStream> {
    match &param.origin {
        Origin::Handshake => {
            let span = mixed(param.ty.span());
            let (arg, cx, extraction) = (locals::arg(index, span), locals::cx(span), names.extraction(span));
            let parameter = expand_parameter(names, param.ty);
            Some(quote_spanned!(span=> let #arg = #extraction::extract(&#cx, #parameter).await?;))
        }
        Origin::Depends(function) => {
            let span = mixed(Place::of(function).first);
            let (arg, cx, extraction) = (locals::arg(index, span), locals::cx(span), names.extraction(span));
            Some(quote_spanned!(span=> let #arg = #extraction::supply(&mut #cx, #arg).await?;))
        }
        Origin::Text { .. } | Origin::Bare(_) | Origin::Request => None,
    }
}

// let __ws = <WebSocket as Connection>::open(__upgrade).await?;
// let __out = item(__arg0, __ws).await;
// <Result<(), ItemError> as IntoOutcome>::into_outcome(__out)
pub(super) fn expand_call(route: &Route<'_>, span: Span) -> TokenStream {
    let ty = &route.connection.ty;
    let place = Place::of(ty);
    let (ws, upgrade) = (locals::ws(place.first), locals::upgrade(span));
    let connection = route.names.connection(place.first);
    let open = quote_spanned!(place.first=> <#ty as #connection>::open);
    let open = place.awaited(&place.call(&open, &upgrade.to_token_stream()));
    let args = route.params.iter().enumerate().map(|(index, param)| locals::arg(index, param.ty.span()));
    let name = route.function.name();
    let (out, outcome) = expand_outcome(route);
    quote_spanned! {span=>
        let #ws = #open?;
        let #out = #name(#(#args,)* #ws).await;
        #outcome
    }
}

fn expand_outcome(route: &Route<'_>) -> (Ident, TokenStream) {
    let function = &route.function;
    let (place, ty) = match &function.sig.output {
        ReturnType::Default => (Place::of(function.name()), quote!(())),
        // `impl Trait` and `!` can be returned, but cannot be named here.
        ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_) | Type::Never(_)) => {
            (Place::of(ty), quote_spanned!(ty.span()=> _))
        }
        ReturnType::Type(_, ty) => (Place::of(ty), ty.to_token_stream()),
    };
    let (out, into_outcome) = (locals::out(place.first), route.names.outcome_type(place.first));
    let convert = quote_spanned!(place.first=> <#ty as #into_outcome>::into_outcome);
    let outcome = place.call(&convert, &out.to_token_stream());
    (out, outcome)
}
