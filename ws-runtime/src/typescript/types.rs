//! [`Types`]: TypeScript's types, made from JSON Schemas.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::{Map, Value};

use crate::text::free_name;

/// The types of an app's schemas.
pub(super) struct Types<'a> {
    definitions: &'a BTreeMap<String, Value>,
    /// The names of the definitions in TypeScript, by the names that schemas refer to.
    names: BTreeMap<&'a str, String>,
}

impl<'a> Types<'a> {
    /// Names the definitions. Names that are equal without the characters that TypeScript does not allow are told apart by
    /// a number.
    pub(super) fn new(definitions: &'a BTreeMap<String, Value>, taken: &mut BTreeSet<String>) -> Self {
        let mut names = BTreeMap::new();
        for wanted in definitions.keys() {
            names.insert(wanted.as_str(), take_name(&type_name(wanted), taken));
        }
        Self { definitions, names }
    }

    /// Declares a type for each definition.
    pub(super) fn declare(&self) -> String {
        let mut text = String::new();
        for (definition, schema) in self.definitions {
            let name = &self.names[definition.as_str()];
            let _ = writeln!(
                text,
                "{}export type {name} = {};\n",
                comment(schema, 0),
                self.alias(schema, 0, &[definition])
            );
        }
        text
    }

    /// Returns the type of a schema.
    pub(super) fn expression(&self, schema: &Value, depth: usize) -> String {
        self.alias(schema, depth, &[])
    }

