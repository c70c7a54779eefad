//! [`Call`]: what clients take as a request, with the types of the endpoint's messages.

#[cfg(any(feature = "client", feature = "test-client"))]
use super::Parts;
use super::Request;
use crate::Route;

/// A request of an endpoint whose connection is `S`: what `item::at(5)` returns, or a [`Request`] made from it.
///
/// `#[websocket]` implements it for the endpoint. It is not implemented by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no request of an endpoint",
    label = "expected `item::at(..)`, where `item` is an endpoint",
    note = "the endpoint has a request if the feature `request` is enabled in the crate that declares it"
)]
pub trait Call<S>: Sized {
    /// The endpoint.
    #[doc(hidden)]
    type Endpoint: 'static;

    #[doc(hidden)]
    fn into_request(self) -> Request<Self::Endpoint>;

    /// Returns the route of the endpoint, which has its options.
    #[doc(hidden)]
    fn route() -> Route;
}

impl<S, E: Call<S, Endpoint = E> + 'static> Call<S> for Request<E> {
    type Endpoint = E;

    fn into_request(self) -> Self {
        self
    }

    fn route() -> Route {
        E::route()
    }
}

#[cfg(any(feature = "client", feature = "test-client"))]
/// Returns the parts of a request, and the subprotocols that its endpoint speaks.
pub(crate) fn prepare<S, R: Call<S>>(request: R) -> (Parts, Vec<String>) {
    (request.into_request().parts, R::route().subprotocols_offered())
}
