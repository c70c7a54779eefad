//! Routers, and the table of endpoints that they are flattened into.

#[cfg(feature = "describe")]
mod describe;
mod mount;
mod pattern;
mod router;

#[cfg(feature = "describe")]
pub(crate) use describe::describe;
pub use mount::BuildError;
pub(crate) use mount::{Mistake, Mounts, mount};
pub use router::{IntoRouter, Router};
pub(crate) use router::{Nested, scope_setters};
