//! `routes!`: the routes of the endpoints that it names, and the messages for anything else.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Type;

use crate::{errors::Errors, text::tidy};

/// `[$crate] Echo<u32>, chat::join`
pub(crate) fn routes_of(input: TokenStream) -> TokenStream {
    let mut trees = input.into_iter();
    let Some(TokenTree::Group(root)) = trees.next() else { return TokenStream::new() };
    let root = root.stream();
    let mut errors = Errors::new();
    let endpoints: Vec<Type> =
        split(trees).into_iter().filter_map(|element| endpoint(&element, &mut errors)).collect();
    let vec = quote! {
        <::std::vec::Vec<#root::Route> as ::core::convert::From<_>>::from([#(<#endpoints as #root::Endpoint>::route()),*])
    };
    // Each error is followed by a semicolon, because they are inside an expression.
    let errors: TokenStream = errors.with(TokenStream::new());
    quote!({ #errors #vec })
}

// Splits at commas, but not at those of generics.
fn split(trees: impl Iterator<Item = TokenTree>) -> Vec<Vec<TokenTree>> {
    let mut elements = vec![Vec::new()];
    let mut depth = 0_usize;
    for tree in trees {
        match &tree {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => depth = depth.saturating_sub(1),
            TokenTree::Punct(punct) if punct.as_char() == ',' && depth == 0 => {
                elements.push(Vec::new());
                continue;
            }
            _ => {}
        }
        elements.last_mut().expect("never empty").push(tree);
    }
    elements.retain(|element| !element.is_empty());
    elements
}

fn endpoint(element: &[TokenTree], errors: &mut Errors) -> Option<Type> {
    let tokens: TokenStream = element.iter().cloned().collect();
    let is_punct =
        |tree: &TokenTree, sign: char| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == sign);
    let first = element.first()?;
    let arrow = element.windows(2).position(|pair| is_punct(&pair[0], '=') && is_punct(&pair[1], '>'));
    if let (TokenTree::Literal(_), arrow) = (first, arrow) {
        let name = arrow.map_or_else(|| "item".to_owned(), |arrow| tidy(&collect(&element[arrow + 2..])));
        let help = format!("`routes![{name}]`, and `#[websocket({first})]` on the function");
        errors.push(tokens, "an endpoint is listed by its name, and has its path in its attribute", help);
        return None;
    }
    if let Some(arrow) = arrow {
        let help = format!("`{}`", tidy(&collect(&element[..arrow])));
        errors.push(collect(&element[arrow..]), "an endpoint has its path in its attribute", help);
        return None;
    }
    if let Some(semicolon) = element.iter().find(|tree| is_punct(tree, ';')) {
        errors.push(semicolon, "expected `,`", "separate the endpoints with commas");
        return None;
    }
    let is_closure = is_punct(first, '|')
        || matches!(first, TokenTree::Ident(word) if ["move", "async", "fn"].iter().any(|keyword| word == keyword));
    if is_closure {
        let help = "write an `async fn` under `#[websocket(\"/path\")]`, and its name here";
        errors.push(tokens, "a closure is no endpoint", help);
        return None;
    }
    if is_punct(first, '&') {
        errors.push(
            first,
            "an endpoint is named, not borrowed",
            format!("`{}`", tidy(&collect(&element[1..]))),
        );
        return None;
    }
    let args = match element {
        [.., TokenTree::Group(args)] => Some(args).filter(|args| args.delimiter() != Delimiter::Bracket),
        _ => None,
    };
    if let Some(args) = args {
        errors.push(
            tokens,
            "an endpoint is named, not called",
            format!("`routes![{}]`", called(element, args)),
        );
        return None;
    }
    let is_generic = element.iter().any(|tree| is_punct(tree, '<'));
    let two = element
        .windows(if is_generic { usize::MAX } else { 2 })
        .find(|pair| matches!(pair, [TokenTree::Ident(_) | TokenTree::Group(_), TokenTree::Ident(_)]));
    if let Some([_, second]) = two {
        errors.push(second, "expected `,`", "separate the endpoints with commas");
        return None;
    }
    if let Ok(ty @ Type::Path(_)) = syn::parse2::<Type>(tokens.clone()) {
        return Some(ty);
    }
    let help = "name the function under `#[websocket(\"/path\")]`: `routes![item, chat::join]`";
    errors.push(tokens, "expected the name of an endpoint", help);
    None
}

// Returns the `item` of `item()`, and of `get(item)`.
fn called(element: &[TokenTree], args: &Group) -> String {
    let argument = args.stream();
    if syn::parse2::<syn::Path>(argument.clone()).is_ok() {
        return tidy(&argument);
    }
    let function = collect(&element[..element.len() - 1]);
    match syn::parse2::<syn::Path>(function.clone()) {
        Ok(path) => tidy(&path),
        Err(_) => "item".to_owned(),
    }
}

fn collect(trees: &[TokenTree]) -> TokenStream {
    trees.iter().map(ToTokens::to_token_stream).collect()
}
