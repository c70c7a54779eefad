//! Compares what each form expands to with `tests/snapshots/<form>.expanded.rs`, pretty-printed.
//!
//! `BLESS=1 cargo test -p ws-macros` rewrites the expected files; review them like code.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item, Meta};

use crate::features::tests::{DESCRIBES, HAS_REQUESTS};

#[test]
fn expansions_are_as_reviewed() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let mut stale = Vec::new();
    let mut forms = 0;
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(form) = name.strip_suffix(".rs").filter(|form| !form.ends_with(".expanded")) else {
            continue;
        };
        // Without the feature the key is an error.
        if form == "pattern" && cfg!(not(feature = "pattern")) {
            continue;
        }
        forms += 1;
        DESCRIBES.set(form.starts_with("described"));
        let expected_path = directory.join(format!("{form}.expanded.rs"));
        HAS_REQUESTS.set(form.starts_with("request"));
        let expanded = expand_file(&fs::read_to_string(&path).unwrap());
        if fs::read_to_string(&expected_path).is_ok_and(|expected| expected == expanded) {
            continue;
        }
        if env::var_os("BLESS").is_some() {
            fs::write(&expected_path, &expanded).unwrap();
        } else {
            stale.push(format!("--- {form} now expands to:\n{expanded}"));
        }
    }
    assert!(forms > 0, "no snapshots in {}", directory.display());
    assert!(stale.is_empty(), "{}\nBLESS=1 accepts it", stale.join("\n"));
}

/// Expands our macros in a source file, as rustc would; every other item is left out.
fn expand_file(source: &str) -> String {
    let file = syn::parse_file(source).unwrap();
    let expanded: TokenStream = file.items.into_iter().filter_map(expand_item).collect();
    let text = prettyplease::unparse(&syn::parse2(expanded).unwrap());
    // One blank line between items: an expansion is read, not compiled.
    text.replace("}\n#[", "}\n\n#[")
        .replace("}\n::core::compile_error", "}\n\n::core::compile_error")
        .trim_end()
        .to_owned()
        + "\n"
}

fn expand_item(mut item: Item) -> Option<TokenStream> {
    let attrs = match &mut item {
        Item::Fn(function) => &mut function.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        // syn keeps a function without a body as tokens.
        Item::Verbatim(tokens) => return expand_declaration(tokens),
        _ => return None,
    };
    let index = attrs.iter().position(|attr| {
        ["websocket", "dependency", "on_error", "derive"].iter().any(|name| attr.path().is_ident(name))
    })?;
    let attr = attrs.remove(index);
    let item = item.into_token_stream();
    let is_from_text = attr.to_token_stream().to_string().contains("FromText");
    Some(match attr.path().get_ident()?.to_string().as_str() {
        "derive" if is_from_text => crate::from_text::from_text(item),
        "websocket" => crate::websocket::websocket(args(&attr), item),
        "dependency" => crate::websocket::dependency(args(&attr), item),
        "on_error" => crate::on_error::on_error(args(&attr), item),
        _ => crate::close_error::close_error(item),
    })
}

fn expand_declaration(tokens: &TokenStream) -> Option<TokenStream> {
    let parser = |input: syn::parse::ParseStream<'_>| {
        Ok((input.call(Attribute::parse_outer)?, input.parse::<TokenStream>()?))
    };
    let (mut attrs, item) = syn::parse::Parser::parse2(parser, tokens.clone()).ok()?;
    let index = attrs.iter().position(|attr| attr.path().is_ident("contract"))?;
    let attr = attrs.remove(index);
    Some(crate::websocket::contract(args(&attr), quote!(#(#attrs)* #item)))
}

fn args(attr: &Attribute) -> TokenStream {
    match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => quote!(),
    }
}
