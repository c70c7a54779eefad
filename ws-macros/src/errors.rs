//! Collects the mistakes found in one macro input, so that all of them are reported.

use std::{fmt::Display, thread};

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

use crate::editor::Editor;

/// The mistakes found so far. [`Errors::with`] must be called at the end.
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    /// There are mistakes that rustc reports better than the macro could.
    left_to_rustc: bool,
    /// What an editor can complete.
    pub(crate) editor: Editor,
    finished: bool,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { found: Vec::new(), left_to_rustc: false, editor: Editor::default(), finished: false }
    }

    /// Records a mistake at the tokens to edit, and says in the help how to edit them.
    pub(crate) fn push(&mut self, at: impl ToTokens, message: impl Display, help: impl Display) {
        self.found.push(syn::Error::new_spanned(at, with_help(message, help)));
    }

    /// Like [`Errors::push`], for a place that is not a token of its own, such as the whole attribute.
    pub(crate) fn push_at(&mut self, span: Span, message: impl Display, help: impl Display) {
        self.found.push(syn::Error::new(span, with_help(message, help)));
    }

    /// Records what `syn` could not parse, with help, and returns what it could.
    pub(crate) fn take<T>(&mut self, parsed: syn::Result<T>, help: impl Display) -> Option<T> {
        parsed.map_err(|error| self.push_at(error.span(), &error, help)).ok()
    }

    /// Records that there is a mistake that rustc reports in any case, and that needs no message of ours.
    pub(crate) fn leave_to_rustc(&mut self) {
        self.left_to_rustc = true;
    }

    /// Runs one check and returns its result only if it found no mistake, so that a broken part emits no code.
    pub(crate) fn scope<T>(&mut self, check: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let before = self.found.len();
        let checked = check(self);
        (self.found.len() == before).then_some(checked)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty() && !self.left_to_rustc
    }

    /// Appends one `compile_error!` for each mistake to what the macro emits.
    pub(crate) fn with(mut self, mut tokens: TokenStream) -> TokenStream {
        self.finished = true;
        tokens.extend(self.found.iter().map(syn::Error::to_compile_error));
        tokens
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        // A mistake that is not reported would compile.
        assert!(self.finished || thread::panicking(), "macro errors were dropped instead of emitted");
    }
}

// Procedural macros have no notes on stable, so the help is a line of the message. If the help is only code, it is the code
// to write.
fn with_help(message: impl Display, help: impl Display) -> String {
    let help = help.to_string();
    let is_code = help.split('`').count() == 3 && help.starts_with('`') && help.ends_with('`');
    let write = if is_code { "write " } else { "" };
    format!("{message}\nhelp: {write}{help}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_with_a_mistake_yields_nothing() {
        let mut errors = Errors::new();
        assert_eq!(errors.scope(|_| 1), Some(1));
        assert_eq!(errors.scope(|errors| errors.push_at(Span::call_site(), "no `x`", "`x`")), None::<()>);
        assert_eq!(errors.scope(|_| 2), Some(2));
        let emitted = errors.with(TokenStream::new()).to_string();
        assert!(emitted.contains("no `x`\\nhelp: write `x`"), "{emitted}");
    }

    #[test]
    #[should_panic(expected = "dropped instead of emitted")]
    fn errors_must_be_emitted() {
        drop(Errors::new());
    }
}
