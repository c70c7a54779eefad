//! [`EndpointInfo`]: what an endpoint is called, and where it is written.

use std::{borrow::Cow, fmt};

/// What an endpoint is and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointInfo {
    name: &'static str,
    path: Cow<'static, str>,
    module_path: &'static str,
    file: &'static str,
    line: u32,
}

impl EndpointInfo {
    /// Describes an endpoint; `path` is its pattern.
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

    /// The function's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// The pattern, with the prefixes of the routers that the endpoint is nested in: `/api/items/<id>/ws`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The module that the function is in: `my_crate::items`.
    #[must_use]
    pub fn module_path(&self) -> &str {
        self.module_path
    }

    /// The source file, as the compiler was given it.
    #[must_use]
    pub fn file(&self) -> &str {
        self.file
    }

    /// The line in that file, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    pub(crate) fn nest(&mut self, prefix: &str) {
        self.path = Cow::Owned(format!("{prefix}{}", self.path));
    }
}

impl fmt::Display for EndpointInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}) at {}:{}", self.name, self.path, self.file, self.line)
    }
}
