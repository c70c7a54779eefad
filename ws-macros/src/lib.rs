//! The procedural macros of `ws-runtime`, which re-exports and documents them.
//!
//! Depend on `ws-runtime`, because the expansions name its items. Each macro runs in three stages: `parse` knows only the
//! syntax, `resolve` reports every mistake and returns a model without illegal states, and `expand` cannot fail.

mod close_code;
mod close_error;
#[cfg(test)]
mod editing;
mod editor;
mod endpoint_fn;
mod errors;
mod features;
mod from_text;
mod list;
mod names;
mod on_error;
mod place;
mod raw_fn;
mod repair;
mod routes;
mod signature;
#[cfg(test)]
mod snapshots;
mod text;
mod websocket;

use proc_macro::TokenStream;

/// Turns an async function into a WebSocket endpoint; documented on `ws_runtime::websocket`.
#[proc_macro_attribute]
pub fn websocket(args: TokenStream, item: TokenStream) -> TokenStream {
    websocket::websocket(args.into(), item.into()).into()
}

/// Declares an endpoint that another crate implements; documented on `ws_runtime::contract`.
#[proc_macro_attribute]
pub fn contract(args: TokenStream, item: TokenStream) -> TokenStream {
    websocket::contract(args.into(), item.into()).into()
}

/// Turns a function into a dependency of endpoints; documented on `ws_runtime::dependency`.
#[proc_macro_attribute]
pub fn dependency(args: TokenStream, item: TokenStream) -> TokenStream {
    websocket::dependency(args.into(), item.into()).into()
}

/// Makes a function the handler of an error type; documented on `ws_runtime::on_error`.
#[proc_macro_attribute]
pub fn on_error(args: TokenStream, item: TokenStream) -> TokenStream {
    on_error::on_error(args.into(), item.into()).into()
}

/// Declares the close codes of an error type; documented on `ws_runtime::CloseError`.
// `close_code` is accepted so that one error says what to write instead.
#[proc_macro_derive(CloseError, attributes(close, close_code))]
pub fn close_error(input: TokenStream) -> TokenStream {
    close_error::close_error(input.into()).into()
}

/// Reads an enum or a newtype from text; documented on `ws_runtime::FromText`.
#[proc_macro_derive(FromText, attributes(from_text, serde))]
pub fn from_text(input: TokenStream) -> TokenStream {
    from_text::from_text(input.into()).into()
}

/// What `routes!` expands to; documented on `ws_runtime::routes`.
#[doc(hidden)]
#[proc_macro]
pub fn routes_of(input: TokenStream) -> TokenStream {
    routes::routes_of(input.into()).into()
}

/// What `close_code!` expands to; documented on `ws_runtime::close_code`.
#[doc(hidden)]
#[proc_macro]
pub fn close_code_of(input: TokenStream) -> TokenStream {
    close_code::close_code_of(input.into()).into()
}
