//! [`EndpointInfo`]: the name of an endpoint and its place in the source.

use std::{borrow::Cow, fmt};

/// The name and path of an endpoint, and its place in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointInfo {
    name: &'static str,
    path: Cow<'static, str>,
    module_path: &'static str,
    file: &'static str,
    line: u32,
}

impl EndpointInfo {
    /// Creates the description of an endpoint. `path` is its pattern.
    #[must_use]
    pub const fn new(
        name: &'static str,
        path: &'static str,
        module_path: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self { name, path: Cow::Borrowed(path), module_path, file, line }
    }

    /// Returns the name of the function.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// Returns the pattern, including the prefixes of the routers that the endpoint is nested in:
    /// `/api/items/<id>/ws`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the module that the function is in, such as `my_crate::items`.
    #[must_use]
    pub fn module_path(&self) -> &str {
        self.module_path
    }

    /// Returns the source file, as it was named to the compiler.
    #[must_use]
    pub fn file(&self) -> &str {
        self.file
    }

    /// Returns the line in that file, counted from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Puts a prefix before the pattern. The root of a router is the prefix itself.
    pub(crate) fn nest(&mut self, prefix: &str) {
        let own = if self.path == "/" { "" } else { &self.path };
        self.path = Cow::Owned(format!("{prefix}{own}"));
    }
}

impl fmt::Display for EndpointInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}) at {}:{}", self.name, self.path, self.file, self.line)
    }
}
