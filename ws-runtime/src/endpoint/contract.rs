//! [`Contract`]: the declaration of an endpoint that another crate implements.

use std::future::Future;

use super::Route;
#[cfg(feature = "describe")]
use crate::describing::Describing;
use crate::{Error, Extraction, Upgrade, WebSocket};
#[cfg(feature = "request")]
use crate::{Json, Message};

/// The declaration of an endpoint: its path, parameters and options, and the types of its messages.
/// [`contract`](macro@crate::contract) makes one from the signature of a function, and
/// `#[websocket(shared::item(id, q))]` on a function implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no contract",
    label = "expected a declaration under `#[contract(\"/path\")]`",
    note = "an endpoint that has a path of its own is written `#[websocket(\"/path\")]`"
)]
pub trait Contract: 'static {
    /// The pattern of the path.
    const PATH: &'static str;

    /// The names of the parameters, in order.
    const PARAMETERS: &'static [&'static str];

    /// Sets the options of the contract.
    fn route(route: Route) -> Route;

    /// Describes the parameters of the contract.
    #[cfg(feature = "describe")]
    #[doc(hidden)]
    fn describe(describing: &mut Describing) {
        let _ = describing;
    }
}

/// A contract whose connection is `S`, and whose parameters have the values `P`, a tuple.
// These are no associated types, because a type in them must be as visible as the contract, and one of a function need not.
#[doc(hidden)]
pub trait Declares<S, P>: Contract {
    /// Reads the parameters.
    ///
    /// # Errors
    ///
    /// Returns one error with all mistakes in them.
    fn read(cx: &mut Extraction) -> impl Future<Output = Result<P, Error>> + Send;
}

/// The messages of a connection, as the endpoint sees them: those of a [`WebSocket`], and any messages for an [`Upgrade`].
#[cfg(feature = "request")]
pub trait Messages {
    /// The type of the messages that the endpoint receives.
    type In;
    /// The type of the messages that the endpoint sends.
    type Out;
    /// The format of both.
    type Format;
}

#[cfg(feature = "request")]
impl<In, Out, C> Messages for WebSocket<In, Out, C> {
    type In = In;
    type Out = Out;
    type Format = C;
}

#[cfg(feature = "request")]
impl Messages for Upgrade {
    type In = Message;
    type Out = Message;
    type Format = Json;
}

/// A connection that can implement a contract whose connection is `S`: one with the same messages, or an [`Upgrade`].
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the contract's connection is `{S}`, and this is `{Self}`",
    label = "expected `{S}`",
    note = "an implementation has the same messages as its contract, or takes an `Upgrade`"
)]
pub trait Serves<S> {}

#[diagnostic::do_not_recommend]
impl<In, Out, C> Serves<WebSocket<In, Out, C>> for WebSocket<In, Out, C> {}

impl Serves<Upgrade> for WebSocket {}

impl<S> Serves<S> for Upgrade {}

/// Asserts that the connection `T` fits the contract.
#[doc(hidden)]
pub const fn same_messages<C: Declares<S, P>, T: Serves<S>, S, P>() {}

/// Returns `true` if an implementation names the parameters of its contract, in order. Generated code asserts it.
#[doc(hidden)]
#[must_use]
pub const fn same_parameters(declared: &[&str], named: &[&str]) -> bool {
    if declared.len() != named.len() {
        return false;
    }
    let mut at = 0;
    while at < declared.len() {
        if !same(declared[at].as_bytes(), named[at].as_bytes()) {
            return false;
        }
        at += 1;
    }
    true
}

// Texts cannot be compared in a constant otherwise.
const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
