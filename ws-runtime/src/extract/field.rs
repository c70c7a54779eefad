//! [`Field`]: one parameter that is being read.

use super::{FromText, RawValue, constraints::Constraints, text::TextError};
use crate::{FieldError, Loc, ValidationError, validation::shown_input};

/// A parameter that is being read: its place, and the errors that its mistakes are added to.
pub struct Field<'a> {
    source: Source,
    name: &'static str,
    errors: &'a mut ValidationError,
}

/// The part of the handshake that contains a parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Path,
    Query,
    Cookie,
    Header,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Cookie => "cookie",
            Self::Header => "header",
        }
    }

    /// Returns `true` if values from here may be shown. Cookies and headers carry secrets.
    fn may_be_shown(self) -> bool {
        matches!(self, Self::Path | Self::Query)
    }
}

impl<'a> Field<'a> {
    pub(super) fn new(source: Source, name: &'static str, errors: &'a mut ValidationError) -> Self {
        Self { source, name, errors }
    }

    /// Returns `true` if no more mistakes are kept.
    pub(super) fn is_full(&self) -> bool {
        self.errors.is_full()
    }

    pub(super) fn missing(&mut self) {
        self.push(TextError::missing(), None, None);
    }

    fn push(&mut self, error: TextError, index: Option<usize>, input: Option<&str>) {
        if self.errors.is_full() {
            return;
        }
        let mut loc = vec![Loc::from(self.source.name()), Loc::from(self.name)];
        loc.extend(index.map(Loc::Index));
        let shown = self.source.may_be_shown();
        // The error of a user's type may quote the value.
        let quotes = error.is_quoting();
        let msg = if quotes && !shown { "Value error".to_owned() } else { error.msg.into_owned() };
        let input = input.filter(|_| shown).map(shown_input);
        let error = FieldError { kind: error.kind, loc, msg, input, quotes };
        // A dependency may read what the endpoint reads, too.
        if !self.errors.errors().contains(&error) {
            self.errors.push(error);
        }
    }

    /// Reads one value. If it is invalid, adds the mistake to the errors and returns `None`.
    pub(super) fn value<T: FromText>(
        &mut self,
        raw: &RawValue<'_>,
        index: Option<usize>,
        constraints: &Constraints<T>,
    ) -> Option<T> {
        let Ok(text) = raw else {
            self.push(TextError::not_text(), index, None);
            return None;
        };
        let value = T::from_text(text).and_then(|value| constraints.check(&value).map(|()| value));
        value.map_err(|error| self.push(error, index, Some(text))).ok()
    }
}
