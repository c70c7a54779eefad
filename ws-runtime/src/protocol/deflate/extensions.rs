//! [`Extension`]: an element of `Sec-WebSocket-Extensions` (RFC 6455, section 9.1).

use std::borrow::Cow;

/// An extension with its parameters, in their original order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extension<'a> {
    pub(super) name: &'a str,
    /// The names, with values where there are any.
    pub(super) parameters: Vec<(&'a str, Option<Cow<'a, str>>)>,
}

/// Parses the extensions of all lines of the header.
///
/// # Errors
///
/// Returns an error if a line does not have the form that RFC 6455 prescribes.
pub(super) fn parse<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Extension<'a>>, &'static str> {
    const MALFORMED: &str = "the header `Sec-WebSocket-Extensions` is malformed";

    let mut extensions = Vec::new();
    for line in lines {
        let line = std::str::from_utf8(line).ok().filter(|line| line.is_ascii());
        let mut rest = Rest(line.ok_or(MALFORMED)?);
        rest.line(&mut extensions).ok_or(MALFORMED)?;
    }
    Ok(extensions)
}

/// The rest of a line, which is still to be parsed.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Parses `extension *( "," extension )`, where elements may be empty (RFC 9110, section 5.6.1.2).
    fn line(&mut self, extensions: &mut Vec<Extension<'a>>) -> Option<()> {
        loop {
            while self.takes(',') {}
            if self.0.is_empty() {
                return Some(());
            }
            extensions.push(self.extension()?);
            if !self.takes(',') {
                return self.0.is_empty().then_some(());
            }
        }
    }

    /// Parses `token *( ";" parameter )`.
    fn extension(&mut self) -> Option<Extension<'a>> {
        let name = self.token()?;
        let mut parameters = Vec::new();
        while self.takes(';') {
            let name = self.token()?;
            let value = if self.takes('=') { Some(self.value()?) } else { None };
            parameters.push((name, value));
        }
        Some(Extension { name, parameters })
    }

    /// Parses `token | quoted-string`, where the content of the quotes must be a token too.
    fn value(&mut self) -> Option<Cow<'a, str>> {
        if !self.takes_exactly('"') {
            return self.token().map(Cow::Borrowed);
        }
        let mut value = String::new();
        let mut chars = self.0.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => value.push(chars.next()?),
                char => value.push(char),
            }
        }
        self.0 = chars.as_str().trim_start_matches(WHITESPACE);
        let is_token = !value.is_empty() && value.bytes().all(is_token_byte);
        is_token.then_some(Cow::Owned(value))
    }

    fn token(&mut self) -> Option<&'a str> {
        let end = self.0.bytes().position(|byte| !is_token_byte(byte)).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at(end);
        self.0 = rest.trim_start_matches(WHITESPACE);
        (!token.is_empty()).then_some(token)
    }

    /// Takes a separator and the whitespace around it. Returns `true` if the separator was there.
    fn takes(&mut self, separator: char) -> bool {
        self.0 = self.0.trim_start_matches(WHITESPACE);
        let takes = self.takes_exactly(separator);
        self.0 = self.0.trim_start_matches(WHITESPACE);
        takes
    }

    fn takes_exactly(&mut self, char: char) -> bool {
        let rest = self.0.strip_prefix(char);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

const WHITESPACE: [char; 2] = [' ', '\t'];

/// Returns `true` if the byte may appear in a token (RFC 9110, section 5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &'static str) -> Option<String> {
        let parameter = |(name, value): &(&str, Option<Cow<'_, str>>)| match value {
            Some(value) => format!(";{name}={value}"),
            None => format!(";{name}"),
        };
        let show = |extension: &Extension<'_>| {
            let parameters: String = extension.parameters.iter().map(parameter).collect();
            format!("{}{parameters}", extension.name)
        };
        parse([line.as_bytes()].into_iter())
            .ok()
            .map(|all| all.iter().map(show).collect::<Vec<_>>().join(","))
    }

    #[test]
    fn the_grammar() {
        for (line, expected) in [
            ("", ""),
            (" , ,", ""),
            ("a", "a"),
            ("a,b", "a,b"),
            (" a ;\tb , c ; d = e ", "a;b,c;d=e"),
            (",a,,b,", "a,b"),
            (r#"a; b="c"; d="\1\2""#, "a;b=c;d=12"),
            (r#"a; b="c" , d"#, "a;b=c,d"),
            ("a; b; b=1", "a;b;b=1"),
        ] {
            assert_eq!(parsed(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_is_malformed() {
        for line in [
            "a;",
            "a;;b",
            ";a",
            "a;b=",
            "a=b",
            "a b",
            "a; b c",
            "a; =c",
            "a;b==c",
            r#"a;b=""#,
            r#"a;b="""#,
            r#"a;b="c d""#,
            r#"a;b="c,d""#,
            r#"a;b="c"d"#,
            r#"a;b="c\"#,
            "a;b={c}",
            "a/b",
            "a; b=c;,d",
        ] {
            assert_eq!(parsed(line), None, "{line}");
        }
    }
}
