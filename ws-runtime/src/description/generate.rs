//! Generates schemas with `schemars`, and names types of one name apart (feature `schema`).

use schemars::{
    JsonSchema,
    generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value};

use super::{
    ParameterDescription, Shape, Source,
    parameter::Constraints,
    schemas::{Generated, SchemaOf, Schemas},
};
use crate::text::free_name;

/// Where the definitions are in the description, and in documents that are made of it.
const DEFINITIONS: &str = "#/components/schemas/";

impl SchemaOf {
    /// A type with a schema: what a client writes.
    #[must_use]
    pub fn read<T: JsonSchema>() -> Self {
        Self::generated::<T>(generate::<T, false>)
    }

    /// A type with a schema: what a client reads.
    #[must_use]
    pub fn written<T: JsonSchema>() -> Self {
        Self::generated::<T>(generate::<T, true>)
    }

    /// Returns the fields of a struct that is read from a whole query, or `None` if the schema is not that of a struct.
    pub(crate) fn fields(self, schemas: &mut Schemas) -> Option<Vec<ParameterDescription>> {
        let Generated { mut schema, definitions } = self.generate?();
        // The struct itself is a definition.
        if let Some(name) =
            schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix(DEFINITIONS))
        {
            schema = definitions.get(&decoded(name))?.clone();
        }
        let properties = schema.get("properties")?.as_object()?.clone();
        let is_required = |name: &String| {
            let required = schema.get("required").and_then(Value::as_array);
            required.is_some_and(|required| required.iter().any(|required| required == name))
        };
        let fields = properties.into_iter().map(|(name, field)| {
            let required = is_required(&name);
            let field = schemas.insert(Generated { schema: field, definitions: definitions.clone() });
            field_of(name, field, required)
        });
        Some(fields.collect())
    }
}

fn generate<T: JsonSchema, const WRITTEN: bool>() -> Generated {
    let mut settings = SchemaSettings::draft07();
    settings.definitions_path = DEFINITIONS.trim_end_matches('/').into();
    settings.contract = if WRITTEN { Contract::Serialize } else { Contract::Deserialize };
    let mut generator = settings.into_generator();
    let mut schema = generator.subschema_for::<T>();
    for transform in generator.transforms_mut() {
        transform.transform(&mut schema);
    }
    Generated { schema: schema.to_value(), definitions: generator.take_definitions(true) }
}

impl Generated {
    /// Returns `true` if the values are objects or arrays, and never texts.
    pub(super) fn is_structured(&self) -> bool {
        let mut schema = &self.schema;
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let Some(definition) =
                self.definitions.get(&decoded(name.strip_prefix(DEFINITIONS).unwrap_or(name)))
            else {
                return false;
            };
            schema = definition;
        }
        schema.get("type").is_some_and(|kind| kind == "object" || kind == "array")
    }

    /// Returns a definition with all that it refers to, as one text: two definitions are the same if theirs is.
    fn whole(&self, name: &str) -> String {
        let mut seen = vec![name.to_owned()];
        let mut at = 0;
        let mut whole = String::new();
        while let Some(name) = seen.get(at).cloned() {
            at += 1;
            let Some(definition) = self.definitions.get(&name) else { continue };
            whole.push_str(&name);
            whole.push_str(&definition.to_string());
            visit_references(definition, &mut |name| {
                if !seen.contains(&name) {
                    seen.push(name);
                }
            });
        }
        whole
    }
}

impl Schemas {
    /// Adds the definitions of a schema under names of their own, and returns the schema with these names.
    pub(super) fn insert(&mut self, generated: Generated) -> Value {
        let mut renamed = Map::new();
        let mut fresh = Vec::new();
        for name in generated.definitions.keys() {
            let key = (name.clone(), generated.whole(name));
            let known = self.names.get(&key).cloned();
            let chosen = known.unwrap_or_else(|| {
                let chosen = self.free_name(name);
                self.names.insert(key, chosen.clone());
                // This keeps the name while the others are chosen.
                self.definitions.insert(chosen.clone(), Value::Null);
                fresh.push((name.clone(), chosen.clone()));
                chosen
            });
            renamed.insert(name.clone(), Value::String(chosen));
        }
        let Generated { mut schema, definitions } = generated;
        for (name, chosen) in fresh {
            let Some(mut definition) = definitions.get(&name).cloned() else { continue };
            rename(&mut definition, &renamed);
            self.definitions.insert(chosen, definition);
        }
        rename(&mut schema, &renamed);
        schema
    }