    /// Returns the type of a schema. All of its keywords hold at once, so it is the intersection of what each says.
    ///
    /// `within` are the definitions whose types begin with this one: TypeScript has no type that is itself or an alternative
    /// of itself, such as that of `struct Wrapped(Option<Box<Wrapped>>)`. Fields and elements may have any type.
    fn alias(&self, schema: &Value, depth: usize, within: &[&str]) -> String {
        let object = match schema {
            Value::Object(object) => object,
            Value::Bool(false) => return "never".to_owned(),
            _ => return "unknown".to_owned(),
        };
        let mut parts = Vec::new();
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            parts.push(self.reference(reference, depth, within));
        }
        if let Some(value) = object.get("const") {
            parts.push(Some(value.to_string()));
        } else if let Some(Value::Array(values)) = object.get("enum") {
            parts.push(Some(union(values.iter().map(Value::to_string))));
        } else if let Some(shape) = self.shape(object, depth) {
            parts.push(Some(shape));
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(Value::Array(alternatives)) = object.get(key) {
                parts.push(Some(union(alternatives.iter().map(|one| self.alias(one, depth, within)))));
            }
        }
        if let Some(Value::Array(all)) = object.get("allOf") {
            parts.extend(all.iter().map(|one| Some(self.alias(one, depth, within))));
        }
        let is_circular = parts.iter().any(Option::is_none);
        let mut parts: Vec<String> = parts.into_iter().flatten().filter(|part| part != "unknown").collect();
        match parts.len() {
            // Nothing is a value of a type that is only itself.
            0 if is_circular => "never".to_owned(),
            0 => "unknown".to_owned(),
            1 => parts.remove(0),
            _ => parts.iter().map(|part| grouped(part)).collect::<Vec<_>>().join(" & "),
        }
    }

    /// Returns the type of a parameter, whose values are written as text: `string` for those that JavaScript would write in
    /// another way than JSON does.
    pub(super) fn text(&self, schema: &Value) -> String {
        match self.expression(schema, 1).as_str() {
            "unknown" => "string | number | bigint | boolean".to_owned(),
            ty if self.is_text(schema, &mut BTreeSet::new()) => ty.to_owned(),
            _ => "string".to_owned(),
        }
    }

    /// Returns `true` if all values are texts, numbers or booleans. `seen` are the definitions that led here.
    fn is_text(&self, schema: &Value, seen: &mut BTreeSet<String>) -> bool {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = definition(reference);
            return self
                .definitions
                .get(name)
                .is_some_and(|definition| seen.insert(name.to_owned()) && self.is_text(definition, seen));
        }
        let all = |key: &str, seen: &mut BTreeSet<String>| {
            let alternatives = schema.get(key).and_then(Value::as_array);
            alternatives.map(|them| them.iter().all(|one| self.is_text(one, &mut seen.clone())))
        };
        let is_scalar = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        let is_scalar_type =
            |name: &Value| ["string", "integer", "number", "boolean"].iter().any(|scalar| name == scalar);
        match (schema.get("const"), schema.get("enum"), schema.get("type")) {
            (Some(value), _, _) => is_scalar(value),
            (_, Some(Value::Array(values)), _) => values.iter().all(is_scalar),
            (_, _, Some(Value::Array(names))) => names.iter().all(is_scalar_type),
            (_, _, Some(name)) => is_scalar_type(name),
            _ => {
                all("oneOf", seen).or_else(|| all("anyOf", seen)).or_else(|| all("allOf", seen)) == Some(true)
            }
        }
    }

    /// Returns the type of a definition, or `None` for one that is within itself.
    fn reference(&self, reference: &str, depth: usize, within: &[&str]) -> Option<String> {
        let name = definition(reference);
        if within.contains(&name) {
            return None;
        }
        match (self.definitions.get(name), within.first()) {
            (Some(schema), Some(first)) if self.begins_with(schema, first, &mut BTreeSet::new()) => {
                Some(self.alias(schema, depth, &[within, &[name]].concat()))
            }
            _ => Some(self.names.get(name).cloned().unwrap_or_else(|| "unknown".to_owned())),
        }
    }

    /// Returns `true` if a type is that of a definition, or has it as an alternative or a part.
    fn begins_with(&self, schema: &Value, wanted: &str, seen: &mut BTreeSet<String>) -> bool {
        let reference = schema.get("$ref").and_then(Value::as_str).map(definition);
        let leads = |name: &str, seen: &mut BTreeSet<String>| {
            let schema = self.definitions.get(name).filter(|_| seen.insert(name.to_owned()));
            name == wanted || schema.is_some_and(|schema| self.begins_with(schema, wanted, seen))
        };
        reference.is_some_and(|name| leads(name, seen))
            || ["oneOf", "anyOf", "allOf"].iter().any(|key| {
                let all = schema.get(*key).and_then(Value::as_array);
                all.into_iter().flatten().any(|one| self.begins_with(one, wanted, seen))
            })
    }

    fn shape(&self, object: &Map<String, Value>, depth: usize) -> Option<String> {
        let one = |name: &str| match name {
            "string" => Some("string".to_owned()),
            "integer" | "number" => Some("number".to_owned()),
            "boolean" => Some("boolean".to_owned()),
            "null" => Some("null".to_owned()),
            "array" => Some(self.array(object, depth)),
            "object" => self.object(object, depth),
            _ => None,
        };
        match object.get("type") {
            Some(Value::String(name)) => one(name),
            Some(Value::Array(names)) => Some(union(names.iter().filter_map(Value::as_str).filter_map(one))),
            _ if object.contains_key("properties") => one("object"),
            _ => None,
        }
    }

    fn array(&self, object: &Map<String, Value>, depth: usize) -> String {
        // A longer array of a fixed length is read as one of any length.
        const LONGEST: u64 = 16;
        let count = |key: &str| object.get(key).and_then(Value::as_u64);
        let item = match object.get("items") {
            Some(Value::Array(items)) => {
                let items: Vec<_> = items.iter().map(|item| self.expression(item, depth)).collect();
                let is_open =
                    count("maxItems").is_none() && object.get("additionalItems") != Some(&Value::Bool(false));
                return format!("[{}{}]", items.join(", "), if is_open { ", ...unknown[]" } else { "" });
            }
            Some(item) => self.expression(item, depth),
            None => "unknown".to_owned(),
        };
        match (count("minItems"), count("maxItems")) {
            (_, Some(0)) => "[]".to_owned(),
            (Some(least), Some(most)) if least == most && most <= LONGEST => {
                let items: Vec<_> = (0..most).map(|_| item.clone()).collect();
                format!("[{}]", items.join(", "))
            }
            _ => format!("{}[]", grouped(&item)),
        }
    }

    // An object without properties says nothing beside a reference or alternatives.
    fn object(&self, object: &Map<String, Value>, depth: usize) -> Option<String> {
        let required = object.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: BTreeSet<_> = required.filter_map(Value::as_str).collect();
        let indent = "  ".repeat(depth + 1);
        let mut fields = String::new();
        let properties = object.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            let optional = if required.contains(name.as_str()) { "" } else { "?" };
            let ty = self.expression(schema, depth + 1);
            let _ = writeln!(fields, "{}{indent}{}{optional}: {ty};", comment(schema, depth + 1), key(name));
        }
        let rest = match (object.get("additionalProperties"), object.get("patternProperties")) {
            (Some(schema @ Value::Object(_)), _) => Some(self.expression(schema, depth)),
            (_, Some(Value::Object(patterns))) => {
                Some(union(patterns.values().map(|schema| self.expression(schema, depth))))
            }
            _ => None,
        };
        let has_more = ["$ref", "oneOf", "anyOf", "allOf"].iter().any(|key| object.contains_key(*key));
        let fields = (!fields.is_empty()).then(|| format!("{{\n{fields}{}}}", "  ".repeat(depth)));
        match (fields, rest) {
            // An index signature of another type would contradict the named fields.
            (Some(fields), Some(_)) => Some(format!("{fields} & {{ [key: string]: unknown }}")),
            (Some(fields), None) => Some(fields),
            (None, Some(rest)) => Some(format!("{{ [key: string]: {rest} }}")),
            (None, None) if has_more => None,
            (None, None) if object.get("additionalProperties") == Some(&Value::Bool(false)) => {
                Some("Record<string, never>".to_owned())
            }
            (None, None) => Some("{ [key: string]: unknown }".to_owned()),
        }
    }
}

