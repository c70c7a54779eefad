//! `#[derive(FromText)]`: an enum is read from the names of its variants, a newtype as what it contains.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Expr, Fields, LitStr, Meta, Token, Type, Variant,
    meta::ParseNestedMeta, spanned::Spanned,
};

use crate::{
    errors::Errors,
    list::closest,
    names::{Names, locals, mixed, unraw},
};

/// Runs all stages.
pub(crate) fn from_text(input: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let Some(input) = errors.take(syn::parse2::<DeriveInput>(input), "derive on an enum") else {
        return errors.with(TokenStream::new());
    };
    if !input.generics.params.is_empty() {
        let message = "`FromText` cannot be derived for a generic type";
        errors.push(&input.generics, message, "implement it by hand");
        return errors.with(TokenStream::new());
    }
    let own = Words::parse(&input.attrs, &mut errors);
    let names = own.root.as_ref().map_or_else(Names::default, |root| Names::from_option(root, &mut errors));
    let body = match &input.data {
        Data::Enum(data) => Some(read_enum(&names, data, &own, &input.ident, &mut errors)),
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                fields.unnamed.first().map(|field| (read_newtype(&names, &field.ty), None))
            }
            fields => {
                let help =
                    "a query string as a whole is read as `Query<T>`, with `#[derive(serde::Deserialize)]`";
                let at = if fields.is_empty() { input.ident.span() } else { fields.span() };
                errors.push_at(at, "one text is not a struct of fields", help);
                None
            }
        },
        Data::Union(data) => {
            errors.push(data.union_token, "`FromText` cannot be derived for unions", "make it an enum");
            None
        }
    };
    let (body, words) =
        body.filter(|_| errors.is_empty()).unwrap_or_else(|| (quote!(::core::unreachable!()), None));
    let span = mixed(Span::call_site());
    let (name, text) = (&input.ident, locals::text(span));
    let (from_text, error) = (names.from_text(span), names.text_error(span));
    let private = names.private(span);
    let words = words.map(|words| {
        quote_spanned! {span=>
            #[automatically_derived]
            impl #private::Words for #name {
                const WORDS: &'static [&'static str] = &[#(#words),*];
            }
        }
    });
    let expanded = quote_spanned! {span=>
        #words
        #[automatically_derived]
        impl #from_text for #name {
            fn from_text(#text: &str) -> ::core::result::Result<Self, #error> {
                #body
            }
        }
    };
    errors.with(expanded)
}

