//! [`StateMap`]: the state of an app.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
};

/// The state of an app: one value for each type, with the name of the type for error messages.
#[derive(Default)]
pub(crate) struct StateMap(HashMap<TypeId, (&'static str, Box<dyn Any + Send + Sync>)>);

impl StateMap {
    /// Stores a value. Returns `true` if there already was one of this type.
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, state: T) -> bool {
        self.0.insert(TypeId::of::<T>(), (type_name::<T>(), Box::new(state))).is_some()
    }

    pub(crate) fn contains(&self, state: TypeId) -> bool {
        self.0.contains_key(&state)
    }

    /// Returns the name of a type that was set and that wraps the named one, or is wrapped by it: `Arc<Db>` for `Db`.
    pub(crate) fn similar(&self, state: &str) -> Option<&'static str> {
        let wraps = |outer: &str, inner: &str| outer.contains(&format!("<{inner}>"));
        self.0.values().map(|(name, _)| *name).find(|set| wraps(set, state) || wraps(state, set))
    }

    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.1.downcast_ref()
    }
}
