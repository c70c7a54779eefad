//! [`Describing`]: collects what `#[websocket]` knows about one endpoint.
//!
//! Generated code asks the types of an endpoint what they are. They answer through traits that method lookup tries in an
//! order, like [`Probe`](crate::__private::Probe): first "it has a schema", last "it is any type". So no type has to
//! implement anything, and no alias hides a type.

mod dependencies;
mod doc_comments;
mod errors;
mod messages;
mod parameters;

use std::any::{TypeId, type_name};

pub use dependencies::*;
pub use doc_comments::docs;
pub use errors::*;
pub use messages::*;
use parameters::QueryOf;
pub use parameters::*;

use crate::{
    BearerToken, Closes, ValidationError,
    description::{
        Constraints, MessageDescription, ParameterDescription, Schemas, Shape, Source, TextDescription,
    },
};

/// What is known of an endpoint, while it is collected.
#[derive(Debug)]
pub struct Describing {
    pub(crate) docs: String,
    pub(crate) parameters: Vec<ParameterDescription>,
    pub(crate) has_unlisted_query: bool,
    pub(crate) receives: MessageDescription,
    pub(crate) sends: MessageDescription,
    /// `true` if the endpoint accepts the connection itself, and may refuse it.
    pub(crate) accepts_itself: bool,
    pub(crate) closes: Closes,
    pub(crate) returns: Returns,
    pub(crate) schemas: Schemas,
    /// The functions with `#[dependency]` that have been described.
    dependencies: Vec<TypeId>,
}

/// What an endpoint may return without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returns {
    /// Nothing, which closes with 1000.
    Unit,
    /// A close of its own choice.
    Close,
    Unknown,
}

impl Describing {
    pub(crate) fn new(schemas: Schemas, closes: Closes) -> Self {
        Self {
            docs: String::new(),
            parameters: Vec::new(),
            has_unlisted_query: false,
            receives: MessageDescription::any(),
            sends: MessageDescription::any(),
            accepts_itself: false,
            closes,
            returns: Returns::Unknown,
            schemas,
            dependencies: Vec::new(),
        }
    }

    /// The doc comment of the function, line by line.
    pub fn docs(&mut self, lines: &[&str]) {
        self.docs = docs(lines);
    }

    /// A parameter that is read from text.
    pub fn text(&mut self, named: Named<'_>, default: Option<Default>, text: TextDescription) {
        let Named { name, wire_name, source, docs, credential } = named;
        let TextDescription { shape, is_required, constraints, schema } = text;
        if self.reads(wire_name, source) {
            return;
        }
        let mut schema = schema.parameter(&mut self.schemas);
        constraints.add_to(&mut schema);
        self.reads_text();
        self.parameters.push(ParameterDescription {
            name: name.to_owned(),
            wire_name: wire_name.to_owned(),
            source,
            shape,
            // An empty rest of the path is a value, too.
            required: is_required && default.is_none() && source != Source::Rest,
            docs: self::docs(docs),
            constraints,
            default_is_computed: default.as_ref().is_some_and(|default| default.is_computed),
            default: default.map(|default| default.text),
            secret: credential || source == Source::Cookie,
            credential,
            schema,
        });
    }

    /// A parameter that is made from the handshake. `query` has the parameters of a `Query<T>`.
    pub fn extracted(&mut self, query: &ReadsQuery, closes: ClosesOf) {
        if query.name == type_name::<BearerToken>() {
            self.reads_bearer_token();
        }
        match &query.reads {
            QueryOf::None => {}
            QueryOf::Unlisted => {
                self.has_unlisted_query = true;
                self.reads_text();
            }
            #[cfg(feature = "schema")]
            QueryOf::Struct(schema) => {
                let fields = schema.fields(&mut self.schemas);
                self.has_unlisted_query |= fields.is_none();
                self.parameters.extend(fields.unwrap_or_default());
                self.reads_text();
            }
        }
        self.refuses(closes);
    }

