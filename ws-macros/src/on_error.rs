//! `#[on_error(E)]`: makes an async function the `OnError` of one error type.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Expr, Ident, Lit, LitInt, ReturnType, Token, Type,
    parse::{ParseStream, Parser},
    parse_quote,
    spanned::Spanned,
};

use crate::{
    close_error::check_code,
    endpoint_fn::EndpointFn,
    errors::Errors,
    features::has_descriptions,
    list::{Entry, Key, Known, literal, parse_list, suggest_literal},
    names::{Names, locals, mixed},
    place::Place,
    signature::check_signature,
    text::tidy,
    websocket::as_array,
};

const OPTIONS: Known = Known {
    noun: "option",
    place: "",
    keys: &[
        Key { name: "closes", example: "closes = [4001]", aliases: &["codes", "close_codes", "responses"] },
        Key { name: "crate", example: "crate = some_crate::ws_runtime", aliases: &["crate_path"] },
    ],
    elsewhere: &[(
        &["code", "close", "reason", "status", "message"],
        "remove it: the handler returns the `Close`; what is always the same can be derived with `CloseError` instead",
    )],
    suggest: suggest_literal,
};

/// Runs all stages.
pub(crate) fn on_error(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let Some(mut function) = EndpointFn::parse(item.clone(), "on_error", &mut errors) else {
        return errors.with(item);
    };
    let args = Args::parse(args, &function, &mut errors);
    add_output(&args, &mut function, &mut errors);
    let handler = resolve(&args, &function, &mut errors);
    let implementation = match (&handler, &args.error) {
        (Some(handler), _) if errors.is_empty() => expand(handler),
        (_, Some(error)) => fallback(&args.names, error, &function),
        _ => TokenStream::new(),
    };
    let editor = &errors.editor;
    let expanded = quote!(#function #editor #implementation);
    errors.with(expanded)
}

/// `ItemError, crate = some::path`
#[derive(Default)]
struct Args {
    error: Option<Type>,
    /// The codes that the handler closes with, as it declares.
    closes: Vec<LitInt>,
    names: Names,
}

impl Args {
    fn parse(args: TokenStream, function: &EndpointFn, errors: &mut Errors) -> Self {
        let help = attribute_for(function);
        let mut rest = TokenStream::new();
        let parser = |input: ParseStream<'_>| {
            // `crate` begins a type as well as the option.
            if input.is_empty() || (input.peek(Token![crate]) && input.peek2(Token![=])) {
                rest = input.parse()?;
                return Ok(None);
            }
            if input.peek(Ident) && input.peek2(Token![=]) && !input.peek2(Token![=>]) {
                let key: Ident = input.parse()?;
                let _: TokenStream = input.parse()?;
                return Err(syn::Error::new_spanned(key, "the error type has no key"));
            }
            if input.peek(Lit) || input.peek(Token![-]) {
                let value: TokenStream = input.parse()?;
                return Err(syn::Error::new_spanned(value, "expected an error type"));
            }
            let error = input.parse::<Type>()?;
            if input.peek(Token![=>]) {
                let rest: TokenStream = input.parse()?;
                return Err(syn::Error::new_spanned(rest, "the function is the handler"));
            }
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
                rest = input.parse()?;
            }
            Ok(Some(error))
        };
        let Some(error) = errors.take(parser.parse2(args), &help) else {
            // The function says which error it is for, so that type has a handler.
            return Self { error: first_type(function).cloned(), ..Self::default() };
        };
        if error.is_none() {
            errors.push_at(Span::call_site(), "expected an error type", &help);
        }
        let error = error.or_else(|| first_type(function).cloned());
        Self { error, ..resolve_options(rest, &help, errors) }
    }
}

fn resolve_options(options: TokenStream, help: &str, errors: &mut Errors) -> Args {
    let entries = parse_list(options, help, errors);
    let mut args = Args::default();
    for entry in &entries {
        // A second type is a more likely mistake than a wrong option.
        let Entry::Value(value) = entry else { continue };
        if let Expr::Path(second) = value {
            errors.push(second, "`#[on_error]` takes one error type", "write one handler for each type");
        } else {
            let help = "remove what follows the type: the handler returns the `Close`";
            errors.push(value, "`#[on_error]` takes the error type alone", help);
        }
        return args;
    }
    for (key, value) in OPTIONS.check(&entries, errors) {
        if key == "closes" {
            args.closes = resolve_closes(value, errors);
        } else {
            args.names = Names::from_option(value, errors);
        }
    }
    args
}

