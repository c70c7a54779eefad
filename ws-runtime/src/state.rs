//! [`StateMap`]: the state of an app.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
};

/// The state of an app: one value for each type, with the name of the type for error messages.
#[derive(Default)]
pub(crate) struct StateMap {
    values: HashMap<TypeId, (&'static str, Box<dyn Any + Send + Sync>)>,
    /// What a test puts in the place of dependencies, by the type of each.
    #[cfg(feature = "test-client")]
    replacements: std::sync::RwLock<HashMap<TypeId, Replacement>>,
}

#[cfg(feature = "test-client")]
type Replacement = std::sync::Arc<dyn Any + Send + Sync>;

impl StateMap {
    /// Stores a value. Returns `true` if there already was one of this type.
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, state: T) -> bool {
        self.values.insert(TypeId::of::<T>(), (type_name::<T>(), Box::new(state))).is_some()
    }

    pub(crate) fn contains(&self, state: TypeId) -> bool {
        self.values.contains_key(&state)
    }

    /// Returns the name of a type that was set and that wraps the named one, or is wrapped by it: `Arc<Db>` for `Db`.
    pub(crate) fn similar(&self, state: &str) -> Option<&'static str> {
        let wraps = |outer: &str, inner: &str| outer.contains(&format!("<{inner}>"));
        self.values.values().map(|(name, _)| *name).find(|set| wraps(set, state) || wraps(state, set))
    }

    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.1.downcast_ref()
    }

    #[cfg(feature = "test-client")]
    pub(crate) fn replace(&self, dependency: TypeId, replacement: Replacement) {
        let replacements = self.replacements.write();
        replacements.unwrap_or_else(std::sync::PoisonError::into_inner).insert(dependency, replacement);
    }

    #[cfg(feature = "test-client")]
    pub(crate) fn replacement(&self, dependency: TypeId) -> Option<Replacement> {
        let replacements = self.replacements.read();
        replacements.unwrap_or_else(std::sync::PoisonError::into_inner).get(&dependency).cloned()
    }
}
