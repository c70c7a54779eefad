//! `#[dependency]`: a function whose value endpoints and other dependencies take by `#[depends(function)]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ReturnType, Type, spanned::Spanned};

use super::{
    describe::expand_describe_dependency,
    expand::{
        expand_bare_traits, expand_begin, expand_finish, expand_needs, expand_parameter, expand_reading,
        expand_shapes, expand_supply, is_text, need,
    },
    model::{Origin, Param},
    params::resolve_dependency_params,
};
use crate::{
    endpoint_fn::EndpointFn,
    errors::Errors,
    list::{Key, Known, parse_list, suggest_literal},
    names::{Names, locals, mixed},
    place::Place,
    signature::check_dependency_signature,
    text::tidy,
};

const OPTIONS: Known = Known {
    noun: "option",
    place: " in `#[dependency]`",
    keys: &[Key {
        name: "crate",
        example: "crate = some_crate::ws_runtime",
        aliases: &["crate_path", "krate"],
    }],
    elsewhere: &[(
        &["name", "scope", "cache", "use_cache", "singleton"],
        "remove it: a dependency is known by its function, and called once for each handshake",
    )],
    suggest: suggest_literal,
};

/// Runs all stages.
pub(crate) fn dependency(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let Some(function) = EndpointFn::parse(item.clone(), "dependency", &mut errors) else {
        return errors.with(item);
    };
    let mut names = Names::default();
    let entries = parse_list(args, "`#[dependency]`", &mut errors);
    for (_, value) in OPTIONS.check(&entries, &mut errors) {
        names = Names::from_option(value, &mut errors);
    }
    let params = resolve(&function, &mut errors);
    let editor = &errors.editor;
    let expanded = match params {
        Some(params) if errors.is_empty() => {
            let dependency = expand(&names, &function, &params);
            quote!(#editor #dependency)
        }
        _ if function.is_unparsed() || function.receiver().is_some() => quote!(#function #editor),
        _ => {
            let fallback = fallback(&names, &function);
            quote!(#editor #fallback)
        }
    };
    errors.with(expanded)
}

fn resolve<'a>(function: &'a EndpointFn, errors: &mut Errors) -> Option<Vec<Param<'a>>> {
    if let Some(again) = &function.applied_again {
        errors.push(again, "function already is a dependency", "remove one of the two attributes");
    }
    if function.is_unparsed() {
        return None;
    }
    check_dependency_signature(function, errors);
    check_output(function, errors);
    let params = resolve_dependency_params(function, errors)?;
    // rustc says that no function returns these, and would say so again wherever the expansion names the type.
    let is_never_returned = |ty: &Type| matches!(ty, Type::Infer(_) | Type::TraitObject(_));
    (!matches!(&function.sig.output, ReturnType::Type(_, ty) if is_never_returned(ty))).then_some(params)
}

/// Refuses return types that are never a `Result`, even under an alias.
fn check_output(function: &EndpointFn, errors: &mut Errors) {
    let help = |value: &Type| format!("write `ws_runtime::Result<{}>`, and return `Ok(..)`", tidy(value));
    match &function.sig.output {
        ReturnType::Default => {
            errors.push(
                function.name(),
                "dependency returns nothing",
                "write `-> Result<T, E>`, where `E` has a close code",
            );
        }
        ReturnType::Type(_, ty) => match &**ty {
            Type::ImplTrait(_) | Type::Never(_) => {
                errors.push(ty, "the return type of a dependency must be named", "`Result<T, E>`");
            }
            ty @ (Type::Tuple(_) | Type::Array(_)) => {
                errors.push(ty, "a dependency returns a `Result`", help(ty));
            }
            Type::Path(path) if is_never_result(&path.path) => {
                errors.push(ty, "a dependency returns a `Result`", help(ty));
            }
            _ => {}
        },
    }
}

/// Returns `true` for the names of std's types that are no `Result`. An alias of a `Result` has another name.
fn is_never_result(path: &syn::Path) -> bool {
    const NAMES: [&str; 24] = [
        "Arc", "Box", "BTreeMap", "HashMap", "HashSet", "Option", "Rc", "String", "Vec", "bool", "char",
        "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "u128", "u16", "u32", "u64", "u8",
    ];
    path.segments.last().is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
}

// struct load {}
// fn load() -> load { load {} }
// impl load { async fn call(id: u64) -> Result<Item, E> { .. } }
// impl DeclaredDependency for load { fn requires(..) .. }
// impl<__T: 'static> Dependency<__T> for load where Result<Item, E>: Provides<__T, Self> { fn begin(..) .. }
//
// rustc does not check a bound with a type parameter where it is written. So a return type that is no `Result` is reported
// where the function's value is returned, and nowhere else.
//
// A function in the value namespace, unlike a constant, does not collide with a parameter of the same name.
fn expand(names: &Names, function: &EndpointFn, params: &[Param<'_>]) -> TokenStream {
    let span = mixed(function.name().span());
    let items = expand_items(function);
    let (name, shared, private) = (function.name(), function.shared_attrs(), names.private(span));
    let (requires, begin) = (expand_requires(names, params, span), expand_run(names, function, params, span));
    let (output, _) = output(function);
    let described = expand_describe_dependency(names, function, params);
    quote_spanned! {span=>
        #items

        #described

        #shared
        #[allow(deprecated)]
        #[automatically_derived]
        impl #private::DeclaredDependency for #name {
            #requires
        }

        #shared
        #[allow(deprecated, unused_mut)]
        #[automatically_derived]
        impl<__T: 'static> #private::Dependency<__T> for #name
        where
            #output: #private::Provides<__T, Self>,
        {
            #begin
        }
    }
}

/// The type that stands for the dependency, the function that names it, and the user's function.
fn expand_items(function: &EndpointFn) -> TokenStream {
    let (vis, name, shared) = (&function.vis, function.name(), function.shared_attrs());
    let docs = function.attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    let call = function.renamed("call");
    let span = mixed(name.span());
    quote_spanned! {span=>
        #shared
        #(#docs)*
        #[allow(non_camel_case_types)]
        #vis struct #name {}

        #shared
        #[doc(hidden)]
        #[must_use]
        #vis fn #name() -> #name {
            #name {}
        }

        #shared
        impl #name {
            #call
        }
    }
}

