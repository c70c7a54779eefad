//! Writes what a client needs of one endpoint: its parameters, its messages, its close codes, and a function that connects.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::Value;

use super::types::{Types, doc_comment, grouped, is_identifier, key, take_name, type_name};
use crate::{
    close::{self, ours},
    description::{
        Codec, EndpointDescription, MessageDescription, ParameterDescription, ReasonDescription, Shape,
        Source,
    },
    text::free_name,
    tracked::message_of,
};

/// What is declared for an endpoint: a type for each of these, `closesOfName`, and `connectName`.
const TYPES: [&str; 4] = ["Params", "Incoming", "Outgoing", "Code"];

/// Writes an endpoint. `taken` are the names that the file declares already.
pub(super) fn endpoint(
    endpoint: &EndpointDescription,
    types: &Types,
    taken: &mut BTreeSet<String>,
) -> String {
    let declares = |name: &str| TYPES.map(|suffix| format!("{name}{suffix}"));
    let name =
        free_name(&type_name(&endpoint.name), |name| declares(name).iter().all(|name| !taken.contains(name)));
    taken.extend(declares(&name));
    let parameters = parameters(endpoint);
    let mut text = doc_comment(&format!("The parameters of `{}`.", endpoint.path), 0);
    let _ = writeln!(text, "export interface {name}Params {{");
    for parameter in &parameters {
        text.push_str(&field(parameter, types));
    }
    text.push_str("}\n\n");
    // The client takes what it receives out of envelopes, and puts nothing into them.
    for (suffix, message, is_tracked, about) in [
        ("Incoming", &endpoint.sends, is_tracked(&endpoint.sends), "What the server sends"),
        ("Outgoing", &endpoint.receives, false, "What the server receives"),
    ] {
        let ty = message_type(message, is_tracked, types);
        text.push_str(&doc_comment(&format!("{about} on `{}`.", endpoint.path), 0));
        let _ = write!(text, "export type {name}{suffix} = {ty};\n\n");
    }
    text.push_str(&closes(endpoint, &name));
    text.push_str(&connect(endpoint, &parameters, &name));
    text
}

/// A parameter that is a part of the URL.
struct Parameter<'a> {
    /// Its name as a property of the parameters, which no other parameter has.
    name: String,
    about: &'a ParameterDescription,
}

impl Parameter<'_> {
    /// Returns the expression that reads it.
    fn value(&self) -> String {
        if is_identifier(&self.name) {
            format!("params.{}", self.name)
        } else {
            format!("params[{}]", Value::from(self.name.as_str()))
        }
    }
}

fn parameters(endpoint: &EndpointDescription) -> Vec<Parameter<'_>> {
    let mut taken = BTreeSet::new();
    let in_url = endpoint.parameters.iter().filter(|one| in_url(one));
    in_url.map(|about| Parameter { name: take_name(&camel_case(&about.name), &mut taken), about }).collect()
}

/// Cookies are the browser's, and scripts cannot set headers.
fn in_url(parameter: &ParameterDescription) -> bool {
    matches!(parameter.source, Source::Path | Source::Rest | Source::Query)
}

fn field(parameter: &Parameter<'_>, types: &Types) -> String {
    let Parameter { name, about } = parameter;
    let mut docs = about.docs.clone();
    if let Some(default) = about.default.as_ref().filter(|_| !about.default_is_computed) {
        let _ = write!(docs, "{}Default: `{default}`.", if docs.is_empty() { "" } else { "\n\n" });
    }
    let item = match about.schema.get("format").and_then(Value::as_str) {
        // A number has 53 bits.
        Some("int64" | "uint64" | "int128" | "uint128" | "int" | "uint") => "number | bigint".to_owned(),
        _ => types.text(&about.schema),
    };
    let many = about.shape == Shape::Many || about.source == Source::Rest;
    let ty = if many { format!("readonly {}[]", grouped(&item)) } else { item };
    let optional = if about.required { "" } else { "?" };
    format!("{}  {}{optional}: {ty};\n", doc_comment(&docs, 1), key(name))
}

/// The client reads envelopes in JSON only.
fn is_tracked(message: &MessageDescription) -> bool {
    message.tracked && message.codec == Codec::Json
}

fn message_type(message: &MessageDescription, is_tracked: bool, types: &Types) -> String {
    const BYTES: &str = "Uint8Array<ArrayBuffer>";
    match message.codec {
        Codec::Json if is_tracked => types.expression(message_of(&message.schema), 0),
        Codec::Json => types.expression(&message.schema, 0),
        _ => match (message.text, message.binary) {
            (true, false) => "string".to_owned(),
            (false, true) => BYTES.to_owned(),
            _ => format!("string | {BYTES}"),
        },
    }
}

