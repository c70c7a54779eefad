//! [`Constraints`]: the requirements on a value beyond its type.

use std::fmt::Display;
#[cfg(feature = "pattern")]
use std::sync::OnceLock;

use super::text::TextError;
#[cfg(feature = "describe")]
use crate::description;

/// The constraints of one parameter.
pub struct Constraints<T> {
    bounds: Vec<Bound<T>>,
    text: Option<TextRules<T>>,
}

/// A bound of a number.
struct Bound<T> {
    key: BoundKey,
    limit: T,
    holds: fn(value: &T, limit: &T) -> bool,
    show: fn(limit: &T) -> String,
}

/// The key of a bound in its attribute.
#[derive(Debug, Clone, Copy)]
enum BoundKey {
    Ge,
    Gt,
    Le,
    Lt,
    MultipleOf,
}

impl BoundKey {
    /// Returns the error of a value that does not satisfy the bound.
    fn error(self, limit: &str) -> TextError {
        let (kind, relation) = match self {
            Self::Ge => ("greater_than_equal", "greater than or equal to"),
            Self::Gt => ("greater_than", "greater than"),
            Self::Le => ("less_than_equal", "less than or equal to"),
            Self::Lt => ("less_than", "less than"),
            Self::MultipleOf => ("multiple_of", "a multiple of"),
        };
        TextError::plain(kind, format!("Input should be {relation} {limit}"))
    }
}

/// The constraints of a text.
struct TextRules<T> {
    text: fn(&T) -> &str,
    min_length: usize,
    max_length: usize,
    #[cfg(feature = "pattern")]
    pattern: Option<&'static Pattern>,
}

impl<T> Constraints<T> {
    pub(super) fn none() -> Self {
        Self { bounds: Vec::new(), text: None }
    }

    fn bound(&mut self, key: BoundKey, limit: T, holds: fn(&T, &T) -> bool)
    where
        T: Display,
    {
        self.bounds.push(Bound { key, limit, holds, show: T::to_string });
    }

    fn text_rules(&mut self) -> &mut TextRules<T>
    where
        T: Text,
    {
        self.text.get_or_insert(TextRules {
            text: T::text,
            min_length: 0,
            max_length: usize::MAX,
            #[cfg(feature = "pattern")]
            pattern: None,
        })
    }

    /// Checks the value, and returns an error for the first constraint that it does not satisfy.
    pub(super) fn check(&self, value: &T) -> Result<(), TextError> {
        for bound in &self.bounds {
            if !(bound.holds)(value, &bound.limit) {
                return Err(bound.key.error(&(bound.show)(&bound.limit)));
            }
        }
        match &self.text {
            Some(rules) => rules.check((rules.text)(value)),
            None => Ok(()),
        }
    }
}

// Comparisons with NaN are false, so NaN satisfies no bound.
impl<T: PartialOrd + Display> Constraints<T> {
    pub(super) fn ge(&mut self, limit: T) {
        self.bound(BoundKey::Ge, limit, |value, limit| value >= limit);
    }

    pub(super) fn gt(&mut self, limit: T) {
        self.bound(BoundKey::Gt, limit, |value, limit| value > limit);
    }

    pub(super) fn le(&mut self, limit: T) {
        self.bound(BoundKey::Le, limit, |value, limit| value <= limit);
    }

    pub(super) fn lt(&mut self, limit: T) {
        self.bound(BoundKey::Lt, limit, |value, limit| value < limit);
    }
}

impl<T: MultipleOf + Display> Constraints<T> {
    pub(super) fn multiple_of(&mut self, step: T) {
        self.bound(BoundKey::MultipleOf, step, T::is_multiple_of);
    }
}

impl<T: Text> Constraints<T> {
    pub(super) fn min_length(&mut self, characters: usize) {
        self.text_rules().min_length = characters;
    }

    pub(super) fn max_length(&mut self, characters: usize) {
        self.text_rules().max_length = characters;
    }

    #[cfg(feature = "pattern")]
    pub(super) fn pattern(&mut self, pattern: &'static Pattern) {
        self.text_rules().pattern = Some(pattern);
    }
}

