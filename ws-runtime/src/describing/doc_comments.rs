//! [`docs`]: joins the lines of doc comments.

/// Joins the parts of doc comments. A line of `///` begins with a space that is not part of it, and a block is
/// indented as a whole.
#[must_use]
pub fn docs(parts: &[&str]) -> String {
    let mut docs = String::new();
    for part in parts {
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let is_block = part.contains('\n');
        let lines = part.split('\n').filter(|line| !line.trim().is_empty());
        let least = lines.map(indent).min().unwrap_or(0);
        let least = if is_block { least } else { least.min(1) };
        for line in part.split('\n') {
            docs.push_str(line.get(least..).unwrap_or("").trim_end());
            docs.push('\n');
        }
    }
    docs.trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_comments_keep_their_lines() {
        assert_eq!(docs(&[]), "");
        assert_eq!(docs(&[" One.", "", "     code", " Two. "]), "One.\n\n    code\nTwo.");
        assert_eq!(docs(&["\n    Block.\n\n      More.\n"]), "Block.\n\n  More.");
        assert_eq!(docs(&[" One.", "Two."]), "One.\nTwo.");
    }
}