/// Writes the close codes as a table and as a type.
fn closes(endpoint: &EndpointDescription, name: &str) -> String {
    let mut about: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for close in &endpoint.closes {
        let Some(code) = close.code else { continue };
        let texts = about.entry(code.as_u16()).or_default();
        let text = if close.docs.is_empty() { close.reason.to_string() } else { close.docs.clone() };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    let mut table = String::new();
    for (code, texts) in &about {
        let about = Value::from(texts.join(" / "));
        let _ = writeln!(table, "  {code}: {{ final: {}, about: {about} }},", !close::is_transient(*code));
    }
    let mut codes = format!("keyof typeof closesOf{name}");
    if endpoint.closes.iter().any(|close| close.code.is_none()) {
        // Some are decided at run time, so any may come.
        codes.push_str(" | (number & {})");
    }
    let docs =
        format!("How `{}` closes. After a close that is not final, a client connects again.", endpoint.path);
    format!(
        "{}export const closesOf{name} = {{\n{table}}} as const satisfies Closes;\n\n\
         export type {name}Code = {codes};\n\n",
        doc_comment(&docs, 0)
    )
}

fn connect(endpoint: &EndpointDescription, parameters: &[Parameter<'_>], name: &str) -> String {
    let mut path = endpoint.path.replace('\\', "\\\\").replace('`', "\\`").replace('$', "\\$");
    let mut query = String::new();
    for parameter in parameters {
        let (value, wire_name) = (parameter.value(), &parameter.about.wire_name);
        match parameter.about.source {
            Source::Query => {
                let _ = write!(query, " [{}, {value}],", Value::from(wire_name.as_str()));
            }
            Source::Rest => {
                path = path.replace(&format!("<{wire_name}..>"), &format!("${{segments({value} ?? [])}}"));
            }
            _ => path = path.replace(&format!("<{wire_name}>"), &format!("${{segments({value})}}")),
        }
    }
    let mut docs = endpoint.docs.clone();
    docs.push_str(&beside_parameters(endpoint));
    let is_optional = parameters.iter().all(|parameter| !parameter.about.required);
    let default = if is_optional { " = {}" } else { "" };
    let underscore = if parameters.is_empty() { "_" } else { "" };
    let is_json = |message: &MessageDescription| message.codec == Codec::Json;
    let (receives_json, sends_json) = (is_json(&endpoint.sends), is_json(&endpoint.receives));
    let tracked = is_tracked(&endpoint.sends);
    let subprotocols = Value::from(endpoint.subprotocols.clone());
    let query = query.trim_end_matches(',').trim_start();
    format!(
        "{}export function connect{name}({underscore}params: {name}Params{default}, options: Options = {{}}) {{\n\
         \x20 return new Connection<{name}Incoming, {name}Outgoing, {name}Code>(\n\
         \x20   {{\n\
         \x20     path: `{path}`,\n\
         \x20     query: [{query}],\n\
         \x20     subprotocols: {subprotocols},\n\
         \x20     receivesJson: {receives_json},\n\
         \x20     sendsJson: {sends_json},\n\
         \x20     tracked: {tracked},\n\
         \x20     closes: closesOf{name},\n\
         \x20   }},\n\
         \x20   options,\n\
         \x20 );\n\
         }}\n\n",
        doc_comment(&docs, 0)
    )
}

/// Says what the endpoint reads that is no parameter of the function.
fn beside_parameters(endpoint: &EndpointDescription) -> String {
    let mut docs = String::new();
    let takes_token = takes_token(endpoint);
    let is_hidden = |one: &&ParameterDescription| {
        let is_shown = in_url(one) || (takes_token && is_authorization(one));
        !is_shown
    };
    let hidden: Vec<_> = endpoint.parameters.iter().filter(is_hidden).collect();
    if !hidden.is_empty() {
        let names: Vec<_> =
            hidden.iter().map(|one| format!("the {} `{}`", source(one), one.wire_name)).collect();
        let names = names.join(", ");
        let _ = write!(docs, "\n\nThe endpoint also reads {names}, which a script does not set here.");
    }
    if takes_token {
        docs.push_str("\n\nThe endpoint takes a bearer token, which the option `token` sends.");
    }
    if endpoint.has_unlisted_query {
        docs.push_str("\n\nThe endpoint also reads query parameters that are not listed, which the option `query` sends.");
    }
    docs
}

/// An endpoint that takes a bearer token closes without one.
fn takes_token(endpoint: &EndpointDescription) -> bool {
    let reason = ReasonDescription::Text(ours::NO_BEARER.reason.to_owned());
    endpoint.closes.iter().any(|close| close.reason == reason)
}

fn is_authorization(parameter: &ParameterDescription) -> bool {
    parameter.source == Source::Header && parameter.wire_name == "authorization"
}

fn source(parameter: &ParameterDescription) -> &'static str {
    if parameter.source == Source::Cookie { "cookie" } else { "header" }
}

/// Returns a name as JavaScript writes it: `pageSize`.
fn camel_case(name: &str) -> String {
    let mut words =
        name.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("_").to_owned();
    words.fold(first, |name, word| {
        let capital: String = word.chars().take(1).flat_map(char::to_uppercase).collect();
        name + &capital + &word.chars().skip(1).collect::<String>()
    })
}
