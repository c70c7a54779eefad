//! Converts a description into a document.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    Channel, ChannelBindings, Components, Document, Message, MessageExample, Operation, Parameter, Reference,
    SecurityScheme, WebSocketBinding,
};
use crate::{
    description::{
        Codec, Description, EndpointDescription, MessageDescription, ParameterDescription, Shape, Source,
        component_key,
    },
    text::free_name,
};

impl From<&Description> for Document {
    fn from(description: &Description) -> Self {
        let mut document = Self {
            asyncapi: "3.1.0",
            info: description.info.clone(),
            servers: BTreeMap::new(),
            channels: BTreeMap::new(),
            operations: BTreeMap::new(),
            components: Components { schemas: description.schemas.clone(), ..Components::default() },
        };
        for endpoint in &description.endpoints {
            document.add(endpoint);
        }
        document
    }
}

impl Document {
    fn add(&mut self, endpoint: &EndpointDescription) {
        let id = free_key(&self.channels, &endpoint.name);
        let security = self.security(endpoint);
        let directions = [("receive", &endpoint.receives, "Receives"), ("send", &endpoint.sends, "Sends")];
        let schemas = &self.components.schemas;
        let messages: BTreeMap<&'static str, Message> =
            directions.iter().map(|(action, message, _)| (*action, message_of(message, schemas))).collect();
        for (action, _, verb) in directions {
            let name = messages.get(action).map_or("Message", |message| &message.name);
            let operation = Operation {
                action,
                channel: Reference::to(["channels", &id]),
                summary: format!("{verb} `{name}`."),
                security: security.clone(),
                messages: vec![Reference::to(["channels", &id, "messages", action])],
            };
            let key = free_key(&self.operations, &format!("{id}.{action}"));
            self.operations.insert(key, operation);
        }
        let cookies = object_of(endpoint, Source::Cookie, false);
        let channel = Channel {
            address: address_of(&endpoint.path),
            summary: endpoint.docs.split("\n\n").next().unwrap_or_default().replace('\n', " "),
            description: endpoint.docs.clone(),
            messages,
            parameters: path_parameters(endpoint, schemas),
            bindings: ChannelBindings {
                ws: WebSocketBinding {
                    method: "GET",
                    query: object_of(endpoint, Source::Query, endpoint.has_unlisted_query),
                    headers: headers_of(endpoint, cookies.is_some()),
                    binding_version: "0.1.0",
                },
            },
            subprotocols: endpoint.subprotocols.clone(),
            close_codes: endpoint.closes.clone(),
            cookies,
            max_message_size: endpoint.options.max_message_size,
        };
        self.channels.insert(id, channel);
    }

    /// Adds the credentials of an endpoint, and returns references to them.
    fn security(&mut self, endpoint: &EndpointDescription) -> Vec<Reference> {
        let schemes = &mut self.components.security_schemes;
        let mut references = Vec::new();
        for parameter in endpoint.parameters.iter().filter(|parameter| parameter.credential) {
            let place = match parameter.source {
                Source::Cookie => "cookie",
                Source::Header => "header",
                Source::Query => "query",
                Source::Path | Source::Rest => continue,
            };
            let scheme = SecurityScheme {
                kind: "httpApiKey",
                name: parameter.wire_name.clone(),
                place,
                description: parameter.docs.clone(),
            };
            let known = schemes.iter().find(|(_, known)| **known == scheme).map(|(key, _)| key.clone());
            let key = known.unwrap_or_else(|| {
                let key = free_key(schemes, &component_key(&format!("{place}_{}", scheme.name)));
                schemes.insert(key.clone(), scheme);
                key
            });
            references.push(Reference::to(["components", "securitySchemes", &key]));
        }
        references
    }
}

fn free_key<T>(taken: &BTreeMap<String, T>, name: &str) -> String {
    free_name(name, |name| !taken.contains_key(name))
}

/// `/items/<id>/<rest..>` is `/items/{id}/{rest}`.
fn address_of(path: &str) -> String {
    path.replace("..>", "}").replace('<', "{").replace('>', "}")
}

fn path_parameters(
    endpoint: &EndpointDescription,
    schemas: &BTreeMap<String, Value>,
) -> BTreeMap<String, Parameter> {
    let in_path = |parameter: &&ParameterDescription| matches!(parameter.source, Source::Path | Source::Rest);
    let parameters = endpoint.parameters.iter().filter(in_path).map(|parameter| {
        let described = Parameter {
            description: parameter.docs.clone(),
            words: words(resolve(&parameter.schema, schemas)).unwrap_or_default(),
            schema: value_schema(parameter),
        };
        (parameter.wire_name.clone(), described)
    });
    parameters.collect()
}

/// Returns the texts that a schema lists, or `None` if other values fit it, too.
fn words(schema: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(value) = schema.get("const") {
        return Some(vec![text(value)?]);
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.iter().map(text).collect();
    }
    // This is how a variant with a doc comment is told apart.
    let alternatives = schema.get("oneOf")?.as_array()?.iter().map(words);
    Some(alternatives.collect::<Option<Vec<_>>>()?.concat())
}

