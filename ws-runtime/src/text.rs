//! Cutting text.

/// Returns the largest number of bytes, not more than `max`, to which a text can be cut without splitting a
/// character.
// `str::floor_char_boundary` needs Rust 1.91.
pub(crate) fn floor_char_boundary(text: &str, max: usize) -> usize {
    if text.len() <= max {
        return text.len();
    }
    (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_std_cuts_it() {
        for text in ["", "a", "aé", "é€", "a€🦀b", "🦀🦀"] {
            for max in 0..=text.len() + 2 {
                assert_eq!(floor_char_boundary(text, max), text.floor_char_boundary(max), "{text} {max}");
            }
        }
    }
}
