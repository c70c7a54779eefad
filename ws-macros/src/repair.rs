//! Reports common mistakes in a signature once and then removes them, so that rustc does not report them again.

use std::mem;

use proc_macro2::TokenStream;
use quote::{ToTokens, TokenStreamExt};
use syn::{Attribute, Expr, FnArg, Pat, PatType, Signature, Type, parse_quote};

use crate::{
    endpoint_fn::HELPERS,
    errors::Errors,
    list::closest,
    raw_fn::{RawFn, is_punct, split, top_level},
    text::tidy,
};

/// Reports `size: u32 = 10`, as written in Python. rustc only says that this is not supported; we say what to write.
pub(crate) fn drop_defaults(function: &mut RawFn, errors: &mut Errors) {
    let Some(params) = &function.params else { return };
    let mut kept = TokenStream::new();
    let mut found = false;
    for mut param in split(params.stream()) {
        let default = top_level(&param, "=").first().copied();
        if let Some(at) = default.filter(|at| top_level(&param[..*at], ":").len() == 1) {
            found = true;
            // The comma is the parameter's last token.
            let comma = param.last().is_some_and(|tree| is_punct(tree, ',')).then(|| param.pop()).flatten();
            let default: Vec<_> = param.drain(at..).collect();
            let value: TokenStream = default[1..].iter().cloned().collect();
            let written: TokenStream = param.iter().cloned().collect();
            errors.push(
                default.into_iter().collect::<TokenStream>(),
                "parameter has its default in an attribute",
                instead_of_default(&written, &value),
            );
            param.extend(comma);
        }
        kept.append_all(param);
    }
    if found {
        function.set_params(kept);
    }
}

// `Depends(f)`, `Query(10)` and `Cookie(None)` come from FastAPI.
fn instead_of_default(param: &TokenStream, value: &TokenStream) -> String {
    let param = tidy(param);
    let bare = param.split_once(']').map_or(&*param, |(_, param)| param.trim());
    let (mut helper, mut default) = ("query".to_owned(), value.clone());
    if let Ok(Expr::Call(call)) = syn::parse2::<Expr>(value.clone()) {
        let meant = last_word(&call.func).map(|word| word.to_lowercase());
        if let Some(meant) = meant.filter(|meant| HELPERS.contains(&meant.as_str())) {
            default = call
                .args
                .first()
                .map(|argument| match argument {
                    Expr::Assign(pair) => pair.right.to_token_stream(),
                    Expr::Call(inner) if meant == "depends" => inner.func.to_token_stream(),
                    argument => argument.to_token_stream(),
                })
                .unwrap_or_default();
            helper = meant;
        }
    }
    let text = tidy(&default);
    match (helper.as_str(), text.as_str()) {
        ("depends", "") => "`#[depends(function)]` before the parameter".to_owned(),
        ("depends", function) => format!("`#[depends({function})] {bare}`"),
        (_, "" | "..") => format!("`#[{helper}] {bare}`"),
        (_, "None") => format!("`#[{helper}] {bare}`: an `Option` that is absent is `None`"),
        (_, default) => format!("`#[{helper}(default = {default})] {bare}`"),
    }
}