    /// Returns a name that no definition has, in the characters that AsyncAPI allows.
    fn free_name(&self, name: &str) -> String {
        free_name(&component_key(name), |name| !self.definitions.contains_key(name))
    }
}

/// Replaces the characters that AsyncAPI does not allow in the name of a component.
pub(crate) fn component_key(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}

/// Calls a function with the name of each definition that a schema refers to.
fn visit_references(schema: &Value, visit: &mut dyn FnMut(String)) {
    match schema {
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                match value {
                    Value::String(reference) if keyword == "$ref" => {
                        if let Some(name) = reference.strip_prefix(DEFINITIONS) {
                            visit(decoded(name));
                        }
                    }
                    value => visit_references(value, visit),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| visit_references(value, visit)),
        _ => {}
    }
}

fn rename(schema: &mut Value, names: &Map<String, Value>) {
    match schema {
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                match value {
                    Value::String(reference) if keyword == "$ref" => {
                        let name = reference.strip_prefix(DEFINITIONS).map(decoded);
                        if let Some(Value::String(chosen)) = name.and_then(|name| names.get(&name)) {
                            *reference = format!("{DEFINITIONS}{chosen}");
                        }
                    }
                    value => rename(value, names),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, names)),
        _ => {}
    }
}

// A name in a reference is a JSON pointer (RFC 6901) within the fragment of a URI.
fn decoded(name: &str) -> String {
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    name.replace("~1", "/").replace("~0", "~")
}

/// Makes a parameter of a field.
fn field_of(name: String, mut schema: Value, required: bool) -> ParameterDescription {
    let docs = take_text(&mut schema, "description");
    let default = schema.get("default").filter(|default| !default.is_null()).cloned();
    let (mut shape, default) = match default {
        Some(Value::String(text)) => (Shape::One, Some(text)),
        Some(list @ Value::Array(_)) => (
            Shape::Many,
            Some(list).filter(|list| list != &Value::Array(Vec::new())).map(|list| list.to_string()),
        ),
        Some(value) => (Shape::One, Some(value.to_string())),
        None => (Shape::One, None),
    };
    if without_null(&mut schema) {
        shape = Shape::Optional;
    }
    if schema.get("type").is_some_and(|kind| kind == "array") {
        shape = Shape::Many;
        schema = schema.get("items").cloned().unwrap_or(Value::Bool(true));
    }
    let constraints = Constraints::of(&schema);
    ParameterDescription {
        wire_name: name.clone(),
        name,
        source: Source::Query,
        shape,
        required: required && shape != Shape::Optional,
        docs,
        constraints,
        default,
        default_is_computed: false,
        secret: false,
        credential: false,
        schema,
    }
}

fn take_text(schema: &mut Value, keyword: &str) -> String {
    match schema.as_object_mut().and_then(|keywords| keywords.remove(keyword)) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

/// Removes `null` from the values of a schema. Returns `false` if it was none of them.
fn without_null(schema: &mut Value) -> bool {
    let Some(keywords) = schema.as_object_mut() else { return false };
    if let Some(Value::Array(kinds)) = keywords.get_mut("type") {
        let before = kinds.len();
        kinds.retain(|kind| kind != "null");
        let found = kinds.len() < before;
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            keywords.insert("type".to_owned(), only);
        }
        return found;
    }
    let Some(Value::Array(any)) = keywords.get_mut("anyOf") else { return false };
    let before = any.len();
    any.retain(|schema| schema.get("type").is_none_or(|kind| kind != "null"));
    let found = any.len() < before;
    if let [only] = any.as_slice() {
        *schema = only.clone();
    }
    found
}