/// The return type and its place.
fn output(function: &EndpointFn) -> (TokenStream, Place) {
    match &function.sig.output {
        ReturnType::Default => (quote!(()), Place::of(function.name())),
        ReturnType::Type(_, ty) => (ty.to_token_stream(), Place::of(ty)),
    }
}

// fn requires(__requirements: &mut Requirements) {
//     (&&&&Probe::<u64>::NEW).__bare().require("id", __requirements);
//     Requirements::depends(__requirements, &(&&&&Depends::<User, _>::on(user)).__need());
// }
fn expand_requires(names: &Names, params: &[Param<'_>], span: Span) -> TokenStream {
    let requirements_ty = names.requirements(span);
    let requirements = locals::requirements(span);
    let (bare_traits, needs) = (expand_bare_traits(names, params, span), expand_needs(names, params, span));
    let requires = params.iter().filter_map(|param| match &param.origin {
        Origin::Text { source, wire_name, .. } => source.is_in_path().then(|| {
            quote_spanned!(span=> #requirements_ty::path(#requirements, #wire_name);)
        }),
        Origin::Bare(name) => {
            let bare = bare(names, param.ty);
            Some(quote_spanned!(mixed(param.ty.span())=> #bare.require(#name, #requirements);))
        }
        Origin::Handshake => {
            let parameter = expand_parameter(names, param.ty);
            Some(quote_spanned!(mixed(param.ty.span())=> #requirements_ty::parameter(#requirements, &#parameter);))
        }
        Origin::Depends(function) => {
            let need = need(names, param.ty, function);
            Some(quote_spanned!(span=> #requirements_ty::depends(#requirements, &#need);))
        }
        Origin::Request => None,
    });
    quote_spanned! {span=>
        fn requires(#requirements: &mut #requirements_ty) {
            #bare_traits
            #needs
            #(#requires)*
        }
    }
}

// (&&&&Probe::<u64>::NEW).__bare()
fn bare(names: &Names, ty: &Type) -> TokenStream {
    let place = Place::of(ty);
    let span = mixed(place.first);
    let private = names.private(span);
    let probe = quote_spanned!(span=> &&&&#private::Probe::<#ty>::NEW);
    let probe = quote_spanned!(place.first=> (#probe));
    let method = place.call(&Ident::new("__bare", place.last), &TokenStream::new());
    quote_spanned!(span=> #probe.#method)
}

// fn begin(mut __cx: &mut Extraction) -> Making<__T> {
//     let __arg0 = (&&&&Probe::<u64>::NEW).__bare().begin("id", __cx);     // every text is read ..
//     let mut __cx = Extraction::fork(__cx);
//     Box::pin(async move {                                                // .. before the first dependency runs
//         let (__arg0,) = Extraction::finish(&mut __cx, (__arg0,))?;
//         let __arg0 = Extraction::complete(&__cx, __arg0).await?;
//         let __out = Self::call(__arg0).await;
//         provided::<Self, __T, _>(__out)
//     })
// }
fn expand_run(names: &Names, function: &EndpointFn, params: &[Param<'_>], span: Span) -> TokenStream {
    let cx = locals::cx(span);
    let (extraction, private) = (names.extraction(span), names.private(span));
    let shapes = expand_shapes(names, params, span);
    let numbered = || params.iter().enumerate();
    let readings = numbered().filter_map(|(index, param)| match &param.origin {
        Origin::Bare(name) => {
            let span = mixed(param.ty.span());
            let (arg, cx, bare) = (locals::arg(index, span), locals::cx(span), bare(names, param.ty));
            let place = Place::of(param.ty);
            let begin = place.call(&Ident::new("begin", place.last), &quote_spanned!(span=> #name, &mut #cx));
            Some(quote_spanned!(span=> let #arg = #bare.#begin;))
        }
        _ => expand_reading(names, index, param).or_else(|| expand_begin(names, index, param)),
    });
    let texts: Vec<Ident> = numbered()
        .filter(|(_, param)| is_text(param) || matches!(param.origin, Origin::Bare(_)))
        .map(|(index, _)| locals::arg(index, span))
        .collect();
    let finish = expand_finish(names, &texts, span);
    let supplies = numbered().filter_map(|(index, param)| match &param.origin {
        Origin::Bare(_) => {
            let span = mixed(param.ty.span());
            let (arg, cx, extraction) = (locals::arg(index, span), locals::cx(span), names.extraction(span));
            Some(quote_spanned!(span=> let #arg = #extraction::complete(&#cx, #arg).await?;))
        }
        _ => expand_supply(names, index, param),
    });
    let args = numbered().map(|(index, param)| match &param.origin {
        Origin::Request => quote_spanned!(span=> #extraction::handshake(&#cx)),
        _ => locals::arg(index, param.ty.span()).into_token_stream(),
    });
    let awaited = function.sig.asyncness.map(|_| quote_spanned!(span=> .await));
    let (output, place) = output(function);
    let (out, private_at) = (locals::out(place.first), names.private(place.first));
    let provided = quote_spanned!(place.first=> #private_at::provided::<Self, __T, #output>);
    let provided = place.call(&provided, &out.to_token_stream());
    quote_spanned! {span=>
        fn begin(mut #cx: &mut #extraction) -> #private::Making<__T> {
            #shapes
            #(#readings)*
            let mut #cx = #extraction::fork(#cx);
            ::std::boxed::Box::pin(async move {
                #finish
                #(#supplies)*
                let #out = Self::call(#(#args),*)#awaited;
                #provided
            })
        }
    }
}

// After a mistake, code that names the function still compiles.
fn fallback(names: &Names, function: &EndpointFn) -> TokenStream {
    let span = mixed(function.name().span());
    let items = expand_items(function);
    let (name, shared, private) = (function.name(), function.shared_attrs(), names.private(span));
    let (requirements, extraction) = (names.requirements(span), names.extraction(span));
    quote_spanned! {span=>
        #items

        #shared
        #[automatically_derived]
        impl #private::DeclaredDependency for #name {
            fn requires(_: &mut #requirements) {}
        }

        #shared
        #[automatically_derived]
        impl<T> #private::Dependency<T> for #name {
            fn begin(_: &mut #extraction) -> #private::Making<T> {
                ::core::unreachable!()
            }
        }
    }
}