fn resolve_closes(value: &Expr, errors: &mut Errors) -> Vec<LitInt> {
    const EXAMPLE: &str = "`closes = [4001, 4002]`";
    let Some(array) = as_array(value).filter(|array| !array.elems.is_empty()) else {
        let help = match literal(value) {
            Some(Lit::Int(code)) => format!("`closes = [{}]`", code.base10_digits()),
            _ => EXAMPLE.to_owned(),
        };
        errors.push(value, "option `closes` needs a list of close codes", help);
        return Vec::new();
    };
    let code = |value: &Expr| {
        let Some(Lit::Int(code)) = literal(value) else {
            errors.push(value, "close code must be an integer literal", EXAMPLE);
            return None;
        };
        check_code(code, |code, _| format!("closes = [{code}]"), errors)
    };
    array.elems.iter().filter_map(code).collect()
}

// Returns `#[on_error(Throttled)]` for the type of the first parameter.
fn attribute_for(function: &EndpointFn) -> String {
    let error = first_type(function).map_or("ItemError".to_owned(), tidy);
    format!("`#[on_error({error})]`")
}

fn first_type(function: &EndpointFn) -> Option<&Type> {
    match function.params().next().map(|(param, _)| &*param.ty)? {
        ty @ Type::Path(_) => Some(ty),
        Type::Reference(reference) => Some(&reference.elem),
        _ => None,
    }
}

/// A function that fits, and the error that it handles.
struct Handler<'a> {
    names: &'a Names,
    error: &'a Type,
    closes: &'a [LitInt],
    function: &'a EndpointFn,
    /// The declared types of the error and the context.
    params: [&'a Type; 2],
    output: &'a Type,
}

fn resolve<'a>(args: &'a Args, function: &'a EndpointFn, errors: &mut Errors) -> Option<Handler<'a>> {
    if let Some(again) = &function.applied_again {
        errors.push(again, "function already handles an error type", "write one handler for each type");
    }
    if function.is_unparsed() {
        return None;
    }
    check_signature(function, "error handler", errors);
    let params = resolve_params(args, function, errors);
    let output = resolve_output(function);
    Some(Handler {
        names: &args.names,
        closes: &args.closes,
        error: args.error.as_ref()?,
        function,
        params: params?,
        output: output?,
    })
}

fn resolve_params<'a>(args: &Args, function: &'a EndpointFn, errors: &mut Errors) -> Option<[&'a Type; 2]> {
    for helper in function.helpers.iter().flatten() {
        let help = "the context has the handshake: `cx.handshake()`";
        errors.push(helper, "a parameter of an error handler has no source", help);
    }
    let types: Vec<&Type> = function.params().map(|(param, _)| &*param.ty).collect();
    match types.as_slice() {
        [error, context] => return check_pair(args, function, [error, context], errors),
        [_, _, third, ..] => {
            let help = "the context has what else is needed: `cx.state::<T>()`";
            errors.push(third, "error handler takes two parameters", help);
        }
        _ if function.receiver().is_some() => {}
        _ => {
            let error = args.error.as_ref().map_or("ItemError".to_owned(), tidy);
            errors.push_at(
                function.sig.paren_token.span.join(),
                "error handler takes the error and its context",
                format!("`(error: {error}, cx: ErrorContext)`"),
            );
        }
    }
    None
}

// The way the types are written shows their order, and that both are owned.
fn check_pair<'a>(
    args: &Args,
    function: &EndpointFn,
    types: [&'a Type; 2],
    errors: &mut Errors,
) -> Option<[&'a Type; 2]> {
    let [error, context] = types;
    let is_named = |ty: &Type, name: &str| matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name));
    let is_error = |ty: &Type| args.error.as_ref().is_some_and(|error| tidy(error) == tidy(ty));
    let is_swapped =
        is_error(context) || is_named(error, "ErrorContext") && !is_named(context, "ErrorContext");
    if is_swapped && !is_error(error) {
        let mut params = function.params().map(|(param, _)| tidy(param));
        let (first, second) = (params.next().unwrap_or_default(), params.next().unwrap_or_default());
        let help = format!("`({second}, {first})`");
        errors.push(&function.sig.inputs, "error handler takes the error first, then its context", help);
        return None;
    }
    let owned = errors.scope(|errors| {
        for ty in types {
            if let Type::Reference(reference) = ty {
                let message = "error handler owns its error and its context";
                errors.push(ty, message, format!("`{}`", tidy(&reference.elem)));
            }
        }
    });
    owned.map(|()| types)
}

