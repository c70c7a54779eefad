//! [`Describing`]: collects what `#[websocket]` knows about one endpoint.
//!
//! Generated code asks the types of an endpoint what they are. They answer through traits that method lookup tries in an
//! order, like [`Probe`](crate::__private::Probe): first "it has a schema", last "it is any type". So no type has to
//! implement anything, and no alias hides a type.

use std::{
    any::{TypeId, type_name},
    convert::Infallible,
    future::Future,
    marker::PhantomData,
};

use crate::{
    BearerToken, Close, Closes, Error, FromHandshake, Handshake, Message, OnError, Query, SocketError,
    Upgrade, ValidationError, WebSocket,
    description::{
        Codec, Constraints, MessageDescription, ParameterDescription, SchemaOf, Schemas, Shape, Source,
        TextDescription,
    },
    extract::{Counted, Param},
    text::short_name,
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
        // An endpoint and its dependencies may read the same text, which a client sends once.
        let is_same = |known: &ParameterDescription| (known.source, &*known.wire_name) == (source, wire_name);
        if self.parameters.iter().any(is_same) {
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
            if self.parameters.iter().any(is_read) {
                continue;
            }
            self.parameters.push(ParameterDescription {
                name: name.to_owned(),
                wire_name: name.to_owned(),
                source,
                shape: Shape::One,
                required: source == Source::Path,
                docs: String::new(),
                constraints: Constraints::default(),
                default: None,
                default_is_computed: false,
                secret: false,
                credential: false,
                schema: serde_json::json!({ "type": "string" }),
            });
        }
    }

    fn reads_bearer_token(&mut self) {
        self.parameters.push(ParameterDescription {
            name: "authorization".to_owned(),
            wire_name: "authorization".to_owned(),
            source: Source::Header,
            shape: Shape::One,
            // Where a client cannot set headers, the token is a subprotocol.
            required: false,
            docs: "`Bearer` and a token. A client that cannot set headers sends the token as a subprotocol."
                .to_owned(),
            constraints: Constraints::default(),
            default: None,
            default_is_computed: false,
            secret: true,
            credential: true,
            schema: serde_json::json!({ "type": "string" }),
        });
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

/// The default of a parameter.
#[derive(Debug)]
pub struct Default {
    text: String,
    is_computed: bool,
}

impl Default {
    /// A literal.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self { text: text.to_owned(), is_computed: false }
    }

    /// An expression that must not be run to be described.
    #[must_use]
    pub fn computed(expression: &str) -> Self {
        Self { text: expression.to_owned(), is_computed: true }
    }
}

/// A constant that is a default, with the expression that names it.
#[derive(Debug)]
pub struct Constant<'a, T>(pub T, pub &'a str);

/// The constant can be written as text.
pub trait ShownConstant {
    /// The default.
    fn __default(&self) -> Default;
}

impl<T: std::fmt::Display> ShownConstant for &Constant<'_, T> {
    fn __default(&self) -> Default {
        Default { text: self.0.to_string(), is_computed: false }
    }
}

/// The constant can only be named.
pub trait NamedConstant {
    /// The default.
    fn __default(&self) -> Default;
}

impl<T> NamedConstant for Constant<'_, T> {
    fn __default(&self) -> Default {
        Default::computed(self.1)
    }
}

/// The type of a parameter has a schema.
#[cfg(feature = "schema")]
pub trait TextWithSchema {
    /// What the type and the keys say.
    fn __text(&self) -> TextDescription;
}

#[cfg(feature = "schema")]
impl<S: Counted, T: schemars::JsonSchema> TextWithSchema for &Param<S, T> {
    fn __text(&self) -> TextDescription {
        self.describe(SchemaOf::read::<T>())
    }
}

/// The type of a parameter is any type.
pub trait TextOfAnyType {
    /// What the keys say.
    fn __text(&self) -> TextDescription;
}

impl<S: Counted, T> TextOfAnyType for Param<S, T> {
    fn __text(&self) -> TextDescription {
        self.describe(SchemaOf::unknown::<T>())
    }
}

/// The type of a parameter that is made from the handshake: `(&&&Extracted::<Query<Page>>::NEW).__query()`.
#[derive(Debug)]
pub struct Extracted<T>(PhantomData<fn() -> T>);

impl<T> Extracted<T> {
    /// The type.
    pub const NEW: Self = Self(PhantomData);
}

/// The query parameters that a type reads.
#[derive(Debug)]
pub struct ReadsQuery {
    /// The name of the type.
    name: &'static str,
    reads: QueryOf,
}

#[derive(Debug)]
enum QueryOf {
    None,
    /// Those of a type without a schema.
    Unlisted,
    #[cfg(feature = "schema")]
    Struct(SchemaOf),
}

