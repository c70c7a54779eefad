//! `#[on_error(E)]`: makes an async function the `OnError` of one error type.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Expr, ReturnType, Token, Type,
    parse::{ParseStream, Parser},
    spanned::Spanned,
};

use crate::{
    endpoint_fn::EndpointFn,
    errors::Errors,
    list::{Key, Known, parse_list},
    names::{Names, locals, mixed},
    signature::check_signature,
};

const OPTIONS: Known = Known {
    noun: "option",
    place: "",
    keys: &[Key { name: "crate", example: "crate = some_crate::ws_runtime" }],
};

const HELP: &str = "`#[on_error(ItemError)]`";

/// The whole driver.
pub(crate) fn on_error(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let Some(function) = EndpointFn::parse(item.clone(), "on_error", &mut errors) else {
        return errors.with(item);
    };
    let args = Args::parse(args, &mut errors);
    let handler = resolve(&args, &function, &mut errors);
    let implementation = match (&handler, &args.error) {
        (Some(handler), _) if errors.is_empty() => expand(handler),
        (_, Some(error)) => fallback(&args.names, error, &function),
        _ => TokenStream::new(),
    };
    errors.with(quote!(#function #implementation))
}

/// `ItemError, crate = some::path`
#[derive(Default)]
struct Args {
    error: Option<Type>,
    names: Names,
}

impl Args {
    fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        let mut rest = TokenStream::new();
        let parser = |input: ParseStream<'_>| {
            // `crate` begins a type as well as the option.
            if input.is_empty() || (input.peek(Token![crate]) && input.peek2(Token![=])) {
                rest = input.parse()?;
                return Ok(None);
            }
            let error = input.parse::<Type>()?;
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
                rest = input.parse()?;
            }
            Ok(Some(error))
        };
        let Some(error) = errors.take(parser.parse2(args), HELP) else { return Self::default() };
        if error.is_none() {
            errors.push_at(Span::call_site(), "expected an error type", HELP);
        }
        Self { error, names: resolve_options(rest, errors) }
    }
}

fn resolve_options(options: TokenStream, errors: &mut Errors) -> Names {
    let entries = parse_list(options, HELP, errors);
    let mut names = Names::default();
    for entry in &entries {
        // A second type is the likelier slip than a bad option.
        if let crate::list::Entry::Value(Expr::Path(second)) = entry {
            errors.push(second, "`#[on_error]` takes one error type", "write one handler for each type");
            return names;
        }
    }
    for (_, value) in OPTIONS.check(&entries, errors) {
        names = Names::from_option(value, errors);
    }
    names
}

/// A function that fits and the error it handles.
struct Handler<'a> {
    names: &'a Names,
    error: &'a Type,
    function: &'a EndpointFn,
    /// The declared types of the error and the context.
    params: [&'a Type; 2],
    output: &'a Type,
}

fn resolve<'a>(args: &'a Args, function: &'a EndpointFn, errors: &mut Errors) -> Option<Handler<'a>> {
    if let Some(again) = &function.applied_again {
        errors.push(again, "function already handles an error type", "write one handler for each type");
    }
    check_signature(function, "error handler", errors);
    let params = resolve_params(args, function, errors);
    let output = resolve_output(function, errors);
    Some(Handler {
        names: &args.names,
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
        [error, context] => return Some([error, context]),
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

fn resolve_output<'a>(function: &'a EndpointFn, errors: &mut Errors) -> Option<&'a Type> {
    match &function.sig.output {
        ReturnType::Type(_, output) => Some(output),
        ReturnType::Default => {
            let message = "error handler must return the close";
            errors.push_at(function.sig.paren_token.span.join(), message, "add `-> Close`");
            None
        }
    }
}

// The tokens of a type as they are usually written.
fn tidy(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(" :: ", "::").replace(" < ", "<").replace(" >", ">")
}

// impl ::ws_runtime::OnError for Throttled {
//     async fn on_error(self, __cx: ErrorContext) -> Close { throttled(self, __cx).await }
// }
fn expand(handler: &Handler<'_>) -> TokenStream {
    let Handler { names, error, function, params: [error_param, cx_param], output } = handler;
    let span = mixed(function.name().span());
    let shared = function.shared_attrs();
    // A missing `Display` is reported at the type in the attribute.
    let on_error = names.on_error(mixed(error.span()));
    let (context, close) = (names.error_context(span), names.close(span));
    // Arguments stand at the parameters, so that a mismatch is reported there.
    let this = quote_spanned!(mixed(error_param.span())=> self);
    let cx = locals::cx(cx_param.span());
    let out = locals::out(output.span());
    let name = function.name();
    // A second implementation, or one for a foreign type, is reported at the type in the attribute.
    let header = quote_spanned!(mixed(error.span())=> impl #on_error for #error);
    quote_spanned! {span=>
        #shared
        #[automatically_derived]
        #header {
            async fn on_error(self, #cx: #context) -> #close {
                let #out = #name(#this, #cx).await;
                #out
            }
        }
    }
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