fn last_word(function: &Expr) -> Option<String> {
    match function {
        Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// Reports and removes the attributes of a parameter that neither we nor rustc know. After our error, rustc's would add
/// nothing new.
pub(crate) fn refuse_strangers(param: &mut PatType, errors: &mut Errors) {
    for attr in take_if(&mut param.attrs, |attr| !is_known_to_rustc(attr)) {
        let name = tidy(attr.path());
        if let Some(word) = attr.path().get_ident() {
            errors.editor.word(word, HELPERS.into_iter().map(|helper| (helper, format!("`#[{helper}]`"))));
        }
        let word = attr.path().segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let help = instead_of(&word, &attr, &param_name(&param.pat), &param.ty);
        errors.push(&attr, format!("`#[{name}]` is not an attribute of parameters"), help);
    }
}

/// Removes the attributes that meet a condition from `attrs`.
pub(crate) fn take_if(attrs: &mut Vec<Attribute>, condition: impl Fn(&Attribute) -> bool) -> Vec<Attribute> {
    let (taken, kept) = mem::take(attrs).into_iter().partition(condition);
    *attrs = kept;
    taken
}

fn is_known_to_rustc(attr: &Attribute) -> bool {
    const LINTS_AND_CONDITIONS: [&str; 7] = ["allow", "cfg", "cfg_attr", "deny", "expect", "forbid", "warn"];
    const TOOLS: [&str; 5] = ["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];
    let path = attr.path();
    let is_tool = path.segments.len() > 1
        && path.segments.first().is_some_and(|tool| TOOLS.iter().any(|name| tool.ident == name));
    is_tool || LINTS_AND_CONDITIONS.iter().any(|name| path.is_ident(name))
}

fn param_name(pattern: &Pat) -> String {
    tidy(pattern).trim_start_matches("mut ").to_owned()
}

// The name that other frameworks use, or that was probably meant.
fn instead_of(word: &str, attr: &Attribute, name: &str, ty: &Type) -> String {
    let ty = tidy(ty);
    let lower = word.to_lowercase();
    match lower.as_str() {
        "state" | "data" | "extension" | "inject" | "extract" | "app_data" if ty.starts_with("State<") => {
            "remove it: the type says that it is state".to_owned()
        }
        "state" | "data" | "extension" | "inject" | "extract" | "app_data" => {
            format!("remove it, and write `State<{ty}>` as the type")
        }
        "path" | "param" | "params" | "path_param" | "segment" => {
            format!("remove it: the parameter `{name}` is read from the segment `<{name}>` of the route path")
        }
        "body" | "json" | "payload" | "message" | "form" | "text" | "bytes" => {
            format!("remove the parameter: messages are received, by `ws.recv()` of a `WebSocket<{ty}>`")
        }
        "ws" | "websocket" | "socket" | "connection" | "upgrade" => {
            "remove it: the last parameter is the connection".to_owned()
        }
        "depend" | "dependency" | "dep" | "guard" | "from" | "with" | "provide" => {
            let function = match &attr.meta {
                syn::Meta::List(list) => tidy(&list.tokens),
                _ => "function".to_owned(),
            };
            format!("`#[depends({function})]`")
        }
        "default" | "serde" | "arg" | "rename" | "alias" | "name" | "validate" | "garde" | "range" | "length"
        | "ge" | "le" | "gt" | "lt" | "min" | "max" | "min_length" | "max_length" | "pattern" | "regex" => {
            "keys stand in the attribute of the source: `#[query(name = \"page-size\", default = 10, ge = 1)]`".to_owned()
        }
        "querystring" | "query_param" | "queryparam" | "qs" => "did you mean `#[query]`?".to_owned(),
        _ => match closest(&lower, HELPERS.into_iter()) {
            Some(meant) => format!("did you mean `#[{meant}]`?"),
            None => "remove it, or write `#[query]`, `#[cookie]`, `#[header]` or `#[depends(function)]`".to_owned(),
        },
    }
}

/// Reports unsized types and replaces them by sized ones, because rustc would refuse each use.
pub(crate) fn name_sizes(sig: &mut Signature, errors: &mut Errors) {
    for input in &mut sig.inputs {
        let FnArg::Typed(param) = input else { continue };
        let (written, sized): (Type, Type) = match &*param.ty {
            Type::Path(path) if path.path.is_ident("str") => {
                (parse_quote!(String), parse_quote!(::std::string::String))
            }
            Type::Slice(slice) => {
                let item = &slice.elem;
                (parse_quote!(Vec<#item>), parse_quote!(::std::vec::Vec<#item>))
            }
            Type::TraitObject(object) => {
                (parse_quote!(Box<#object>), parse_quote!(::std::boxed::Box<#object>))
            }
            _ => continue,
        };
        let message = format!("`{}` has no size that is known while compiling", tidy(&param.ty));
        errors.push(&param.ty, message, format!("`{}`", tidy(&written)));
        *param.ty = sized;
    }
}