/// Returns the definition that a reference names. Names have no characters that a JSON Pointer would escape.
fn definition(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or_default()
}

/// Returns a name that is not taken, and takes it.
pub(super) fn take_name(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let name = free_name(wanted, |name| !taken.contains(name));
    taken.insert(name.clone());
    name
}

fn union(types: impl Iterator<Item = String>) -> String {
    let mut seen = Vec::new();
    for ty in types {
        if ty != "never" && !seen.contains(&ty) {
            seen.push(ty);
        }
    }
    match seen.len() {
        0 => "never".to_owned(),
        1 => seen.remove(0),
        _ => seen
            .iter()
            .map(|ty| if ty.contains(" & ") { grouped(ty) } else { ty.clone() })
            .collect::<Vec<_>>()
            .join(" | "),
    }
}

/// Writes parentheses around a type that has an operator outside of all brackets and texts.
pub(super) fn grouped(ty: &str) -> String {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for character in ty.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            _ if is_text => {}
            '{' | '[' | '(' | '<' => depth += 1,
            '}' | ']' | ')' | '>' => depth = depth.saturating_sub(1),
            '|' | '&' if depth == 0 => return format!("({ty})"),
            _ => {}
        }
    }
    ty.to_owned()
}

/// Returns the name of a property, in quotes if it is no identifier.
pub(super) fn key(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { Value::from(name).to_string() }
}

pub(super) fn is_identifier(name: &str) -> bool {
    let is_start = |character: char| character.is_ascii_alphabetic() || character == '_' || character == '$';
    name.starts_with(is_start)
        && name.chars().all(|character| is_start(character) || character.is_ascii_digit())
}

/// Returns a name for a type: its words with capitals, as in `ItemList`.
pub(super) fn type_name(wanted: &str) -> String {
    let words =
        wanted.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect();
    if is_identifier(&name) { name } else { format!("Type{name}") }
}

/// Returns a comment with the description of a schema.
fn comment(schema: &Value, depth: usize) -> String {
    doc_comment(schema.get("description").and_then(Value::as_str).unwrap_or_default(), depth)
}

/// Returns a documentation comment, or nothing for an empty text.
pub(super) fn doc_comment(text: &str, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    // The text must not end the comment.
    let text = text.trim().replace("*/", "*\u{200b}/");
    match text.lines().count() {
        0 => String::new(),
        1 => format!("{indent}/** {text} */\n"),
        _ => {
            let lines = text.lines().map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n");
            format!("{indent}/**\n{}{indent} */\n", lines.collect::<String>())
        }
    }
}