// <u64 as FromText>::from_text(__text).map(Self)
fn read_newtype(names: &Names, ty: &Type) -> TokenStream {
    let span = mixed(ty.span());
    let (from_text, text) = (names.from_text(span), locals::text(span));
    quote_spanned!(span=> <#ty as #from_text>::from_text(#text).map(Self))
}

// match __text { "red" => Ok(Self::Red), _ => Err(TextError::new("enum", "Input should be 'red' or 'green'")) }
fn read_enum(
    names: &Names,
    data: &DataEnum,
    own: &Words,
    ident: &Ident,
    errors: &mut Errors,
) -> (TokenStream, Option<Vec<String>>) {
    let mut arms = Vec::new();
    let mut known: Vec<String> = Vec::new();
    let mut shown = Vec::new();
    let mut other = None;
    for variant in &data.variants {
        let Some(words) = errors.scope(|errors| check_variant(variant, errors)) else { continue };
        let name = &variant.ident;
        if words.skip {
            continue;
        }
        if words.other {
            other = Some(name);
            continue;
        }
        let own_name = words.rename.unwrap_or_else(|| own.rule.apply(&unraw(name)));
        let all: Vec<String> = [own_name.clone()].into_iter().chain(words.aliases).collect();
        for text in &all {
            if known.contains(text) {
                errors.push(name, format!("two variants are read from `{text}`"), "rename one of the two");
            }
        }
        known.extend(all.iter().cloned());
        shown.push(own_name);
        arms.push(quote!(#(#all)|* => ::core::result::Result::Ok(Self::#name),));
    }
    if shown.is_empty() && other.is_none() && errors.is_empty() {
        errors.push(ident, "no text is a value of this type", "give the enum a variant");
    }
    let rest = if let Some(other) = other {
        quote!(::core::result::Result::Ok(Self::#other))
    } else {
        let error = names.text_error(mixed(Span::call_site()));
        let message = format!("Input should be {}", alternatives(&shown));
        quote!(::core::result::Result::Err(#error::new("enum", #message)))
    };
    let text = locals::text(Span::call_site());
    let words = other.is_none().then_some(shown);
    (quote!(match #text { #(#arms)* _ => #rest, }), words)
}

fn check_variant(variant: &Variant, errors: &mut Errors) -> Words {
    let words = Words::parse(&variant.attrs, errors);
    if !variant.fields.is_empty() && !words.skip {
        let help = "one text has no fields: remove them, or leave the variant out by `#[from_text(skip)]`";
        errors.push(&variant.fields, format!("variant `{}` has fields", variant.ident), help);
    }
    words
}

// 'red', 'green' or 'blue', as FastAPI writes it.
fn alternatives(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => quoted.concat(),
    }
}

/// What `#[from_text(..)]` and `#[serde(..)]` say of an enum or of a variant.
#[derive(Default)]
struct Words {
    root: Option<Expr>,
    rule: Rule,
    rename: Option<String>,
    aliases: Vec<String>,
    skip: bool,
    other: bool,
}

const KEYS: [&str; 6] = ["rename_all", "rename", "alias", "skip", "other", "crate"];

impl Words {
    fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut words = Self::default();
        // Our own attribute comes last, so that it decides.
        for name in ["serde", "from_text"] {
            let is_ours = name == "from_text";
            for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
                if let (Meta::List(_), result) =
                    (&attr.meta, attr.parse_nested_meta(|meta| words.take(&meta, is_ours)))
                {
                    // serde reports what is wrong in its own attribute.
                    if is_ours {
                        errors.take(result, "`#[from_text(rename_all = \"kebab-case\")]`");
                    }
                } else if is_ours {
                    errors.push(
                        attr,
                        "`#[from_text]` takes its keys in parentheses",
                        "`#[from_text(rename = \"name\")]`",
                    );
                }
            }
        }
        words
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>, is_ours: bool) -> syn::Result<()> {
        let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match key.as_str() {
            "crate" if is_ours => self.root = Some(meta.value()?.parse()?),
            "rename_all" => self.take_names(meta, |words, text| {
                words.rule = Rule::named(&text)?;
                Ok(())
            })?,
            "rename" => self.take_names(meta, |words, text| {
                words.rename = Some(text.value());
                Ok(())
            })?,
            "alias" => self.aliases.push(meta.value()?.parse::<LitStr>()?.value()),
            "skip" | "skip_deserializing" => self.skip = true,
            "other" => self.other = true,
            _ if !is_ours => skip_value(meta)?,
            unknown => {
                let help = match closest(unknown, KEYS.into_iter()) {
                    Some(key) => format!("did you mean `{key}`?"),
                    None => format!("known keys are `{}`", KEYS.join("`, `")),
                };
                return Err(meta.error(format!("unknown key `{unknown}` in `#[from_text]`: {help}")));
            }
        }
        Ok(())
    }

    // `rename = "a"`, and serde's `rename(serialize = "a", deserialize = "b")`.
    fn take_names(
        &mut self,
        meta: &ParseNestedMeta<'_>,
        take: impl Fn(&mut Self, LitStr) -> syn::Result<()>,
    ) -> syn::Result<()> {
        if meta.input.peek(Token![=]) {
            return take(self, meta.value()?.parse()?);
        }
        meta.parse_nested_meta(|inner| {
            let text = inner.value()?.parse()?;
            if inner.path.is_ident("deserialize") { take(self, text) } else { Ok(()) }
        })
    }
}

fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<Expr>().map(drop)
    } else if meta.input.peek(syn::token::Paren) {
        meta.parse_nested_meta(|inner| skip_value(&inner))
    } else {
        Ok(())
    }
}

/// A rule of serde's `rename_all`.
#[derive(Default, Clone, Copy)]
enum Rule {
    #[default]
    None,
    Lower,
    Upper,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

const RULES: [(&str, Rule); 8] = [
    ("lowercase", Rule::Lower),
    ("UPPERCASE", Rule::Upper),
    ("PascalCase", Rule::None),
    ("camelCase", Rule::Camel),
    ("snake_case", Rule::Snake),
    ("SCREAMING_SNAKE_CASE", Rule::ScreamingSnake),
    ("kebab-case", Rule::Kebab),
    ("SCREAMING-KEBAB-CASE", Rule::ScreamingKebab),
];

impl Rule {
    fn named(text: &LitStr) -> syn::Result<Self> {
        let found = RULES.iter().find(|(name, _)| *name == text.value());
        found.map(|(_, rule)| *rule).ok_or_else(|| {
            let known: Vec<String> = RULES.iter().map(|(name, _)| format!("`{name}`")).collect();
            syn::Error::new(
                text.span(),
                format!("unknown rule `{}`: known rules are {}", text.value(), known.join(", ")),
            )
        })
    }

    /// Renames a variant, as serde does.
    fn apply(self, variant: &str) -> String {
        match self {
            Self::None => variant.to_owned(),
            Self::Lower => variant.to_ascii_lowercase(),
            Self::Upper => variant.to_ascii_uppercase(),
            Self::Camel => {
                let mut characters = variant.chars();
                let first = characters.next().map(|first| first.to_ascii_lowercase());
                first.into_iter().chain(characters).collect()
            }
            Self::Snake => {
                let mut snake = String::new();
                for (index, character) in variant.char_indices() {
                    if index > 0 && character.is_uppercase() {
                        snake.push('_');
                    }
                    snake.push(character.to_ascii_lowercase());
                }
                snake
            }
            Self::ScreamingSnake => Self::Snake.apply(variant).to_ascii_uppercase(),
            Self::Kebab => Self::Snake.apply(variant).replace('_', "-"),
            Self::ScreamingKebab => Self::ScreamingSnake.apply(variant).replace('_', "-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_those_of_serde() {
        let expected =
            ["veryhot", "VERYHOT", "VeryHot", "veryHot", "very_hot", "VERY_HOT", "very-hot", "VERY-HOT"];
        let found: Vec<String> = RULES.iter().map(|(_, rule)| rule.apply("VeryHot")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn alternatives_are_written_as_in_fastapi() {
        let names = |names: &[&str]| alternatives(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(names(&["a"]), "'a'");
        assert_eq!(names(&["a", "b"]), "'a' or 'b'");
        assert_eq!(names(&["a", "b", "c"]), "'a', 'b' or 'c'");
    }
}
