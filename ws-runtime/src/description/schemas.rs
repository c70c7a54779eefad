//! [`Schemas`]: the JSON Schemas of types, with the definitions that they share.

use std::{any::type_name, collections::BTreeMap};

use serde_json::{Value, json};

/// Collects the schemas of an app.
#[derive(Debug, Default)]
pub struct Schemas {
    pub(super) definitions: BTreeMap<String, Value>,
    /// The name of each definition by the name that its generator chose and by all that it consists of.
    #[cfg(feature = "schema")]
    pub(super) names: BTreeMap<(String, String), String>,
}

/// The schema of a type that is not generated yet.
#[derive(Debug, Clone, Copy)]
pub struct SchemaOf {
    pub(crate) name: fn() -> &'static str,
    /// All texts of a parameter, if they are known.
    words: Option<&'static [&'static str]>,
    #[cfg(feature = "schema")]
    pub(super) generate: Option<fn() -> Generated>,
}

/// A schema with the definitions that it refers to.
#[cfg(feature = "schema")]
#[derive(Debug)]
pub(super) struct Generated {
    pub(super) schema: Value,
    pub(super) definitions: serde_json::Map<String, Value>,
}

impl SchemaOf {
    /// A type that says nothing about its schema.
    #[must_use]
    pub fn unknown<T>() -> Self {
        Self {
            name: type_name::<T>,
            words: None,
            #[cfg(feature = "schema")]
            generate: None,
        }
    }

    /// A type with a schema, which generates it.
    #[cfg(feature = "schema")]
    pub(super) fn generated<T>(generate: fn() -> Generated) -> Self {
        Self { generate: Some(generate), ..Self::unknown::<T>() }
    }

    /// A type of a parameter that has these texts, and no others.
    pub(crate) fn words<T>(words: &'static [&'static str]) -> Self {
        Self { words: Some(words), ..Self::unknown::<T>() }
    }

    /// Generates the schema of a value in a message; `true` if it is unknown.
    #[cfg_attr(not(feature = "schema"), allow(unused_variables, clippy::unused_self))]
    pub(crate) fn message(self, schemas: &mut Schemas) -> Value {
        #[cfg(feature = "schema")]
        if let Some(generate) = self.generate {
            return schemas.insert(generate());
        }
        Value::Bool(true)
    }

    /// Generates the schema of a parameter, whose values are texts.
    #[cfg_attr(not(feature = "schema"), allow(unused_variables))]
    pub(crate) fn parameter(self, schemas: &mut Schemas) -> Value {
        if let Some(words) = self.words {
            return json!({ "type": "string", "enum": words });
        }
        #[cfg(feature = "schema")]
        if let Some(generate) = self.generate {
            let generated = generate();
            // A parameter is a text, even if its type is something else in a message.
            let is_text = !generated.is_structured();
            return if is_text { schemas.insert(generated) } else { json!({ "type": "string" }) };
        }
        by_name((self.name)())
    }
}

impl Schemas {
    pub(crate) fn into_definitions(self) -> BTreeMap<String, Value> {
        self.definitions
    }
}

/// Returns the schema of a type's text form. The name of a type is all that is known of it.
fn by_name(name: &str) -> Value {
    let short = crate::text::short_name(name);
    let short = short.split('<').next().unwrap_or(&short);
    let root = name.split("::").next().unwrap_or("");
    let text = |format: &str| json!({ "type": "string", "format": format });
    match (root, short) {
        (_, "u8" | "u16" | "u32" | "u64" | "u128" | "usize") if root == short => {
            json!({ "type": "integer", "minimum": 0 })
        }
        (_, "i8" | "i16" | "i32" | "i64" | "i128" | "isize") if root == short => json!({ "type": "integer" }),
        ("f32" | "f64", _) => json!({ "type": "number" }),
        ("bool", _) => json!({ "type": "boolean" }),
        ("char", _) => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
        ("core" | "std", "Ipv4Addr") => text("ipv4"),
        ("core" | "std", "Ipv6Addr") => text("ipv6"),
        ("core" | "std", "IpAddr") => text("ip"),
        ("uuid", "Uuid") => text("uuid"),
        ("url", "Url") => text("uri"),
        ("chrono", "DateTime") | ("time", "OffsetDateTime" | "UtcDateTime") | ("jiff", "Timestamp") => {
            text("date-time")
        }
        ("chrono", "NaiveDateTime") | ("jiff", "DateTime") => text("partial-date-time"),
        ("chrono", "NaiveDate") | ("time" | "jiff", "Date") => text("date"),
        ("chrono", "NaiveTime") | ("time" | "jiff", "Time") => text("partial-time"),
        _ => json!({ "type": "string" }),
    }
}