    /// A parameter that a function makes. A function with `#[dependency]` has parameters of its own.
    pub fn depends(&mut self, made: MadeBy) {
        match made {
            MadeBy::Plain(closes) => self.refuses(closes),
            MadeBy::Declared(id, describe) => {
                // Each is called once for a handshake.
                if !self.dependencies.contains(&id) {
                    self.dependencies.push(id);
                    describe(self);
                }
            }
        }
    }

    /// A parameter of a dependency that has no attribute: one of the path, or a type that is made from the handshake.
    pub fn bare(
        &mut self,
        named: Named<'_>,
        is_whole: bool,
        text: TextDescription,
        query: &ReadsQuery,
        closes: ClosesOf,
    ) {
        if is_whole {
            self.extracted(query, closes);
        } else {
            self.text(named, None, text);
        }
    }

    /// The error of a function with `#[dependency]`. This is called last.
    pub fn provides(&mut self, closes: ClosesOf) {
        self.refuses(closes);
    }

    /// The messages of the connection.
    pub fn messages(&mut self, receives: TypedMessage, sends: TypedMessage, accepts_itself: bool) {
        self.receives = receives.describe(&mut self.schemas);
        self.sends = sends.describe(&mut self.schemas);
        self.accepts_itself = accepts_itself;
    }

    /// The return type of the function. This is called last.
    pub fn returns(&mut self, closes: ClosesOf) {
        self.returns = closes.returns;
        self.closes.begin(self.accepts_itself, true);
        (closes.collect)(&mut self.closes);
    }

    /// A return type that has no name.
    pub fn returns_unnamed(&mut self) {
        self.closes.begin(self.accepts_itself, true);
        self.closes.decided_at_run_time();
    }

    /// Adds the parameters of the path that no function reads: a client sends them all the same.
    pub(crate) fn complete_path(&mut self, path: &str) {
        let names = path.split('/').filter_map(|segment| segment.strip_prefix('<')?.strip_suffix('>'));
        for name in names {
            let (name, source) = match name.strip_suffix("..") {
                Some(name) => (name, Source::Rest),
                None => (name, Source::Path),
            };
            let is_read = |known: &ParameterDescription| {
                matches!(known.source, Source::Path | Source::Rest) && known.wire_name == name
            };
            if !self.parameters.iter().any(is_read) {
                self.parameters
                    .push(ParameterDescription { required: source == Source::Path, ..string(name, source) });
            }
        }
    }

    fn reads_bearer_token(&mut self) {
        let (name, source) = ("authorization", Source::Header);
        if self.reads(name, source) {
            return;
        }
        self.parameters.push(ParameterDescription {
            // Where a client cannot set headers, the token is a subprotocol.
            required: false,
            docs: "`Bearer` and a token. A client that cannot set headers sends the token as a subprotocol."
                .to_owned(),
            secret: true,
            credential: true,
            ..string(name, source)
        });
    }

    /// Returns `true` if the endpoint or one of its dependencies reads this already: a client sends it once.
    fn reads(&self, wire_name: &str, source: Source) -> bool {
        self.parameters.iter().any(|known| (known.source, &*known.wire_name) == (source, wire_name))
    }

    fn reads_text(&mut self) {
        self.closes.begin(true, false);
        self.closes.of::<ValidationError>();
    }

    fn refuses(&mut self, closes: ClosesOf) {
        self.closes.begin(true, false);
        (closes.collect)(&mut self.closes);
    }
}

/// Describes a parameter that may be any text. Nothing else is known of it.
fn string(name: &str, source: Source) -> ParameterDescription {
    ParameterDescription {
        name: name.to_owned(),
        wire_name: name.to_owned(),
        source,
        shape: Shape::One,
        required: true,
        docs: String::new(),
        constraints: Constraints::default(),
        default: None,
        default_is_computed: false,
        secret: false,
        credential: false,
        schema: serde_json::json!({ "type": "string" }),
    }
}

/// The names of a parameter, and what is said of it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The name in Rust.
    pub name: &'a str,
    /// The name that clients use.
    pub wire_name: &'a str,
    /// Where it is.
    pub source: Source,
    /// The doc comment, line by line.
    pub docs: &'a [&'a str],
    /// `true` if it is marked `secret`.
    pub credential: bool,
}
