//! Translates serde's errors about values that do not fit into FastAPI's terms.
//!
//! serde reports its errors as text only, and the text quotes the value. Errors that are recognised here are reported
//! without the value; for all others the type's own message is used.

use std::borrow::Cow;

use serde::Deserializer;
use serde_path_to_error::Segment;

use crate::{FieldError, Loc};

/// Deserializes again what could not be deserialized, to find out where it fails.
///
/// Keeping track of the place has a cost for every field of every message, so this is only done for messages that are
/// known to be invalid.
pub(super) fn locate<'de, D, T>(deserializer: D) -> Result<T, (Vec<Loc>, D::Error)>
where
    D: Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().iter().filter_map(step).collect();
        (path, error.into_inner())
    })
}

fn step(segment: &Segment) -> Option<Loc> {
    match segment {
        Segment::Seq { index } => Some(Loc::Index(*index)),
        Segment::Map { key: name } | Segment::Enum { variant: name } => Some(Loc::from(name.clone())),
        Segment::Unknown => None,
    }
}

/// Returns the name of a missing field. serde's message is the only place that contains it.
fn missing_field(text: &str) -> Option<&str> {
    text.strip_prefix("missing field `")?.split('`').next()
}

/// Builds the error of a field of `source`, from the place where deserializing failed and serde's message.
pub(crate) fn describe(source: &'static str, mut path: Vec<Loc>, text: &str) -> FieldError {
    if let Some(name) = missing_field(text) {
        path.push(Loc::from(name.to_owned()));
        return field(source, "missing", path, "Field required");
    }
    if let Some(name) = unknown_field(text) {
        let known = matches!(path.last(), Some(Loc::Name(last)) if last == name);
        if !known {
            path.push(Loc::from(name.to_owned()));
        }
        return field(source, "extra_forbidden", path, "Extra inputs are not permitted");
    }
    if let Some(expected) = text.strip_prefix("unknown variant ").and_then(expected) {
        return field(source, "enum", path, format!("Input should be {expected}"));
    }
    if let Some(expected) = text.strip_prefix("invalid type: ").and_then(expected) {
        let (kind, msg) = expected_type(expected);
        return field(source, kind, path, msg);
    }
    if let Some(rest) = text.strip_prefix("invalid value: ") {
        if let Some(expected) = expected(rest) {
            let (kind, msg) = expected_value(expected, rest.starts_with("integer `-"));
            return field(source, kind, path, msg);
        }
    }
    field(source, "value_error", path, format!("Value error, {text}"))
}

/// Builds the error of a field of a message.
pub(super) fn message_field(
    kind: &'static str,
    path: impl IntoIterator<Item = Loc>,
    msg: impl Into<String>,
) -> FieldError {
    field("message", kind, path, msg)
}

fn field(
    source: &'static str,
    kind: &'static str,
    path: impl IntoIterator<Item = Loc>,
    msg: impl Into<String>,
) -> FieldError {
    let loc = std::iter::once(source.into()).chain(path).collect();
    // Only the endpoint may see what was received: it is neither sent back nor logged.
    FieldError { kind: Cow::Borrowed(kind), loc, msg: msg.into(), input: None, quotes: false }
}

/// Returns the text after the value. The value can contain anything, so the last match counts.
fn expected(rest: &str) -> Option<&str> {
    rest.rsplit_once(", expected ").map(|(_value, expected)| expected)
}

fn unknown_field(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("unknown field `")?;
    let (name, _) =
        rest.rsplit_once("`, expected ").or_else(|| rest.rsplit_once("`, there are no fields"))?;
    Some(name)
}

/// Translates the names that serde's standard types give themselves.
fn expected_type(expected: &str) -> (&'static str, String) {
    let (kind, wanted) = match expected {
        "a string" | "a borrowed string" => ("string_type", "a valid string"),
        "a boolean" => ("bool_type", "a valid boolean"),
        "f32" | "f64" => ("float_type", "a valid number"),
        "a sequence" => ("list_type", "a valid list"),
        "a map" => ("dict_type", "a valid dictionary"),
        name if range(name).is_some() => ("int_type", "a valid integer"),
        name if OBJECTS.iter().any(|object| name.starts_with(object)) => ("model_type", "an object"),
        other => ("value_error", other),
    };
    (kind, format!("Input should be {wanted}"))
}

/// The names that serde gives to types that are objects in JSON.
const OBJECTS: [&str; 4] =
    ["struct ", "struct variant ", "internally tagged enum ", "adjacently tagged enum "];

fn expected_value(expected: &str, negative: bool) -> (&'static str, String) {
    match range(expected) {
        Some((least, _)) if negative => {
            ("greater_than_equal", format!("Input should be greater than or equal to {least}"))
        }
        Some((_, most)) => ("less_than_equal", format!("Input should be less than or equal to {most}")),
        None => ("value_error", format!("Input should be {expected}")),
    }
}

/// Returns the range of an integer type.
fn range(name: &str) -> Option<(String, String)> {
    macro_rules! range {
        ($($integer:ident)*) => {
            match name {
                $(stringify!($integer) => Some(($integer::MIN.to_string(), $integer::MAX.to_string())),)*
                _ => None,
            }
        };
    }
    range!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize)
}
