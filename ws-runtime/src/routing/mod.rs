//! Routers, and the table of endpoints that they are flattened into.

mod mount;
mod pattern;
mod router;

pub use mount::BuildError;
pub(crate) use mount::{Mistake, Mounts, mount};
pub use router::{IntoRouter, Router};
pub(crate) use router::{Nested, scope_setters};
