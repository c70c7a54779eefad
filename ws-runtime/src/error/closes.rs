//! [`Closes`]: the closes that an error type declares.

use std::any::{TypeId, type_name};

use super::OnError;
use crate::{
    Close,
    description::{CloseDescription, CloseOrigin},
};

/// Collects the ways in which errors end a connection, for
/// [`CloseError::closes`](crate::CloseError::closes) and [`OnError::closes`].
#[derive(Debug, Default)]
pub struct Closes {
    pub(crate) found: Vec<Declared>,
    /// The types whose closes were asked for, so that a type which contains itself is asked once.
    asked: Vec<TypeId>,
    /// The type that is being asked.
    current: Option<(TypeId, &'static str)>,
    phase: (bool, bool),
}

/// A close, and the error type whose handler could decide otherwise.
// Without the feature nothing asks for closes, but types declare them all the same.
#[cfg_attr(not(feature = "describe"), allow(dead_code))]
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) error: Option<TypeId>,
    pub(crate) close: CloseDescription,
}

impl Closes {
    /// Adds a close of the type that is being described.
    pub fn push(&mut self, close: CloseDescription) {
        let variant = match close.origin {
            CloseOrigin::Error { variant, .. } => variant,
            _ => None,
        };
        let (error, origin) = match self.current {
            Some((id, name)) => {
                (Some(id), CloseOrigin::Error { name: crate::text::short_name(name), variant })
            }
            None => (None, CloseOrigin::Runtime),
        };
        let (before_accept, after_accept) = self.phase;
        self.found.push(Declared {
            error,
            close: CloseDescription { origin, before_accept, after_accept, ..close },
        });
    }

    /// Says that this type, or one of its variants, decides about the close at run time.
    pub fn decided_at_run_time(&mut self) {
        self.push(CloseDescription::decided_at_run_time());
    }

    /// Adds the close of an internal error, whose reason is always the same.
    pub(crate) fn internal_error(&mut self, docs: &str) {
        self.push(CloseDescription::from(&Close::internal_error()).docs(docs));
    }

    /// Adds the closes of another error type, which this one gives way to.
    pub fn of<E: OnError>(&mut self) {
        self.within(TypeId::of::<E>(), type_name::<E>(), E::closes);
    }

    /// Says that another error decides, which this type hides.
    pub(crate) fn hidden<E: 'static>(&mut self) {
        self.within(TypeId::of::<E>(), type_name::<E>(), Self::decided_at_run_time);
    }

    /// Collects the closes of a type, in whose name they are added.
    pub(crate) fn within(&mut self, id: TypeId, name: &'static str, collect: fn(&mut Self)) {
        if self.asked.contains(&id) {
            return;
        }
        self.asked.push(id);
        let outer = self.current.replace((id, name));
        collect(self);
        self.current = outer;
    }

    /// Begins a part of the connection's life: types that were asked before are asked again.
    #[cfg(feature = "describe")]
    pub(crate) fn begin(&mut self, before_accept: bool, after_accept: bool) {
        self.phase = (before_accept, after_accept);
        self.asked.clear();
    }
}
