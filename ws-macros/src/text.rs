//! Formats tokens as people write them, for messages.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Lit;

/// Formats tokens with the spaces that rustfmt would put, to the extent that types and small expressions need it.
pub(crate) fn tidy(tokens: &impl ToTokens) -> String {
    let mut text = String::new();
    write(tokens.to_token_stream(), &mut text);
    text
}

/// Returns the text of the only literal in the tokens, such as that of `"a".to_owned()`, `format!("a")` or `b"a"`.
pub(crate) fn only_text(tokens: TokenStream) -> Option<String> {
    let mut texts = Vec::new();
    let mut rest: Vec<TokenTree> = tokens.into_iter().collect();
    while let Some(tree) = rest.pop() {
        match tree {
            TokenTree::Group(group) => rest.extend(group.stream()),
            TokenTree::Literal(literal) => texts.push(literal),
            _ => {}
        }
    }
    let [text] = texts.as_slice() else { return None };
    match syn::parse_str(&text.to_string()).ok()? {
        Lit::Str(text) => Some(text.value()),
        Lit::ByteStr(text) => String::from_utf8(text.value()).ok(),
        Lit::CStr(text) => text.value().into_string().ok(),
        _ => None,
    }
}

/// How the text so far ends, to the extent that the space after it depends on that.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Open,
    Word,
    Closed,
    /// No space may follow: `&`, `.`, `::`, or the first half of `->`.
    Tight,
    Loose,
    /// `>`, which ends generic arguments more often than it compares.
    Angle,
}

fn write(tokens: TokenStream, text: &mut String) {
    let mut end = End::Open;
    for tree in tokens {
        if needs_space(end, &tree) {
            text.push(' ');
        }
        end = match &tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
                End::Closed
            }
            TokenTree::Punct(punct) => {
                text.push(punct.as_char());
                let is_joint = punct.spacing() == Spacing::Joint;
                match punct.as_char() {
                    '.' | '#' | '$' | '<' | '\'' | '@' | '!' => End::Tight,
                    '>' if text.ends_with("->") || text.ends_with("=>") => End::Loose,
                    '>' => End::Angle,
                    '?' => End::Closed,
                    _ if is_joint || text.ends_with("::") => End::Tight,
                    // Before a value, `-1`, `&x` and `*x` are prefix operators.
                    '&' | '*' | '-' if !matches!(end, End::Word | End::Closed | End::Angle) => End::Tight,
                    _ => End::Loose,
                }
            }
            tree => {
                let is_lifetime = text.ends_with('\'');
                text.push_str(&tree.to_string());
                if is_lifetime { End::Loose } else { End::Word }
            }
        };
    }
}

fn needs_space(end: End, tree: &TokenTree) -> bool {
    if matches!(end, End::Open | End::Tight) {
        return false;
    }
    match tree {
        TokenTree::Punct(punct) => match punct.as_char() {
            ',' | ';' | '.' | '?' | ':' | '>' => false,
            '<' => !matches!(end, End::Word | End::Closed | End::Angle),
            '!' => end != End::Word || punct.spacing() == Spacing::Joint,
            _ => true,
        },
        TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
            !matches!(end, End::Word | End::Closed | End::Angle)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_look_as_people_write_them() {
        for text in [
            "State<Db>",
            "std::collections::HashMap<String, Vec<u8>>",
            "Option<&str>",
            "&'static [u8]",
            "Box<dyn Store + Send>",
            "fn(u32, &str) -> (u32, u8)",
            "Duration::from_secs(60)",
            "close_code!(1008)",
            "1024 * 1024",
            "-5",
            "\"a . b :: c\"",
            "f(-1, &x, *y)?",
            "subprotocols = [\"a\", \"b\"]",
            "mut ws: WebSocket<In, Out>",
            "[Depends(f), g]",
        ] {
            let tokens: TokenStream = text.parse().unwrap();
            assert_eq!(tidy(&tokens), text);
        }
    }
}