/// A whole query whose fields are known.
#[cfg(feature = "schema")]
pub trait QueryWithSchema {
    /// The query parameters.
    fn __query(&self) -> ReadsQuery;
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> QueryWithSchema for &&Extracted<Query<T>> {
    fn __query(&self) -> ReadsQuery {
        ReadsQuery { name: "", reads: QueryOf::Struct(SchemaOf::read::<T>()) }
    }
}

/// A whole query.
pub trait QueryOfAnyType {
    /// The query parameters.
    fn __query(&self) -> ReadsQuery;
}

impl<T> QueryOfAnyType for &Extracted<Query<T>> {
    fn __query(&self) -> ReadsQuery {
        ReadsQuery { name: "", reads: QueryOf::Unlisted }
    }
}

/// No whole query.
pub trait NoQuery {
    /// The query parameters.
    fn __query(&self) -> ReadsQuery;
}

impl<T> NoQuery for Extracted<T> {
    fn __query(&self) -> ReadsQuery {
        ReadsQuery { name: type_name::<T>(), reads: QueryOf::None }
    }
}

/// An error type: `(&&Failing::<E>::NEW).__closes()`.
#[derive(Debug)]
pub struct Failing<E> {
    returns: Returns,
    error: PhantomData<fn() -> E>,
}

impl<E> Failing<E> {
    /// The error type.
    pub const NEW: Self = Self::beside(Returns::Unit);

    const fn beside(returns: Returns) -> Self {
        Self { returns, error: PhantomData }
    }
}

/// How an error type ends connections.
#[derive(Debug, Clone, Copy)]
pub struct ClosesOf {
    returns: Returns,
    collect: fn(&mut Closes),
}

impl ClosesOf {
    /// Adds the closes to those of another type.
    pub fn add_to(self, closes: &mut Closes) {
        (self.collect)(closes);
    }
}

/// An error type that ends connections.
pub trait KnownError {
    /// How.
    fn __closes(&self) -> ClosesOf;
}

impl<E: OnError> KnownError for &Failing<E> {
    fn __closes(&self) -> ClosesOf {
        ClosesOf { returns: self.returns, collect: Closes::of::<E> }
    }
}

/// Any error type, such as [`Error`], which may hide every other.
pub trait AnyError {
    /// How it ends connections is not known.
    fn __closes(&self) -> ClosesOf;
}

impl<E> AnyError for Failing<E> {
    fn __closes(&self) -> ClosesOf {
        ClosesOf { returns: self.returns, collect: any_error }
    }
}

fn any_error(closes: &mut Closes) {
    closes.hidden::<Error>();
    closes.of::<SocketError>();
}

/// A parameter's type has an error.
pub trait ExtractedError<E> {
    /// The error type.
    fn __error(&self) -> Failing<E>;
}

impl<T: FromHandshake> ExtractedError<T::Error> for &Extracted<T> {
    fn __error(&self) -> Failing<T::Error> {
        Failing::NEW
    }
}

/// Nothing is known of a parameter's type, which rustc reports elsewhere.
pub trait NoExtractedError {
    /// No error.
    fn __error(&self) -> Failing<Infallible>;
}

impl<T> NoExtractedError for Extracted<T> {
    fn __error(&self) -> Failing<Infallible> {
        Failing::NEW
    }
}

/// A type is made from the handshake, and is no text.
pub trait IsWhole {
    /// `true`.
    fn __is_whole(&self) -> bool;
}

impl<T: FromHandshake> IsWhole for &Extracted<T> {
    fn __is_whole(&self) -> bool {
        true
    }
}

/// A type may be a text.
pub trait IsNotWhole {
    /// `false`.
    fn __is_whole(&self) -> bool;
}

impl<T> IsNotWhole for Extracted<T> {
    fn __is_whole(&self) -> bool {
        false
    }
}

/// A function with `#[dependency]`, as the attribute describes it.
pub trait DescribedDependency: 'static {
    /// Describes its parameters and its error.
    fn describe(describing: &mut Describing);
}

/// How a function makes a parameter.
#[derive(Debug, Clone, Copy)]
pub enum MadeBy {
    /// From the handshake alone.
    Plain(ClosesOf),
    /// With `#[dependency]`, from parameters of its own.
    Declared(TypeId, fn(&mut Describing)),
}

/// The error of a function of the handshake, or a whole function with `#[dependency]`.
#[derive(Debug)]
pub struct DeclaredBy<D>(PhantomData<fn() -> D>);

impl<D: DescribedDependency> DeclaredBy<D> {
    /// How the parameter is made.
    #[must_use]
    #[allow(clippy::unused_self)] // The value has the type.
    pub fn __made(&self) -> MadeBy {
        MadeBy::Declared(TypeId::of::<D>(), D::describe)
    }
}

