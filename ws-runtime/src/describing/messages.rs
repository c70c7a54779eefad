//! What the type of a connection says: its messages, and their format.

use std::{any::type_name, marker::PhantomData};

use crate::{
    Message, Upgrade, WebSocket,
    description::{Codec, MessageDescription, SchemaOf, Schemas},
    text::short_name,
    tracked::Tracked,
};

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
    pub(super) fn describe(self, schemas: &mut Schemas) -> MessageDescription {
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
            tracked: is_tracked(name),
            schema: self.schema.message(schemas),
        }
    }
}

/// Returns `true` for the name of a `Tracked<T>`.
fn is_tracked(name: &str) -> bool {
    let generic = type_name::<Tracked<()>>().trim_end_matches("()>");
    name.starts_with(generic)
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
