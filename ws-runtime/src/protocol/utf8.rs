//! Validates text that arrives in pieces, and reports invalid UTF-8 at the first byte that shows it.

use simdutf8::compat::from_utf8;

use super::Violation;

/// Checks the beginning of a text. Returns how much of it is valid regardless of what follows, which is everything
/// except an incomplete character at the end. `valid` is the result of the previous check.
pub(super) fn check_beginning(text: &[u8], valid: usize) -> Result<usize, Violation> {
    match from_utf8(&text[valid..]) {
        Ok(_) => Ok(text.len()),
        Err(error) if error.error_len().is_none() => Ok(valid + error.valid_up_to()),
        Err(_) => Err(Violation::Utf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_may_come_in_pieces() {
        let text = "aé€😀".repeat(3).into_bytes();
        for piece in 1..=text.len() {
            let (mut here, mut valid) = (0, 0);
            while here < text.len() {
                here = text.len().min(here + piece);
                valid = check_beginning(&text[..here], valid).unwrap();
                assert!(valid + 3 >= here);
            }
            assert_eq!(valid, text.len());
        }
    }

    #[test]
    fn the_first_wrong_byte_is_enough() {
        for wrong in [&b"\xff"[..], b"\xc0", b"\xed\xa0", b"\xe2\x28", b"\xf4\x90", b"\x80"] {
            let text = [b"text ", wrong].concat();
            assert_eq!(check_beginning(&text, 0), Err(Violation::Utf8), "{wrong:x?}");
            assert!(check_beginning(&text[..text.len() - 1], 0).is_ok(), "{wrong:x?}");
        }
    }
}
