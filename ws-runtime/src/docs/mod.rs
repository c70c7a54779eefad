//! Writes the page that shows an app's endpoints and connects to them: [`App::docs`](crate::App::docs).

use std::fmt::Write as _;

use serde_json::Value;

use crate::description::Description;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The `Content-Security-Policy` of the page: it runs its own script and style, known by their SHA-256, and connects to
/// its own origin. Nothing else is loaded, and no other page may frame it.
// `openssl dgst -sha256 -binary page.js | base64 | tr -d '\n' > script.sha256` makes the hash of a script that has changed.
pub(crate) const POLICY: &str = concat!(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:; connect-src 'self'; ",
    "style-src 'sha256-",
    include_str!("style.sha256"),
    "'; script-src 'sha256-",
    include_str!("script.sha256"),
    "'",
);

/// Writes the page. `links` are further documents about the app, with their paths.
pub(crate) fn page(description: &Description, links: &[(&str, String)]) -> String {
    let mut data = serde_json::to_value(description).unwrap_or_default();
    if let Value::Object(data) = &mut data {
        data.insert("links".to_owned(), serde_json::json!(links));
    }
    let values = [
        ("{{TITLE}}", escaped(&description.info.title)),
        ("{{CSS}}", STYLE.to_owned()),
        // Within a script, only `<` could end the data.
        ("{{DATA}}", data.to_string().replace('<', "\\u003c")),
        ("{{JS}}", SCRIPT.to_owned()),
    ];
    let mut text =
        String::with_capacity(PAGE.len() + values.iter().map(|(_, value)| value.len()).sum::<usize>());
    let mut rest = PAGE;
    for (place, value) in values {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        text.push_str(before);
        text.push_str(&value);
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Returns a text as HTML.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' => {
                let _ = write!(html, "&#{};", u32::from(character));
            }
            _ => html.push(character),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::Info;

    #[test]
    fn the_page_is_small() {
        let size = PAGE.len() + STYLE.len() + SCRIPT.len();
        assert!(size <= 60 * 1024, "{size} bytes");
    }

    #[test]
    fn text_of_the_app_stays_text() {
        let description = Description {
            info: Info::new("</script><script>alert(1)</script>", "1"),
            ..Description::default()
        };
        let page = page(&description, &[]);
        assert!(!page.contains("<script>alert"));
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    }
}
