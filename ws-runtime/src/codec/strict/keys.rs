//! [`Unrepeated`]: the entries of an object, which checks their names for repetition before they reach a map.

use std::{
    collections::HashSet,
    fmt::{self, Display},
    hash::{BuildHasher as _, RandomState},
};

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor};

use super::Strict;

/// The entries of a map that would use the last value of a repeated name. Here a repeated name is an error.
pub(super) struct Unrepeated<A> {
    entries: A,
    seen: Seen,
}

impl<A> Unrepeated<A> {
    pub(super) fn new(entries: A) -> Self {
        Self { entries, seen: Seen::default() }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Unrepeated<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let key = self.entries.next_key_seed(Named { inner: seed, seen: &mut self.seen })?;
        match self.seen.repeated.take() {
            // This is the message that structs use.
            Some(name) => Err(A::Error::custom(format_args!("duplicate field `{name}`"))),
            None => Ok(key),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.entries.next_value_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.entries.size_hint()
    }
}

/// The number of names that are compared one by one. More than that are looked up in a set.
const FEW: usize = 16;

/// The names that an object has had so far, as 64-bit hashes that outsiders cannot predict. Copying every name would
/// cost more than the rest of the parsing.
#[derive(Default)]
struct Seen {
    hasher: RandomState,
    few: Vec<u64>,
    many: HashSet<u64>,
    repeated: Option<String>,
}

impl Seen {
    fn see(&mut self, name: &str) {
        let hash = self.hasher.hash_one(name);
        if self.few.contains(&hash) || (self.few.len() == FEW && !self.many.insert(hash)) {
            self.repeated = Some(name.to_owned());
        } else if self.few.len() < FEW {
            self.few.push(hash);
        }
    }

    fn see_value(&mut self, name: impl Display) {
        self.see(&name.to_string());
    }
}

/// A key that is compared with the previous ones. The name of a variant is not compared.
struct Named<'a, T> {
    inner: T,
    seen: &'a mut Seen,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Named<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Named { inner, seen: self.seen })
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* Named { inner: visitor, seen: self.seen })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Named<'_, D> {
    type Error = D::Error;

    forward! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident $type:ty, $see:ident;)*) => {$(
        fn $method<E: serde::de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.seen.$see(&value);
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Named<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit! {
        visit_bool bool, see_value;
        visit_i8 i8, see_value;
        visit_i16 i16, see_value;
        visit_i32 i32, see_value;
        visit_i64 i64, see_value;
        visit_i128 i128, see_value;
        visit_u8 u8, see_value;
        visit_u16 u16, see_value;
        visit_u32 u32, see_value;
        visit_u64 u64, see_value;
        visit_u128 u128, see_value;
        visit_f32 f32, see_value;
        visit_f64 f64, see_value;
        visit_char char, see_value;
        visit_str &str, see;
        visit_borrowed_str &'de str, see;
        visit_string String, see;
    }

    fn visit_bytes<E: serde::de::Error>(self, value: &[u8]) -> Result<V::Value, E> {
        self.inner.visit_bytes(value)
    }

    fn visit_borrowed_bytes<E: serde::de::Error>(self, value: &'de [u8]) -> Result<V::Value, E> {
        self.inner.visit_borrowed_bytes(value)
    }

    fn visit_byte_buf<E: serde::de::Error>(self, value: Vec<u8>) -> Result<V::Value, E> {
        self.inner.visit_byte_buf(value)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Named { inner, seen: self.seen })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Named { inner, seen: self.seen })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(entries)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(variant)
    }
}
