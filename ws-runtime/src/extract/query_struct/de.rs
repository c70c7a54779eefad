//! A deserializer of query strings. It reads values in the same way as single parameters.

use std::{borrow::Cow, vec};

use serde::{
    de::{
        DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::error::QueryError;
use crate::{
    Loc,
    extract::{FromText, text::TextError},
    handshake::{Pair, query_pairs},
};

/// A whole query string.
pub(super) struct QueryDeserializer<'de> {
    /// The pairs in the order of the query.
    pairs: Vec<Pair<'de>>,
}

impl<'de> QueryDeserializer<'de> {
    /// # Errors
    ///
    /// Returns an error if the query contains text that is not UTF-8.
    pub(super) fn new(text: &'de str) -> Result<Self, QueryError> {
        let pairs = query_pairs(text).map(|(name, value)| match (name, value) {
            (Ok(name), Ok(value)) => Ok((name, value)),
            (Ok(name), Err(_)) => Err(QueryError::from(TextError::not_text()).at(name.into_owned().into())),
            (Err(_), _) => Err(TextError::not_text().into()),
        });
        Ok(Self { pairs: pairs.collect::<Result<_, _>>()? })
    }

    /// Groups the values by name, sorted by name.
    fn into_groups(mut self, fields: &'static [&'static str]) -> Groups<'de> {
        // The sort is stable, so that the values of one name stay in the order of the query.
        self.pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        Groups { pairs: self.pairs.into_iter(), fields, next: None }
    }
}

impl<'de> Deserializer<'de> for QueryDeserializer<'de> {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_map(self.into_groups(&[]))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_unit()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_map(self.into_groups(fields))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_seq(Items { items: self.pairs.into_iter().map(PairDeserializer), index: 0 })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf tuple tuple_struct map enum
        identifier ignored_any
    }
}

/// The names, each with all of its values.
struct Groups<'de> {
    pairs: vec::IntoIter<Pair<'de>>,
    /// The names that the program declares.
    fields: &'static [&'static str],
    /// The entry that [`MapAccess::next_value_seed`] reads.
    next: Option<(Cow<'de, str>, Vec<Cow<'de, str>>)>,
}

impl Groups<'_> {
    fn step(&self, name: Cow<'_, str>) -> Loc {
        match self.fields.iter().find(|field| **field == name) {
            Some(field) => Loc::from(*field),
            None => Loc::from(name.into_owned()),
        }
    }
}

impl<'de> MapAccess<'de> for Groups<'de> {
    type Error = QueryError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, QueryError> {
        let Some((name, first)) = self.pairs.next() else { return Ok(None) };
        let mut values = vec![first];
        while self.pairs.as_slice().first().is_some_and(|(other, _)| *other == name) {
            values.extend(self.pairs.next().map(|(_, value)| value));
        }
        match seed.deserialize(Values::one(name.clone())) {
            Ok(key) => {
                self.next = Some((name, values));
                Ok(Some(key))
            }
            Err(error) => Err(error.without_input().at(self.step(name))),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, QueryError> {
        let (name, values) = self.next.take().unwrap_or_default();
        seed.deserialize(Values(values)).map_err(|error| error.at(self.step(name)))
    }
}

/// The values of one name: at least one.
struct Values<'de>(Vec<Cow<'de, str>>);

impl<'de> Values<'de> {
    fn one(value: Cow<'de, str>) -> Self {
        Self(vec![value])
    }

    /// Returns the last value, which counts if a scalar is repeated, as for a single parameter.
    fn last(mut self) -> Cow<'de, str> {
        self.0.pop().unwrap_or_default()
    }

    fn scalar<T: FromText, R>(self, visit: impl FnOnce(T) -> Result<R, QueryError>) -> Result<R, QueryError> {
        let text = self.last();
        let value = T::from_text(&text).map_err(QueryError::from);
        value.and_then(visit).map_err(|error| error.of(&text))
    }
}

macro_rules! scalars {
    ($($deserialize:ident $visit:ident $type:ty;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
            self.scalar(|value: $type| visitor.$visit(value))
        }
    )*};
}

impl<'de> Deserializer<'de> for Values<'de> {
    type Error = QueryError;

    /// A single value is a string, and several values are a list.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        if self.0.len() > 1 { self.deserialize_seq(visitor) } else { self.deserialize_str(visitor) }
    }

    scalars! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
        deserialize_char visit_char char;
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        match self.last() {
            Cow::Borrowed(text) => {
                visitor.visit_borrowed_str(text).map_err(|error: QueryError| error.of(text))
            }
            Cow::Owned(text) => visitor.visit_str(&text).map_err(|error: QueryError| error.of(&text)),
        }
    }

    /// A name that is present has a value, even if the value is empty.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_unit()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_seq(Items { items: self.0.into_iter().map(Values::one), index: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, QueryError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        let text = self.last();
        let name: StrDeserializer<'_, QueryError> = (*text).into_deserializer();
        visitor.visit_enum(name).map_err(|error| error.of(&text))
    }

    forward_to_deserialize_any! { string bytes byte_buf map struct identifier }
}

/// The items of a list, with their indices.
struct Items<I> {
    items: I,
    index: usize,
}

impl<'de, I> SeqAccess<'de> for Items<I>
where
    I: Iterator<Item: Deserializer<'de, Error = QueryError>>,
{
    type Error = QueryError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, QueryError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(item).map(Some).map_err(|error| error.at(index.into()))
    }
}

/// A name and a value as a pair, for lists of pairs.
struct PairDeserializer<'de>(Pair<'de>);

impl<'de> Deserializer<'de> for PairDeserializer<'de> {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let (name, value) = self.0;
        visitor.visit_seq(Items { items: [name, value].into_iter().map(Values::one), index: 0 })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