// Reports that a handler returns nothing. If its body ends with a value, only the type is missing, and rustc would report
// that again.
fn add_output(args: &Args, function: &mut EndpointFn, errors: &mut Errors) {
    if function.is_unparsed() || !matches!(function.sig.output, ReturnType::Default) {
        return;
    }
    let parentheses = function.sig.paren_token.span;
    errors.push_at(parentheses.join(), "error handler must return the close", "add `-> Close`");
    if function.ends_with_value() {
        let close = args.names.close(mixed(parentheses.close()));
        function.sig.output = parse_quote!(-> #close);
    }
}

fn resolve_output(function: &EndpointFn) -> Option<&Type> {
    match &function.sig.output {
        ReturnType::Type(_, output) => Some(output),
        ReturnType::Default => None,
    }
}

// impl ::ws_runtime::OnError for Throttled {
//     async fn on_error(self, __cx: ErrorContext) -> Close { IntoClose::into_close(throttled(self, __cx).await) }
//     fn closes(__closes: &mut Closes) { .. }    // only with the feature `describe`, and if there is a list
// }
fn expand(handler: &Handler<'_>) -> TokenStream {
    let Handler { names, error, closes, function, params: [error_param, cx_param], output } = handler;
    let span = mixed(function.name().span());
    let closes = expand_closes(names, closes, span);
    let shared = function.shared_attrs();
    // A missing `Display` is reported at the type in the attribute.
    let on_error = names.on_error(mixed(error.span()));
    let (context, close) = (names.error_context(span), names.close(span));
    // The arguments have the places of the parameters, so that a mismatch is reported there.
    let this = quote_spanned!(mixed(error_param.span())=> self);
    let cx = locals::cx(cx_param.span());
    let out = locals::out(output.span());
    let name = function.name();
    // A value that is not a close is reported at the return type.
    let place = Place::of(output);
    let into_close = names.into_close(place.first);
    let into_close = quote_spanned!(place.first=> <#output as #into_close>::into_close);
    let converted = place.call(&into_close, &quote!(#out));
    // A second implementation, or one for a foreign type, is reported at the type in the attribute.
    let header = quote_spanned!(mixed(error.span())=> impl #on_error for #error);
    quote_spanned! {span=>
        #shared
        #[automatically_derived]
        #header {
            async fn on_error(self, #cx: #context) -> #close {
                let #out = #name(#this, #cx).await;
                #converted
            }
            #closes
        }
    }
}

// fn closes(__closes: &mut Closes) { __closes.push(CloseDescription::new(close_code!(4001))); }
fn expand_closes(names: &Names, codes: &[LitInt], span: Span) -> Option<TokenStream> {
    if !has_descriptions() || codes.is_empty() {
        return None;
    }
    let (closes_ty, closes, private) = (names.closes(span), locals::closes(span), names.private(span));
    let close_code = names.close_code(span);
    Some(quote_spanned! {span=>
        fn closes(#closes: &mut #closes_ty) {
            #(#closes.push(#private::CloseDescription::new(#close_code!(#codes)));)*
        }
    })
}

// impl ::ws_runtime::OnError for Throttled { /* unreachable!() */ }
fn fallback(names: &Names, error: &Type, function: &EndpointFn) -> TokenStream {
    if function.receiver().is_some() {
        return TokenStream::new();
    }
    let span = mixed(error.span());
    let shared = function.shared_attrs();
    let (on_error, context, close) = (names.on_error(span), names.error_context(span), names.close(span));
    quote_spanned! {span=>
        #shared
        #[automatically_derived]
        impl #on_error for #error {
            async fn on_error(self, _: #context) -> #close {
                ::core::unreachable!()
            }
        }
    }
}
