//! Tests for editors: for half-typed code, the function comes first in the output, with each token at its original place.
//! For the compiler, no other item that has one of the user's names is at that name's place.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};

const BODY: &str =
    "async fn item(id: u64, q: Option<i32>, mut ws: WebSocket) -> Result { ws.send_text(id).await }";

#[test]
fn a_half_typed_attribute_leaves_the_function() {
    let attributes = [
        "",
        ",",
        "items",
        "\"\"",
        "\"/items/<i\"",
        "\"/items/<id>/ws\",",
        "\"/items/<id>/ws\" prot",
        "\"/items/<id>/ws\", prot",
        "\"/items/<id>/ws\", subprotocols =",
        "\"/items/<id>/ws\", subprotocols = [",
        "\"/items/<id>/ws\", subprotocols = [\"chat\",",
        "\"/items/<id>/ws\", before_accept = [auth::",
        "\"/items/<id>/ws\", before_accept = auth.",
        "\"/items/<id>/ws\", crate =",
    ];
    for attribute in attributes {
        Expansion::of("websocket", attribute, BODY).leaves_the_function();
    }
    let handler = "async fn throttled(error: Throttled, cx: ErrorContext) -> Close { cx.handshake() }";
    for attribute in ["", "Throt::", "Throttled, cr", "Throttled, crate ="] {
        Expansion::of("on_error", attribute, handler).leaves_the_function();
    }
}

#[test]
fn a_half_typed_function_is_left_as_it_is() {
    let functions = [
        "async fn item(id: u64, ws: WebSocket) { ws. }",
        "async fn item(id: u64, ws: WebSocket) { ws.re; let x = ; if id { }",
        "async fn item(id: u64, ws: WebSocket) -> Result { let x: = id? + ; Ok(()) }",
        "async fn item(id: u64, ws: WebSocket) ->",
        "async fn item(id: u64, ws: WebSocket) -> { ws.recv() }",
        "async fn item(id: u64, ws: ) { ws.recv() }",
        "async fn item(id: , ws: WebSocket) { ws.recv() }",
        "async fn item(id: u64, ws) { ws.recv() }",
        "async fn item(id: u64, # ws: WebSocket) { ws.recv() }",
        "async fn item() { ws.recv() }",
        "async fn item(id: u64, ws: WebSocket)",
        "async fn item",
        "async fn",
        "fn item(id: u64, ws: WebSocket) { ws.recv() }",
    ];
    for function in functions {
        Expansion::of("websocket", "\"/items/<id>/ws\"", function).leaves_the_function();
    }
}

#[test]
fn a_half_typed_helper_leaves_the_function() {
    for helper in [
        "#[]",
        "#[query(]",
        "#[query(name =)]",
        "#[query(na)]",
        "#[depends()]",
        "#[depends(ses::)]",
        "#[query(ge = )]",
    ] {
        let function = format!("async fn item({helper} q: Option<i32>, mut ws: WebSocket) {{ ws.recv() }}");
        Expansion::of("websocket", "\"/items\"", &function).leaves_the_function();
    }
}

#[test]
fn names_in_attributes_stand_in_the_expansion() {
    let function = "async fn item(#[depends(auth::user)] user: User, ws: WebSocket) {}";
    let attribute = "\"/items\", before_accept = [guard], subprotocols = [CHAT]";
    let expansion = Expansion::of("websocket", attribute, function);
    for name in ["auth", "user", "guard", "subprotocols", "CHAT"] {
        let place = expansion.source.find(name).unwrap();
        let token = Token { text: name.to_owned(), place: place..place + name.len() };
        assert!(expansion.output.contains(&token), "`{name}` is lost");
    }
}

#[derive(Debug, PartialEq)]
struct Token {
    text: String,
    place: Range<usize>,
}

/// An annotated function, and what its macro emits.
struct Expansion {
    source: String,
    function: Vec<Token>,
    output: Vec<Token>,
}

impl Expansion {
    /// Expands a function after closing the brackets that are open in its source, as an editor does.
    fn of(name: &str, attribute: &str, function: &str) -> Self {
        let (attribute, function) = (close(attribute), close(function));
        let source = format!("#[{name}({attribute})] {function}");
        // There is only one source text, so a place is unambiguous.
        let mut tokens = source.parse::<TokenStream>().unwrap().into_iter();
        let Some(TokenTree::Group(brackets)) = tokens.nth(1) else { unreachable!("the attribute") };
        let Some(TokenTree::Group(args)) = brackets.stream().into_iter().nth(1) else {
            unreachable!("its arguments")
        };
        let function: TokenStream = tokens.collect();
        let output = match name {
            "websocket" => crate::websocket::websocket(args.stream(), function.clone()),
            _ => crate::on_error::on_error(args.stream(), function.clone()),
        };
        Self { source, function: flatten(function), output: flatten(output) }
    }

    /// Checks that the function comes first, and that no other item is at the place of its name.
    fn leaves_the_function(&self) {
        let written: Vec<_> = self.output.iter().filter(|token| !token.place.is_empty()).collect();
        let starts_with =
            |tokens: &[&Token]| written.get(..tokens.len()).is_some_and(|start| start == tokens);
        let function: Vec<_> = self.function.iter().collect();
        // A signature that does not parse keeps its helper attributes.
        assert!(starts_with(&function) || starts_with(&without_helpers(&function)), "{}", self.source);

        let Some(name) = self.function.iter().skip_while(|token| token.text != "fn").nth(1) else { return };
        for pair in self.output.windows(2).filter(|pair| pair[1] == *name) {
            assert!(!["struct", "for"].contains(&&*pair[0].text), "{}", self.source);
        }
    }
}

fn without_helpers<'a>(tokens: &[&'a Token]) -> Vec<&'a Token> {
    let mut rest = Vec::new();
    let mut tokens = tokens.iter();
    while let Some(token) = tokens.next() {
        if token.text == "#" {
            // No helper attribute here has brackets of its own.
            tokens.by_ref().find(|token| token.text == "]");
        } else {
            rest.push(*token);
        }
    }
    rest
}

fn flatten(tokens: TokenStream) -> Vec<Token> {
    let mut flat = Vec::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => {
                let [open, close] = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ["(", ")"],
                    proc_macro2::Delimiter::Brace => ["{", "}"],
                    proc_macro2::Delimiter::Bracket => ["[", "]"],
                    proc_macro2::Delimiter::None => ["", ""],
                };
                flat.push(Token { text: open.to_owned(), place: group.span_open().byte_range() });
                flat.extend(flatten(group.stream()));
                flat.push(Token { text: close.to_owned(), place: group.span_close().byte_range() });
            }
            tree => flat.push(Token { text: tree.to_string(), place: tree.span().byte_range() }),
        }
    }
    flat
}

/// Adds the brackets that are missing.
fn close(source: &str) -> String {
    let mut closed = String::new();
    let mut open = Vec::new();
    for character in source.chars() {
        let end = match character {
            '(' => Some(')'),
            '[' => Some(']'),
            '{' => Some('}'),
            _ => None,
        };
        if ")]}".contains(character) {
            while let Some(end) = open.pop() {
                closed.push(end);
                if end == character {
                    break;
                }
            }
            continue;
        }
        closed.push(character);
        open.extend(end);
    }
    closed.extend(open.iter().rev());
    closed
}