#[cfg(feature = "describe")]
impl<T> Constraints<T> {
    /// Returns the constraints as data.
    pub(super) fn describe(&self) -> description::Constraints {
        let mut described = description::Constraints::default();
        for bound in &self.bounds {
            let limit = description::bound_value((bound.show)(&bound.limit));
            let place = match bound.key {
                BoundKey::Ge => &mut described.ge,
                BoundKey::Gt => &mut described.gt,
                BoundKey::Le => &mut described.le,
                BoundKey::Lt => &mut described.lt,
                BoundKey::MultipleOf => &mut described.multiple_of,
            };
            *place = Some(limit);
        }
        if let Some(rules) = &self.text {
            described.min_length = Some(rules.min_length).filter(|least| *least > 0);
            described.max_length = Some(rules.max_length).filter(|most| *most < usize::MAX);
            #[cfg(feature = "pattern")]
            {
                described.pattern = rules.pattern.map(|pattern| pattern.source.to_owned());
            }
        }
        described
    }
}

impl<T> TextRules<T> {
    fn check(&self, text: &str) -> Result<(), TextError> {
        let plural = |count| if count == 1 { "" } else { "s" };
        let length = text.chars().count();
        if length < self.min_length {
            let min = self.min_length;
            let msg = format!("String should have at least {min} character{}", plural(min));
            return Err(TextError::plain("string_too_short", msg));
        }
        if length > self.max_length {
            let max = self.max_length;
            let msg = format!("String should have at most {max} character{}", plural(max));
            return Err(TextError::plain("string_too_long", msg));
        }
        #[cfg(feature = "pattern")]
        if let Some(pattern) = self.pattern.filter(|pattern| !pattern.is_match(text)) {
            let msg = format!("String should match pattern '{}'", pattern.source);
            return Err(TextError::plain("string_pattern_mismatch", msg));
        }
        Ok(())
    }
}

/// Types whose text has a length and can be matched with a pattern.
#[diagnostic::on_unimplemented(
    message = "`min_length`, `max_length` and `pattern` need text, and `{Self}` is none",
    label = "not a text",
    note = "a type of your own is text if it implements `AsRef<str>`"
)]
pub trait Text {
    /// Returns the text.
    fn text(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str>> Text for T {
    fn text(&self) -> &str {
        self.as_ref()
    }
}

/// Numbers that can be a multiple of another number.
#[diagnostic::on_unimplemented(
    message = "`multiple_of` needs a number, and `{Self}` is none",
    label = "not a number of the standard library"
)]
pub trait MultipleOf {
    /// Returns `true` if `self` is a multiple of `step`. Only zero is a multiple of zero.
    fn is_multiple_of(&self, step: &Self) -> bool;
}

macro_rules! integers {
    ($($number:ty)*) => {$(
        impl MultipleOf for $number {
            fn is_multiple_of(&self, step: &Self) -> bool {
                // A remainder by zero does not exist. `MIN % -1` overflows, but would be 0.
                if *step == 0 { *self == 0 } else { self.checked_rem(*step).is_none_or(|rest| rest == 0) }
            }
        }
    )*};
}

macro_rules! floats {
    ($($number:ty)*) => {$(
        impl MultipleOf for $number {
            fn is_multiple_of(&self, step: &Self) -> bool {
                // 0.3 is a multiple of 0.1, although 0.3 % 0.1 is not 0.
                let quotient = *self / *step;
                (quotient - quotient.round()).abs() <= <$number>::EPSILON * 4.0 * quotient.abs().max(1.0)
                    || (*self == 0.0 && *step == 0.0)
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
floats!(f32 f64);

/// A regular expression that is compiled when it is first used. The macro has checked its syntax.
#[cfg(feature = "pattern")]
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    regex: OnceLock<Option<regex::Regex>>,
}

#[cfg(feature = "pattern")]
impl Pattern {
    /// Creates a pattern without compiling it.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, regex: OnceLock::new() }
    }

    /// Returns `true` if the text matches. A regular expression that is too large to compile matches nothing.
    fn is_match(&self, text: &str) -> bool {
        let regex = self.regex.get_or_init(|| {
            regex::Regex::new(self.source)
                .inspect_err(|error| {
                    crate::observe::error!(
                        "a `pattern` does not compile",
                        error = tracing::field::display(error)
                    );
                })
                .ok()
        });
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}
