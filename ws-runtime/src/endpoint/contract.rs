//! [`Contract`]: the declaration of an endpoint that another crate implements.

use std::{
    fmt,
    future::{Future, Ready},
    marker::PhantomData,
    ops::Deref,
};

use super::{Endpoint, Route};
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

/// The contract that an endpoint implements.
///
/// A function of generated code returns it as an `Implemented<impl Contract>`. So a type that is no contract is reported in
/// that function alone, as everything else sees an opaque type.
#[doc(hidden)]
#[derive(Debug)]
pub struct Implemented<C>(PhantomData<fn() -> C>);

impl<C> Implemented<C> {
    /// Names the contract.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code calls it in a constant")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<C: Contract> Implemented<C> {
    /// Returns `true` if an implementation names the parameters of its contract, in order. Generated code asserts it.
    ///
    /// A contract that does not compile has the parameters `..`, which are any.
    #[must_use]
    pub const fn has_parameters(&self, named: &[&str]) -> bool {
        same_texts(C::PARAMETERS, &[".."]) || same_texts(C::PARAMETERS, named)
    }

    /// Creates a route to the endpoint `E`, which implements the contract.
    pub fn route<E: Endpoint>(
        &self,
        name: &'static str,
        module_path: &'static str,
        file: &'static str,
        line: u32,
    ) -> Route {
        Route::of_contract::<E, C>(name, module_path, file, line)
    }

    /// Describes the parameters of the contract.
    #[cfg(feature = "describe")]
    pub fn describe(&self, describing: &mut Describing) {
        C::describe(describing);
    }
}

/// The parameters of the contract `C` as its implementation reads them: `Reading::<shared::item, __NAMED>::NEW.__read(cx)`.
/// `NAMED` says that the implementation names the right ones.
///
/// Method lookup comes to [`Unread`] if anything is wrong with the contract or with the names, which has been reported then.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reading<C, const NAMED: bool>(Unread<C>);

impl<C, const NAMED: bool> Reading<C, NAMED> {
    /// Generated code reads with it.
    pub const NEW: Self = Self(Unread(PhantomData));
}

impl<C, const NAMED: bool> Deref for Reading<C, NAMED> {
    type Target = Unread<C>;

    fn deref(&self) -> &Unread<C> {
        &self.0
    }
}

/// Reads the parameters of a contract.
#[doc(hidden)]
pub trait ReadsContract<S, P> {
    /// Reads the parameters.
    ///
    /// # Errors
    ///
    /// Returns one error with all mistakes in them.
    fn __read(&self, cx: &mut Extraction)
    -> impl Future<Output = Result<ReadParameters<S, P>, Error>> + Send;
}

impl<C: Declares<S, P>, S, P> ReadsContract<S, P> for Reading<C, true> {
    fn __read(
        &self,
        cx: &mut Extraction,
    ) -> impl Future<Output = Result<ReadParameters<S, P>, Error>> + Send {
        let reading = C::read(cx);
        async { Ok(ReadParameters { parameters: reading.await?, connection: PhantomData }) }
    }
}

/// The parameters of a contract that does not compile, or of an implementation that names other ones.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unread<C>(PhantomData<fn() -> C>);

impl<C> Unread<C> {
    /// Has the result that the rest of the code needs, so that nothing else is reported.
    #[doc(hidden)]
    pub fn __read<P>(&self, _: &mut Extraction) -> Ready<Result<ReadParameters<AnyConnection, P>, Error>> {
        let _ = self;
        unreachable!("the contract does not compile")
    }
}

/// The values `P` of a contract's parameters, and its connection `S`.
#[doc(hidden)]
pub struct ReadParameters<S, P> {
    parameters: P,
    connection: PhantomData<fn() -> S>,
}

impl<S, P> fmt::Debug for ReadParameters<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadParameters").finish_non_exhaustive()
    }
}

/// Returns the values of a contract's parameters to an endpoint whose connection `T` fits the contract.
#[doc(hidden)]
pub fn same_messages<T: Serves<S>, S, P>(declared: ReadParameters<S, P>) -> P {
    declared.parameters
}

/// The connection of a contract that does not compile.
#[doc(hidden)]
#[derive(Debug)]
pub struct AnyConnection;

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

#[diagnostic::do_not_recommend]
impl<In, Out, C> Serves<AnyConnection> for WebSocket<In, Out, C> {}

impl Serves<Upgrade> for WebSocket {}

impl<S> Serves<S> for Upgrade {}

const fn same_texts(declared: &[&str], named: &[&str]) -> bool {
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
