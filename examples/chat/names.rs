//! The rules for user IDs.

/// Returns `true` for one or more words: 3 to 32 visible characters, with single spaces
/// between words.
pub(crate) fn is_valid(user_id: &str) -> bool {
    let fits = (3..=32).contains(&user_id.chars().count());
    fits && user_id
        .split(' ')
        .all(|word| !word.is_empty() && !word.contains(is_invisible))
}

/// Returns `true` if a character shows nothing, or reverses others, so that one name
/// could look like another.
///
/// Besides controls and spaces, these are the characters that Unicode calls
/// `Default_Ignorable_Code_Point` and `Bidi_Control`, and a few that are letters and
/// symbols by name, but blank. Some emoji consist of several characters that are joined
/// by such characters. They are not allowed in names.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || character.is_whitespace()
        || matches!(
            character,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{1BCA0}'..='\u{1BCA3}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}