/// The error of a function of the handshake is known.
pub trait MadeWithKnownError {
    /// How the parameter is made.
    fn __made(&self) -> MadeBy;
}

impl<E: OnError> MadeWithKnownError for &Failing<E> {
    fn __made(&self) -> MadeBy {
        MadeBy::Plain(self.__closes())
    }
}

/// The error may be any.
pub trait MadeWithAnyError {
    /// How the parameter is made.
    fn __made(&self) -> MadeBy;
}

impl<E> MadeWithAnyError for Failing<E> {
    fn __made(&self) -> MadeBy {
        MadeBy::Plain(ClosesOf { returns: self.returns, collect: any_error })
    }
}

/// A function with `#[dependency]`.
pub trait DeclaredFunction<D> {
    /// The function.
    fn __error(&self) -> DeclaredBy<D>;
}

impl<T, F, D> DeclaredFunction<D> for &&Dependency<'_, T, F>
where
    F: Fn() -> D,
    D: DescribedDependency,
{
    fn __error(&self) -> DeclaredBy<D> {
        DeclaredBy(PhantomData)
    }
}

/// A function that makes a `T`: `(&&(&&&Dependency::<T, _>::new(&f)).__error()).__made()`.
#[derive(Debug)]
pub struct Dependency<'a, T, F>(PhantomData<fn(&'a F) -> T>);

impl<'a, T, F> Dependency<'a, T, F> {
    /// The function, which is not called.
    #[must_use]
    pub fn new(_: &'a F) -> Self {
        Self(PhantomData)
    }
}

/// An async function of the handshake.
pub trait DependencyError<E> {
    /// The error type.
    fn __error(&self) -> Failing<E>;
}

impl<T, F, Made, E> DependencyError<E> for &Dependency<'_, T, F>
where
    F: Fn(&'static Handshake) -> Made,
    Made: Future<Output = Result<T, E>>,
{
    fn __error(&self) -> Failing<E> {
        Failing::NEW
    }
}

/// Any other function.
pub trait NoDependencyError {
    /// An error that is not known.
    fn __error(&self) -> Failing<Error>;
}

impl<T, F> NoDependencyError for Dependency<'_, T, F> {
    fn __error(&self) -> Failing<Error> {
        Failing::NEW
    }
}

/// The return type of an endpoint: `(&&Returned::<Result<(), E>>::NEW).__error()`.
#[derive(Debug)]
pub struct Returned<T>(PhantomData<fn() -> T>);

impl<T> Returned<T> {
    /// The type.
    pub const NEW: Self = Self(PhantomData);
}

/// The return types that an endpoint may have.
pub trait Ending {
    /// The error.
    type Error;
    #[doc(hidden)]
    const RETURNS: Ends;
}

/// What a return type holds beside an error.
#[derive(Debug)]
pub struct Ends(Returns);

impl Ending for () {
    type Error = Infallible;
    const RETURNS: Ends = Ends(Returns::Unit);
}

impl Ending for Close {
    type Error = Infallible;
    const RETURNS: Ends = Ends(Returns::Close);
}

impl<E> Ending for Result<(), E> {
    type Error = E;
    const RETURNS: Ends = Ends(Returns::Unit);
}

impl<E> Ending for Result<Close, E> {
    type Error = E;
    const RETURNS: Ends = Ends(Returns::Close);
}

/// A return type that an endpoint may have.
pub trait ReturnedError<E> {
    /// The error type.
    fn __error(&self) -> Failing<E>;
}

impl<T: Ending> ReturnedError<T::Error> for &Returned<T> {
    fn __error(&self) -> Failing<T::Error> {
        Failing::beside(T::RETURNS.0)
    }
}

/// The return type of a dependency.
pub trait ProvidedError<E> {
    /// The error type.
    fn __error(&self) -> Failing<E>;
}

impl<T, E> ProvidedError<E> for &&Returned<Result<T, E>> {
    fn __error(&self) -> Failing<E> {
        Failing::NEW
    }
}

/// Any other return type, which rustc reports elsewhere.
pub trait NoReturnedError {
    /// An error that is not known.
    fn __error(&self) -> Failing<Error>;
}

impl<T> NoReturnedError for Returned<T> {
    fn __error(&self) -> Failing<Error> {
        Failing::beside(Returns::Unknown)
    }
}

/// The last parameter: `(&Socket::<WebSocket>::NEW).__messages()`.
#[derive(Debug)]
pub struct Socket<T>(PhantomData<fn() -> T>);

impl<T> Socket<T> {
    /// The type.
    pub const NEW: Self = Self(PhantomData);
}

/// The types of a connection's messages.
#[derive(Debug)]
pub struct Messages<In, Out, C> {
    /// `true` if the endpoint accepts the connection itself.
    pub accepts_itself: bool,
    types: PhantomData<fn(In) -> (Out, C)>,
}

