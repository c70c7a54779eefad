//! The schema of an envelope: that of [`Tracked`].

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{Tracked, WhyLost};

/// One alternative for each thing that an envelope says.
impl<T: JsonSchema> JsonSchema for Tracked<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Tracked_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("{}::Tracked<{}>", module_path!(), T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let message = generator.subschema_for::<T>();
        let position = json_schema!({
            "type": "string",
            "description": "The position from here on, which a client comes back with as the parameter `since`.",
            "pattern": r"^[0-9a-f]{16}-(0|[1-9][0-9]*)(\.[1-9][0-9]*)?$",
        });
        let lost: Vec<&str> = WhyLost::ALL.into_iter().map(WhyLost::name).collect();
        json_schema!({
            "anyOf": [
                {
                    "type": "object",
                    "properties": { "position": position, "message": message },
                    "required": ["message"],
                },
                {
                    "type": "object",
                    "properties": { "position": position },
                    "required": ["position"],
                },
                {
                    "type": "object",
                    "properties": {
                        "position": position,
                        "recovered": {
                            "type": "integer",
                            "minimum": 0,
                            "description": "How many missed messages follow.",
                        },
                    },
                    "required": ["recovered"],
                },
                {
                    "type": "object",
                    "properties": {
                        "position": position,
                        "lost": { "enum": lost, "description": "Why missed messages are lost." },
                    },
                    "required": ["lost"],
                },
            ],
        })
    }
}

/// Returns the schema of the messages in envelopes, which is `true` if it is unknown.
pub(crate) fn message_of(envelope: &Value) -> &Value {
    envelope.pointer("/anyOf/0/properties/message").unwrap_or(&Value::Bool(true))
}
