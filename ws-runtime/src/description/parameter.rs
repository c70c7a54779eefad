//! [`ParameterDescription`]: a value that a client sends with the handshake.

use serde::Serialize;
use serde_json::Value;

use super::SchemaOf;

/// A parameter of an endpoint: a text in the handshake.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(clippy::struct_excessive_bools)] // Each is a fact of its own.
#[non_exhaustive]
pub struct ParameterDescription {
    /// The name in the Rust function, or in the struct of a [`Query<T>`](crate::Query).
    pub name: String,
    /// The name that the client uses: `page-size`.
    pub wire_name: String,
    /// The part of the handshake that contains the value.
    pub source: Source,
    /// How many values there may be.
    pub shape: Shape,
    /// `true` if the handshake is refused without a value.
    pub required: bool,
    /// The doc comment of the parameter, in Markdown, or an empty text.
    pub docs: String,
    /// The constraints on each value.
    pub constraints: Constraints,
    /// The value in place of one that is absent, as a client would write it; or, if
    /// [`default_is_computed`](Self::default_is_computed), the Rust expression that computes it.
    pub default: Option<String>,
    /// `true` if the default is computed anew for each connection.
    pub default_is_computed: bool,
    /// `true` for values that are never shown: those of cookies, and those that are marked `secret`.
    pub secret: bool,
    /// `true` for a credential: a value that is marked `secret`.
    pub credential: bool,
    /// The JSON Schema of one value, with the constraints: of an element, if the shape is [`Shape::Many`].
    pub schema: Value,
}

/// The part of a handshake that contains a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// A segment of the path, `<id>`.
    Path,
    /// All remaining segments of the path, `<rest..>`.
    Rest,
    /// The query.
    Query,
    /// A cookie.
    Cookie,
    /// A header.
    Header,
}

/// The number of values that a parameter has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shape {
    /// One value.
    One,
    /// One value or none, `Option<T>`.
    Optional,
    /// Any number of values, `Vec<T>`.
    Many,
}

/// The constraints on a value beyond its type. A bound is a number, or the text of a value that is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Constraints {
    /// The value is at least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ge: Option<Value>,
    /// The value is greater than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gt: Option<Value>,
    /// The value is at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub le: Option<Value>,
    /// The value is less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lt: Option<Value>,
    /// The value is a multiple of this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple_of: Option<Value>,
    /// The text has at least this number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<usize>,
    /// The text has at most this number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// The regular expression matches somewhere in the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// Returns a limit as a number if its text is one, else as the text.
pub(crate) fn bound_value(text: String) -> Value {
    match serde_json::from_str(&text) {
        Ok(number @ Value::Number(_)) => number,
        _ => Value::String(text),
    }
}

impl Constraints {
    /// Returns `true` if there is no constraint.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads the constraints from the schema of a value.
    #[cfg(feature = "schema")]
    pub(super) fn of(schema: &Value) -> Self {
        let bound = |keyword| schema.get(keyword).filter(|bound: &&Value| bound.is_number()).cloned();
        let length = |keyword| {
            schema.get(keyword).and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok())
        };
        Self {
            ge: bound("minimum"),
            gt: bound("exclusiveMinimum"),
            le: bound("maximum"),
            lt: bound("exclusiveMaximum"),
            multiple_of: bound("multipleOf"),
            min_length: length("minLength"),
            max_length: length("maxLength"),
            pattern: schema.get("pattern").and_then(Value::as_str).map(str::to_owned),
        }
    }

    /// Adds the constraints to the schema of a value. A bound that is no number stays out of it.
    pub(crate) fn add_to(&self, schema: &mut Value) {
        let Value::Object(keywords) = schema else { return };
        let bounds = [
            ("minimum", &self.ge),
            ("exclusiveMinimum", &self.gt),
            ("maximum", &self.le),
            ("exclusiveMaximum", &self.lt),
            ("multipleOf", &self.multiple_of),
        ];
        for (keyword, bound) in bounds {
            if let Some(bound @ Value::Number(_)) = bound {
                keywords.insert(keyword.to_owned(), bound.clone());
            }
        }
        for (keyword, length) in [("minLength", self.min_length), ("maxLength", self.max_length)] {
            keywords.extend(length.map(|length| (keyword.to_owned(), length.into())));
        }
        keywords.extend(self.pattern.clone().map(|pattern| ("pattern".to_owned(), pattern.into())));
    }
}

/// What the type of a parameter and its keys say, before the parameter has a name.
#[derive(Debug)]
pub struct TextDescription {
    pub(crate) shape: Shape,
    pub(crate) is_required: bool,
    pub(crate) constraints: Constraints,
    pub(crate) schema: SchemaOf,
}
