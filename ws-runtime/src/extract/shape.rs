//! [`Shape`]: how many values a parameter has (one, one or none, or many), and how they are read.

use super::{FromText, RawValue, constraints::Constraints, field::Field};
#[cfg(feature = "describe")]
use crate::description;

/// Exactly one value.
#[derive(Debug)]
pub struct One;
/// One value or none.
#[derive(Debug)]
pub struct Maybe;
/// Any number of values.
#[derive(Debug)]
pub struct Many;
/// Any number of values, or `None` if there is not a single one.
#[derive(Debug)]
pub struct MaybeMany;
/// The shape `S`, with at least one value.
#[derive(Debug)]
pub struct AtLeastOne<S>(pub(super) S);
/// The shape `S`, with a default for an absent value.
#[derive(Debug)]
pub struct Defaulted<S, F> {
    pub(super) default: F,
    pub(super) shape: S,
}

/// The shapes by the number of their values.
#[cfg(feature = "describe")]
pub trait Counted {
    /// The number.
    const SHAPE: description::Shape;
    /// `true` if a handshake without a value is refused.
    const IS_REQUIRED: bool = false;
}

#[cfg(feature = "describe")]
impl Counted for One {
    const SHAPE: description::Shape = description::Shape::One;
    const IS_REQUIRED: bool = true;
}

#[cfg(feature = "describe")]
impl Counted for Maybe {
    const SHAPE: description::Shape = description::Shape::Optional;
}

#[cfg(feature = "describe")]
impl Counted for Many {
    const SHAPE: description::Shape = description::Shape::Many;
}

#[cfg(feature = "describe")]
impl Counted for MaybeMany {
    const SHAPE: description::Shape = description::Shape::Many;
}

#[cfg(feature = "describe")]
impl<S> Counted for AtLeastOne<S> {
    const SHAPE: description::Shape = description::Shape::Many;
    const IS_REQUIRED: bool = true;
}

/// A shape: the number of values that a parameter has, and the type that the endpoint receives for them.
///
/// The bound on `T` is not on the trait but on the methods that read a value, so that only they report its absence.
pub trait Shape<T>: Sized {
    /// The type that the endpoint receives.
    type Value;

    /// Reads the parameter from its values. Returns `None` if a mistake was added to the field's errors.
    #[doc(hidden)]
    fn read(
        self,
        constraints: &Constraints<T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        field: Field<'_>,
    ) -> Option<Self::Value>
    where
        T: FromText;
}

// If a scalar is repeated, the last value counts, as in FastAPI.
impl<T> Shape<T> for One {
    type Value = T;

    fn read(
        self,
        constraints: &Constraints<T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        mut field: Field<'_>,
    ) -> Option<T>
    where
        T: FromText,
    {
        let Some(raw) = values.last() else {
            field.missing();
            return None;
        };
        field.value(&raw, None, constraints)
    }
}

impl<T> Shape<T> for Maybe {
    type Value = Option<T>;

    fn read(
        self,
        constraints: &Constraints<T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        mut field: Field<'_>,
    ) -> Option<Option<T>>
    where
        T: FromText,
    {
        match values.last() {
            Some(raw) => field.value(&raw, None, constraints).map(Some),
            None => Some(None),
        }
    }
}

impl<T> Shape<T> for Many {
    type Value = Vec<T>;

    fn read(
        self,
        constraints: &Constraints<T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        mut field: Field<'_>,
    ) -> Option<Vec<T>>
    where
        T: FromText,
    {
        let mut read = Some(Vec::new());
        for (index, raw) in values.enumerate() {
            match (field.value(&raw, Some(index), constraints), &mut read) {
                (Some(value), Some(read)) => read.push(value),
                // Further values are read only to find their mistakes, so this stops when no more mistakes are kept.
                (None, _) if field.is_full() => return None,
                _ => read = None,
            }
        }
        read
    }
}

impl<T> Shape<T> for MaybeMany {
    type Value = Option<Vec<T>>;

    fn read(
        self,
        constraints: &Constraints<T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        field: Field<'_>,
    ) -> Option<Option<Vec<T>>>
    where
        T: FromText,
    {
        let mut values = values.peekable();
        if values.peek().is_none() {
            return Some(None);
        }
        Many.read(constraints, &mut values, field).map(Some)
    }
}

impl<T, S: Shape<T>> Shape<T> for AtLeastOne<S> {
    type Value = S::Value;

    fn read(
        self,
        constraints: &Constraints<T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        mut field: Field<'_>,
    ) -> Option<S::Value>
    where
        T: FromText,
    {
        let mut values = values.peekable();
        if values.peek().is_none() {
            field.missing();
            return None;
        }
        self.0.read(constraints, &mut values, field)
    }
}

impl<T, S: CanBeAbsent<T>, F: FnOnce() -> S::Default> Shape<T> for Defaulted<S, F> {
    type Value = S::Value;

    fn read(
        self,
        constraints: &Constraints<T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        field: Field<'_>,
    ) -> Option<S::Value>
    where
        T: FromText,
    {
        let mut values = values.peekable();
        if values.peek().is_none() {
            return Some(S::absent((self.default)()));
        }
        self.shape.read(constraints, &mut values, field)
    }
}

/// The shapes that can have a default.
pub trait CanBeAbsent<T>: Shape<T> {
    /// The type of the default.
    type Default;

    /// Converts the default.
    #[doc(hidden)]
    fn absent(default: Self::Default) -> Self::Value;
}

impl<T> CanBeAbsent<T> for One {
    type Default = T;

    fn absent(default: T) -> T {
        default
    }
}

impl<T> CanBeAbsent<T> for Maybe {
    type Default = T;

    fn absent(default: T) -> Option<T> {
        Some(default)
    }
}

impl<T> CanBeAbsent<T> for Many {
    type Default = Vec<T>;

    fn absent(default: Vec<T>) -> Vec<T> {
        default
    }
}

impl<T> CanBeAbsent<T> for MaybeMany {
    type Default = Vec<T>;

    fn absent(default: Vec<T>) -> Option<Vec<T>> {
        Some(default)
    }
}

/// The shapes that the key `required` is for.
#[diagnostic::on_unimplemented(
    message = "`required` is for a `Vec`, which is empty without a value",
    label = "remove it: a value of any other type is required, unless it is an `Option` or has a default"
)]
pub trait IsList {}
impl IsList for Many {}

/// The shapes that a path parameter `<id>` can have: those of one value.
#[diagnostic::on_unimplemented(
    message = "a path parameter is one segment, not many",
    label = "one segment cannot be a `Vec`",
    note = "write `<name..>` as the last segment of the path to take all that remain"
)]
pub trait Segment {}
impl Segment for One {}
impl Segment for Maybe {}

/// The shapes that `<rest..>` can have: a `String`, or a `Vec` of segments.
#[diagnostic::on_unimplemented(
    message = "`<rest..>` is a `String` or a `Vec` of segments",
    label = "expected `String` or `Vec<T>`",
    note = "without segments the text, or the `Vec`, is empty"
)]
pub trait Rest {
    /// `true` if each segment is a separate value.
    #[doc(hidden)]
    const BY_SEGMENT: bool;
}

impl Rest for One {
    const BY_SEGMENT: bool = false;
}

impl Rest for Many {
    const BY_SEGMENT: bool = true;
}