impl<In, Out, C> Messages<In, Out, C> {
    fn new(accepts_itself: bool) -> Self {
        Self { accepts_itself, types: PhantomData }
    }

    /// The messages that the endpoint receives.
    #[must_use]
    #[allow(clippy::unused_self)] // The value has the types.
    pub fn receives(&self) -> Typed<In, C> {
        Typed { is_sent: false, types: PhantomData }
    }

    /// The messages that it sends.
    #[must_use]
    #[allow(clippy::unused_self)] // The value has the types.
    pub fn sends(&self) -> Typed<Out, C> {
        Typed { is_sent: true, types: PhantomData }
    }
}

/// A connection whose messages have types.
pub trait SocketMessages<In, Out, C> {
    /// The types.
    fn __messages(&self) -> Messages<In, Out, C>;
}

impl<In, Out, C> SocketMessages<In, Out, C> for &Socket<WebSocket<In, Out, C>> {
    fn __messages(&self) -> Messages<In, Out, C> {
        Messages::new(false)
    }
}

/// A connection of another type: an [`Upgrade`], or one of the user's.
pub trait AnySocket {
    /// Text and bytes.
    fn __messages(&self) -> Messages<Message, Message, ()>;
}

impl<T> AnySocket for Socket<T> {
    fn __messages(&self) -> Messages<Message, Message, ()> {
        // Nothing but an `Upgrade` and what is made of one can refuse a connection.
        Messages::new(type_name::<T>() == type_name::<Upgrade>())
    }
}

/// Messages of the type `T` in the format `C`: `(&&messages.receives()).__message()`.
#[derive(Debug)]
pub struct Typed<T, C> {
    /// `true` for messages that the endpoint sends. A type may be written in another way than it is read.
    #[cfg_attr(not(feature = "schema"), allow(dead_code))]
    is_sent: bool,
    types: PhantomData<fn(T) -> C>,
}

/// What a type says of messages, before there is a place for its schema.
#[derive(Debug)]
pub struct TypedMessage {
    schema: SchemaOf,
    codec: &'static str,
}

impl TypedMessage {
    fn describe(self, schemas: &mut Schemas) -> MessageDescription {
        let name = (self.schema.name)();
        if name == type_name::<Message>() {
            return MessageDescription::any();
        }
        let (codec, text, binary) = codec_of(self.codec);
        MessageDescription {
            codec,
            text,
            binary,
            type_name: Some(short_name(name)),
            schema: self.schema.message(schemas),
        }
    }
}

// The names are compared, because a type need not be `'static` to be a format.
fn codec_of(name: &'static str) -> (Codec, bool, bool) {
    #[cfg(feature = "msgpack")]
    if name == type_name::<crate::MessagePack>() {
        return (Codec::MessagePack, false, true);
    }
    if name == type_name::<crate::Json>() {
        return (Codec::Json, true, false);
    }
    (Codec::Custom(short_name(name)), true, true)
}

/// The type of the messages has a schema.
#[cfg(feature = "schema")]
pub trait MessageWithSchema {
    /// What the type says.
    fn __message(&self) -> TypedMessage;
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema, C> MessageWithSchema for &Typed<T, C> {
    fn __message(&self) -> TypedMessage {
        let schema = if self.is_sent { SchemaOf::written::<T>() } else { SchemaOf::read::<T>() };
        TypedMessage { schema, codec: type_name::<C>() }
    }
}

/// The type of the messages is any type.
pub trait MessageOfAnyType {
    /// What the type says.
    fn __message(&self) -> TypedMessage;
}

impl<T, C> MessageOfAnyType for Typed<T, C> {
    fn __message(&self) -> TypedMessage {
        TypedMessage { schema: SchemaOf::unknown::<T>(), codec: type_name::<C>() }
    }
}

/// Joins the parts of doc comments. A line of `///` begins with a space that is not part of it, and a block is
/// indented as a whole.
#[must_use]
pub fn docs(parts: &[&str]) -> String {
    let mut docs = String::new();
    for part in parts {
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let is_block = part.contains('\n');
        let lines = part.split('\n').filter(|line| !line.trim().is_empty());
        let least = lines.map(indent).min().unwrap_or(0);
        let least = if is_block { least } else { least.min(1) };
        for line in part.split('\n') {
            docs.push_str(line.get(least..).unwrap_or("").trim_end());
            docs.push('\n');
        }
    }
    docs.trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_comments_keep_their_lines() {
        assert_eq!(docs(&[]), "");
        assert_eq!(docs(&[" One.", "", "     code", " Two. "]), "One.\n\n    code\nTwo.");
        assert_eq!(docs(&["\n    Block.\n\n      More.\n"]), "Block.\n\n  More.");
        assert_eq!(docs(&[" One.", "Two."]), "One.\nTwo.");
    }
}
