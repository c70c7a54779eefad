//! Writes what a client needs of one endpoint: its parameters, its messages, its close codes, and a function that connects.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::Value;

use super::types::{Types, doc_comment, free_name, type_name};
use crate::{
    CloseCode,
    description::{Codec, EndpointDescription, MessageDescription, ParameterDescription, Shape, Source},
};

/// Writes an endpoint. `taken` are the names that the file declares already.
pub(super) fn endpoint(
    endpoint: &EndpointDescription,
    types: &Types,
    taken: &mut BTreeSet<String>,
) -> String {
    let name = free_name(&type_name(&endpoint.name), taken);
    let mut text = String::new();
    let parameters: Vec<_> = endpoint.parameters.iter().filter(|one| in_url(one)).collect();
    let _ = write!(text, "/** The parameters of `{}`. */\nexport interface {name}Params {{\n", endpoint.path);
    for parameter in &parameters {
        text.push_str(&field(parameter, types));
    }
    text.push_str("}\n\n");
    for (suffix, message, about) in [
        ("Incoming", &endpoint.sends, "What the server sends"),
        ("Outgoing", &endpoint.receives, "What the server receives"),
    ] {
        let ty = message_type(message, types);
        let _ =
            write!(text, "/** {about} on `{}`. */\nexport type {name}{suffix} = {ty};\n\n", endpoint.path);
    }
    text.push_str(&closes(endpoint, &name));
    text.push_str(&connect(endpoint, &parameters, &name));
    text
}

/// Cookies are the browser's, and scripts cannot set headers.
fn in_url(parameter: &ParameterDescription) -> bool {
    matches!(parameter.source, Source::Path | Source::Rest | Source::Query)
}

fn field(parameter: &ParameterDescription, types: &Types) -> String {
    let mut docs = parameter.docs.clone();
    if let Some(default) = parameter.default.as_ref().filter(|_| !parameter.default_is_computed) {
        let _ = write!(docs, "{}Default: `{default}`.", if docs.is_empty() { "" } else { "\n\n" });
    }
    let item = match parameter.schema.get("format").and_then(Value::as_str) {
        // A number has 53 bits.
        Some("int64" | "uint64" | "int128" | "uint128") => "number | bigint".to_owned(),
        _ => text_type(&types.expression(&parameter.schema, 1)),
    };
    let many = parameter.shape == Shape::Many || parameter.source == Source::Rest;
    let ty = if many { format!("readonly ({item})[]") } else { item };
    let optional = if parameter.required { "" } else { "?" };
    format!("{}  {}{optional}: {ty};\n", doc_comment(&docs, 1), camel_case(&parameter.name))
}

/// What cannot be written as a text has no place in a URL.
fn text_type(ty: &str) -> String {
    match ty {
        "unknown" => "string | number | bigint | boolean".to_owned(),
        ty if ty.contains(['{', '[']) => "string".to_owned(),
        ty => ty.to_owned(),
    }
}

fn message_type(message: &MessageDescription, types: &Types) -> String {
    const BYTES: &str = "Uint8Array<ArrayBuffer>";
    match message.codec {
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
        let _ = writeln!(table, "  {code}: {{ final: {}, about: {about} }},", !is_transient(*code));
    }
    let mut codes = format!("keyof typeof closesOf{name}");
    if endpoint.closes.iter().any(|close| close.code.is_none()) {
        // Some are decided at run time, so any may come.
        codes.push_str(" | (number & {})");
    }
    format!(
        "/** How `{}` closes. After a close that is not final, a client connects again. */\n\
         export const closesOf{name} = {{\n{table}}} as const satisfies Closes;\n\n\
         export type {name}Code = {codes};\n\n",
        endpoint.path
    )
}

/// The codes after which `ws_runtime::client` connects again, too.
fn is_transient(code: u16) -> bool {
    [
        CloseCode::GOING_AWAY,
        CloseCode::INTERNAL_ERROR,
        CloseCode::SERVICE_RESTART,
        CloseCode::TRY_AGAIN_LATER,
        CloseCode::BAD_GATEWAY,
    ]
    .iter()
    .any(|transient| transient.as_u16() == code)
}

fn connect(endpoint: &EndpointDescription, parameters: &[&ParameterDescription], name: &str) -> String {
    let mut path = endpoint.path.replace('\\', "\\\\").replace('`', "\\`").replace('$', "\\$");
    let mut query = String::new();
    for parameter in parameters {
        let value = format!("params.{}", camel_case(&parameter.name));
        match parameter.source {
            Source::Query => {
                let _ = write!(query, " {}: {value},", Value::from(parameter.wire_name.as_str()));
            }
            _ => {
                for form in [format!("<{}>", parameter.wire_name), format!("<{}..>", parameter.wire_name)] {
                    path = path.replace(&form, &format!("${{segments({value})}}"));
                }
            }
        }
    }
    let mut docs = endpoint.docs.clone();
    let hidden: Vec<_> = endpoint.parameters.iter().filter(|one| !in_url(one)).collect();
    if !hidden.is_empty() {
        let names: Vec<_> =
            hidden.iter().map(|one| format!("the {} `{}`", source(one), one.wire_name)).collect();
        let _ = write!(
            docs,
            "\n\nThe endpoint also reads {}, which a script does not set here.",
            names.join(", ")
        );
    }
    let is_optional = parameters.iter().all(|parameter| !parameter.required);
    let default = if is_optional { " = {}" } else { "" };
    let underscore = if parameters.is_empty() { "_" } else { "" };
    let is_json = endpoint.receives.codec == Codec::Json || endpoint.sends.codec == Codec::Json;
    let subprotocols = Value::from(endpoint.subprotocols.clone());
    let query =
        if query.is_empty() { "{}".to_owned() } else { format!("{{{} }}", query.trim_end_matches(',')) };
    format!(
        "{}export function connect{name}({underscore}params: {name}Params{default}, options: Options = {{}}) {{\n\
         \x20 return new Connection<{name}Incoming, {name}Outgoing, {name}Code>(\n\
         \x20   {{\n\
         \x20     path: `{path}`,\n\
         \x20     query: {query},\n\
         \x20     subprotocols: {subprotocols},\n\
         \x20     json: {is_json},\n\
         \x20     closes: closesOf{name},\n\
         \x20   }},\n\
         \x20   options,\n\
         \x20 );\n\
         }}\n\n",
        doc_comment(&docs, 0)
    )
}

fn source(parameter: &ParameterDescription) -> &'static str {
    if parameter.source == Source::Cookie { "cookie" } else { "header" }
}

/// Returns a name as JavaScript writes it: `pageSize`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("_").to_owned();
    words.fold(first, |name, word| {
        let capital: String = word.chars().take(1).flat_map(char::to_uppercase).collect();
        name + &capital + &word.chars().skip(1).collect::<String>()
    })
}
