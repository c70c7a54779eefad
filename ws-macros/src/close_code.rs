//! `close_code!`: checks literals and constants at compile time. Variables cannot be checked.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, Lit};

use crate::{
    close_error::check_code,
    errors::Errors,
    list::literal,
    text::{only_text, tidy},
};

/// `[$crate] CODE`
pub(crate) fn close_code_of(input: TokenStream) -> TokenStream {
    let mut trees = input.into_iter();
    let Some(TokenTree::Group(root)) = trees.next() else { return TokenStream::new() };
    let (root, code): (_, TokenStream) = (root.stream(), trees.collect());
    let mut errors = Errors::new();
    let parsed = syn::parse2::<Expr>(code.clone());
    if let Some(Lit::Int(number)) = parsed.as_ref().ok().and_then(literal) {
        let code = check_code(number, |code, _| format!("close_code!({code})"), &mut errors)
            .unwrap_or_else(|| number.clone());
        let errors = errors.with(TokenStream::new());
        return if errors.is_empty() {
            literal_code(&root, &code.to_token_stream())
        } else {
            quote!({ #errors #root::CloseCode::NORMAL_CLOSURE })
        };
    }
    if let Some(value @ (Lit::Str(_) | Lit::Float(_))) = parsed.as_ref().ok().and_then(literal) {
        let help = match only_text(code.clone()).and_then(|text| text.parse::<u16>().ok()) {
            Some(number) => format!("`close_code!({number})`"),
            None => "`close_code!(4000)`".to_owned(),
        };
        errors.push(value, "a close code is an integer", help);
        let errors = errors.with(TokenStream::new());
        return quote!({ #errors #root::CloseCode::NORMAL_CLOSURE });
    }
    if parsed.is_ok_and(|code| is_variable(&code)) {
        let help = format!("`CloseCode::try_from({})?`", tidy(&code));
        errors.push(
            &code,
            "`close_code!` checks a code while compiling, and this is known at run time",
            help,
        );
        let errors = errors.with(TokenStream::new());
        return quote!({ #errors #root::CloseCode::NORMAL_CLOSURE });
    }
    errors.with(literal_code(&root, &code))
}

// A const item and not a const block, because `cargo check` only evaluates the former.
fn literal_code(root: &TokenStream, code: &TokenStream) -> TokenStream {
    quote! {{
        const CODE: #root::CloseCode = #root::CloseCode::literal(#code);
        CODE
    }}
}

// Names of constants are in upper case. `self` and variables are not constants.
fn is_variable(code: &Expr) -> bool {
    match code {
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
            name.to_string().chars().all(|c| c.is_lowercase() || c == '_' || c.is_ascii_digit())
        }),
        Expr::Field(field) => is_variable(&field.base),
        Expr::MethodCall(call) => is_variable(&call.receiver),
        Expr::Cast(cast) => is_variable(&cast.expr),
        Expr::Unary(unary) => is_variable(&unary.expr),
        Expr::Reference(reference) => is_variable(&reference.expr),
        Expr::Binary(binary) => is_variable(&binary.left) || is_variable(&binary.right),
        Expr::Paren(paren) => is_variable(&paren.expr),
        Expr::Group(group) => is_variable(&group.expr),
        Expr::Index(index) => is_variable(&index.expr),
        Expr::Try(attempt) => is_variable(&attempt.expr),
        _ => false,
    }
}
