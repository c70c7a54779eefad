//! Reads the parameters of an endpoint from the handshake.
//!
//! There are two phases: first all text is read, and all mistakes in it become one
//! [`ValidationError`](crate::ValidationError); then dependencies and [`FromHandshake`] types run in the order in which
//! they are written.

mod bare;
mod bearer;
mod constraints;
mod cookie;
mod dependency;
mod extraction;
mod field;
mod from_handshake;
mod header;
mod memo;
mod param;
mod path;
mod probe;
mod query;
mod query_struct;
mod requirements;
pub mod shape;
mod text;

pub use bare::{Bare, BareMany, BareMaybe, BareOne, BareWhole, NeedsSource, Whole};
pub use bearer::{BearerToken, NoBearerToken};
#[cfg(feature = "test-client")]
pub use dependency::IntoDependency;
#[cfg(feature = "test-client")]
pub(crate) use dependency::Replacement;
pub use dependency::{
    Awaited, Declared, DeclaredDependency, Dependency, Depends, Making, Need, OwnedDeclared, OwnedPlain,
    Plain, PlainDependency, Provides, SharedDeclared, SharedPlain, Source,
};
pub use extraction::{Extraction, Finish, Settle};
pub use field::Field;
pub use from_handshake::{
    ClientAddr, FromHandshake, MissingClientAddr, MissingState, Parameter, SharedState, State,
};
pub use memo::Begun;
pub use param::Param;
pub use probe::{ManyShape, MaybeManyShape, MaybeShape, OneShape, Probe};
pub use query_struct::Query;
pub use requirements::Requirements;
#[cfg(feature = "describe")]
pub(crate) use shape::Counted;
pub use shape::{CanBeAbsent, IsList, Rest, Segment, Shape};
pub use text::{FromText, TextError};

pub use crate::handshake::{NotText, RawValue};
#[cfg(feature = "pattern")]
pub use constraints::Pattern;
pub use constraints::{MultipleOf, Text};
