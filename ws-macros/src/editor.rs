//! Tokens that are emitted for rust-analyzer only.
//!
//! An editor completes the names that it finds in an expansion. Names of options, keys and helper attributes do not occur in
//! expansions, so a name that is being typed becomes a field of a struct that has all known names as fields. A function in
//! `#[depends]` is surrounded by generated variables that nobody wants to be offered, so it is named once more in a place
//! without them.

use std::{env, path::Path, sync::OnceLock};

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

/// Returns `true` if rust-analyzer expands the macro, and not the compiler.
pub(crate) fn is_present() -> bool {
    static IS_PRESENT: OnceLock<bool> = OnceLock::new();
    *IS_PRESENT.get_or_init(|| {
        let program = env::current_exe().unwrap_or_default();
        program.file_stem().is_some_and(|name| name == Path::new("rust-analyzer-proc-macro-srv").as_os_str())
    })
}

/// What an editor is told about one macro input.
#[derive(Default)]
pub(crate) struct Editor {
    typed: Vec<TokenStream>,
    named: Vec<TokenStream>,
}

impl Editor {
    /// A word is written where one of these is expected. Each of them has its form as documentation.
    pub(crate) fn word(&mut self, word: &Ident, known: impl Iterator<Item = (&'static str, String)>) {
        let fields = known.filter_map(|(name, form)| {
            let name = syn::parse_str::<Ident>(name).ok()?;
            Some(quote!(#[doc = #form] #name: ()))
        });
        self.typed.push(quote! {
            struct Known { #(#fields,)* }
            fn typed(known: Known) { known.#word }
        });
    }

    /// A function is named in an attribute.
    pub(crate) fn function(&mut self, path: &impl ToTokens) {
        self.named.push(path.to_token_stream());
    }
}

impl ToTokens for Editor {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { typed, named } = self;
        if !is_present() || typed.is_empty() && named.is_empty() {
            return;
        }
        tokens.extend(quote! {
            #(const _: () = { #typed };)*
            const _: () = { fn named() { #(#named;)* } };
        });
    }
}
