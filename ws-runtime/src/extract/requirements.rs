//! [`Requirements`]: what the parameters of an endpoint need, which an app checks before anything runs.

use std::any::{TypeId, type_name};

use super::{Need, Parameter, Source};

/// The requirements of an endpoint's parameters, and of those of its dependencies, on the app and on the path.
#[derive(Debug, Default)]
pub struct Requirements {
    state: Vec<(TypeId, &'static str)>,
    path: Vec<PathUse>,
    dependencies: Vec<Used>,
    /// The dependencies whose parameters are being declared, from the outside in.
    within: Vec<(TypeId, &'static str)>,
    cycles: Vec<String>,
}

/// A path parameter that the pattern of the endpoint has to have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PathUse {
    pub(crate) name: &'static str,
    /// The dependency that reads it. `None` if the endpoint itself does.
    pub(crate) by: Option<&'static str>,
}

/// A dependency, and how many parameters take its value.
#[derive(Debug)]
pub(crate) struct Used {
    function: TypeId,
    pub(crate) name: &'static str,
    pub(crate) value: &'static str,
    uses: usize,
    shared: bool,
}

impl Used {
    /// Returns `true` if the value would have to be cloned and cannot be.
    pub(crate) fn is_torn(&self) -> bool {
        self.uses > 1 && !self.shared
    }
}

impl Requirements {
    /// Requires [`App::state`](crate::App::state) of type `T`.
    pub fn state<T: 'static>(&mut self) {
        let state = (TypeId::of::<T>(), type_name::<T>());
        if !self.state.contains(&state) {
            self.state.push(state);
        }
    }

    /// Requires what a [`FromHandshake`](crate::FromHandshake) type requires.
    pub fn parameter<T>(&mut self, parameter: &Parameter<T>) {
        (parameter.requires)(self);
    }

    /// Requires the pattern of the endpoint, including the prefixes of routers, to have the parameter `<name>`.
    pub fn path(&mut self, name: &'static str) {
        let used = PathUse { name, by: self.within.last().map(|(_, name)| *name) };
        if !self.path.contains(&used) {
            self.path.push(used);
        }
    }

    /// Requires a dependency, and everything that its own parameters require.
    pub fn depends<T, S: Source>(&mut self, need: &Need<T, S>) {
        need.require(self);
    }

    pub(super) fn dependency<F: 'static, T>(&mut self, shared: bool, requires: impl FnOnce(&mut Self)) {
        let (function, name) = (TypeId::of::<F>(), type_name::<F>());
        if let Some(at) = self.within.iter().position(|(outer, _)| *outer == function) {
            let mut circle: Vec<String> =
                self.within[at..].iter().map(|(_, name)| format!("`{name}`")).collect();
            circle.push(format!("`{name}`"));
            self.cycles.push(circle.join(" needs "));
            return;
        }
        if let Some(used) = self.dependencies.iter_mut().find(|used| used.function == function) {
            used.uses += 1;
            return;
        }
        self.dependencies.push(Used { function, name, value: type_name::<T>(), uses: 1, shared });
        self.within.push((function, name));
        requires(self);
        self.within.pop();
    }

    pub(crate) fn states(&self) -> impl Iterator<Item = (TypeId, &'static str)> {
        self.state.iter().copied()
    }

    pub(crate) fn paths(&self) -> &[PathUse] {
        &self.path
    }

    pub(crate) fn torn(&self) -> impl Iterator<Item = &Used> {
        self.dependencies.iter().filter(|used| used.is_torn())
    }

    pub(crate) fn cycles(&self) -> &[String] {
        &self.cycles
    }
}
