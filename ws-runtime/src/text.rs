//! Cutting text, names of types, names that are free, and the characters of URLs.

#[cfg(feature = "request")]
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// The characters that are percent-encoded in a value: all but the unreserved ones (RFC 3986, section 2.3), which mean the
/// same in every part of a URL.
#[cfg(feature = "request")]
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns the largest number of bytes, not more than `max`, to which a text can be cut without splitting a
/// character.
// `str::floor_char_boundary` needs Rust 1.91.
pub(crate) fn floor_char_boundary(text: &str, max: usize) -> usize {
    if text.len() <= max {
        return text.len();
    }
    (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0)
}

/// Returns the name of a type without the modules that it is in, at every level: `Option<String>`.
pub(crate) fn short_name(name: &str) -> String {
    let mut short = String::new();
    let mut word = 0;
    for c in name.chars() {
        short.push(c);
        if short.ends_with("::") {
            short.truncate(word);
        } else if !(c.is_alphanumeric() || "_:{}#".contains(c)) {
            word = short.len();
        }
    }
    short
}

/// Returns the first of `name`, `name2`, `name3`, … that is free.
#[cfg(feature = "schema")]
pub(crate) fn free_name(name: &str, is_free: impl Fn(&str) -> bool) -> String {
    let mut free = name.to_owned();
    let mut number = 1;
    while !is_free(&free) {
        number += 1;
        free = format!("{name}{number}");
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_lose_their_modules() {
        for (name, short) in [
            ("u32", "u32"),
            ("alloc::string::String", "String"),
            ("core::option::Option<alloc::vec::Vec<my::A>>", "Option<Vec<A>>"),
            ("(a::B, c::D)", "(B, D)"),
            ("[a::B; 3]", "[B; 3]"),
            ("a::b::{{closure}}::C", "C"),
        ] {
            assert_eq!(short_name(name), short);
        }
    }

    #[test]
    fn a_text_is_cut_where_std_cuts_it() {
        for text in ["", "a", "aé", "é€", "a€🦀b", "🦀🦀"] {
            for max in 0..=text.len() + 2 {
                assert_eq!(floor_char_boundary(text, max), text.floor_char_boundary(max), "{text} {max}");
            }
        }
    }
}