/// Returns the parameters of one source as an object, or `None` if there are none.
fn object_of(endpoint: &EndpointDescription, source: Source, is_open: bool) -> Option<Value> {
    let parameters = || endpoint.parameters.iter().filter(|parameter| parameter.source == source);
    if parameters().next().is_none() && !is_open {
        return None;
    }
    let properties: Map<String, Value> =
        parameters().map(|parameter| (parameter.wire_name.clone(), value_schema(parameter))).collect();
    let required: Vec<&str> =
        parameters().filter(|parameter| parameter.required).map(|parameter| &*parameter.wire_name).collect();
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    Some(object)
}

/// Returns the headers as an object. The cookies are one of them.
fn headers_of(endpoint: &EndpointDescription, has_cookies: bool) -> Option<Value> {
    let headers = object_of(endpoint, Source::Header, has_cookies)?;
    if !has_cookies {
        return Some(headers);
    }
    let mut headers = headers;
    let cookies: Vec<&ParameterDescription> =
        endpoint.parameters.iter().filter(|parameter| parameter.source == Source::Cookie).collect();
    let names: Vec<String> = cookies.iter().map(|cookie| format!("{}=…", cookie.wire_name)).collect();
    headers["properties"]["Cookie"] = json!({ "type": "string", "description": names.join("; ") });
    if cookies.iter().any(|cookie| cookie.required) {
        match headers.get_mut("required").and_then(Value::as_array_mut) {
            Some(required) => required.push("Cookie".into()),
            None => headers["required"] = json!(["Cookie"]),
        }
    }
    Some(headers)
}

/// Returns the schema of a parameter with all its values, its doc comment and its default.
fn value_schema(parameter: &ParameterDescription) -> Value {
    let mut schema = match parameter.shape {
        Shape::Many => json!({ "type": "array", "items": parameter.schema }),
        Shape::One | Shape::Optional => parameter.schema.clone(),
    };
    let default = parameter.default.as_ref().filter(|_| !parameter.default_is_computed);
    if (!parameter.docs.is_empty() || default.is_some()) && schema.get("$ref").is_some() {
        // What stands beside a `$ref` does not count in draft 7.
        schema = json!({ "allOf": [schema] });
    }
    let kind = parameter.schema.get("type").and_then(Value::as_str).unwrap_or("string").to_owned();
    let Some(keywords) = schema.as_object_mut() else { return schema };
    if !parameter.docs.is_empty() {
        keywords.insert("description".to_owned(), parameter.docs.clone().into());
    }
    if let Some(default) = default {
        let value = match &*kind {
            "integer" | "number" | "boolean" | "array" => serde_json::from_str(default).ok(),
            _ => None,
        };
        keywords.insert("default".to_owned(), value.unwrap_or_else(|| default.clone().into()));
    }
    schema
}

fn message_of(message: &MessageDescription, schemas: &BTreeMap<String, Value>) -> Message {
    let schema = resolve(&message.schema, schemas);
    let summary = match schema.get("description").and_then(Value::as_str) {
        Some(description) => description.to_owned(),
        None if message.type_name.is_none() => "Text or bytes.".to_owned(),
        None => String::new(),
    };
    let examples = schema.get("examples").and_then(Value::as_array);
    let examples = examples.into_iter().flatten().map(|payload| MessageExample { payload: payload.clone() });
    Message {
        name: message.type_name.clone().unwrap_or_else(|| "Message".to_owned()),
        summary,
        content_type: match message.codec {
            Codec::Json => Some("application/json"),
            Codec::MessagePack => Some("application/msgpack"),
            Codec::Plain | Codec::Custom(_) => None,
        },
        // The parser of AsyncAPI's tools refuses `true`, which means the same.
        payload: if message.schema == Value::Bool(true) { json!({}) } else { message.schema.clone() },
        examples: examples.collect(),
    }
}

/// Returns the definition that a schema refers to, or the schema.
fn resolve<'a>(schema: &'a Value, schemas: &'a BTreeMap<String, Value>) -> &'a Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
    name.and_then(|name| schemas.get(name)).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_an_enum_are_listed_with_and_without_doc_comments() {
        let documented = json!({ "oneOf": [
            { "type": "string", "enum": ["large", "huge"] },
            { "type": "string", "const": "small", "description": "Not large." },
        ] });
        assert_eq!(words(&documented), Some(vec!["large".into(), "huge".into(), "small".into()]));
        assert_eq!(words(&json!({ "type": "string", "enum": ["a"] })), Some(vec!["a".into()]));
        for other in
            [json!({ "type": "string" }), json!({ "oneOf": [{ "const": "a" }, { "type": "string" }] })]
        {
            assert_eq!(words(&other), None, "{other}");
        }
    }
}
