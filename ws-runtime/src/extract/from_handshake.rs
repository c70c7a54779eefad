//! [`FromHandshake`]: parameters that are made from the whole handshake.

use std::{
    any::type_name,
    convert::Infallible,
    fmt,
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    pin::Pin,
};

use http::HeaderMap;

use super::Requirements;
use crate::{Close, CloseError, Closes, Error, Handshake, Peer, ValidationError};

/// A parameter that is made from the handshake.
///
/// ```
/// use ws_runtime::{Close, CloseCode, FromHandshake, Handshake};
///
/// struct BearerToken(String);
///
/// impl FromHandshake for BearerToken {
///     type Error = Close;
///
///     async fn from_handshake(handshake: &Handshake) -> Result<Self, Close> {
///         let token = handshake.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
///         let token = token.ok_or_else(|| Close::new(CloseCode::POLICY_VIOLATION, "no bearer token"))?;
///         Ok(Self(token.to_owned()))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a handshake",
    label = "name the parameter in the path, or add `#[path]`, `#[query]`, `#[cookie]`, `#[header]` or `#[depends(function)]`",
    note = "state of the app is read as `State<{Self}>`, a query string as a whole as `ws_runtime::Query<{Self}>`",
    note = "or implement `FromHandshake` for `{Self}`"
)]
pub trait FromHandshake: Sized + Send {
    /// The error of making the value, which can be any error with a close code.
    type Error: Into<Error>;

    /// Makes the value. This runs after all text parameters have been validated.
    fn from_handshake(handshake: &Handshake) -> impl Future<Output = Result<Self, Self::Error>> + Send;

    /// Declares what the type requires of the app, so that `build()` can report what is missing before anything runs.
    fn requires(requirements: &mut Requirements) {
        let _ = requirements;
    }

    /// Reports mistakes in the text that the type reads, together with the mistakes of all other parameters.
    fn validate(handshake: &Handshake, errors: &mut ValidationError) {
        let _ = (handshake, errors);
    }
}

/// A parameter of a [`FromHandshake`] type before it is made: `Parameter::<State<Db>>::of()`.
///
/// It collects all methods of the type behind a single bound, so that a type without an implementation is reported once
/// rather than at each use.
pub struct Parameter<T> {
    pub(crate) requires: fn(&mut Requirements),
    pub(crate) validate: fn(&Handshake, &mut ValidationError),
    pub(crate) make: for<'a> fn(&'a Handshake) -> BoxFuture<'a, Result<T, Error>>,
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl<T> Parameter<T> {
    /// Returns the parameter of type `T`.
    #[must_use]
    pub fn of() -> Self
    where
        T: FromHandshake,
    {
        Self {
            requires: T::requires,
            validate: T::validate,
            make: |handshake| Box::pin(async { T::from_handshake(handshake).await.map_err(Into::into) }),
        }
    }
}

impl<T> fmt::Debug for Parameter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameter<{}>", type_name::<T>())
    }
}

/// The app's state of type `T`, set by [`App::state`](crate::App::state).
///
/// The state is cloned for each connection. Put what is not cheap to clone, or what all connections must share, in an
/// [`Arc`](std::sync::Arc): `App::state(Arc::new(db))`, and `State<Arc<Db>>` as the parameter.
///
/// ```
/// use std::sync::Arc;
/// use ws_runtime::{App, Result, State, WebSocket, routes, websocket};
///
/// struct Greetings(Vec<String>);
///
/// #[websocket("/greeting")]
/// async fn greeting(State(greetings): State<Arc<Greetings>>, mut ws: WebSocket) -> Result {
///     Ok(ws.send_text(greetings.0.concat()).await?)
/// }
///
/// let app = App::new().state(Arc::new(Greetings(vec!["hello".to_owned()]))).routes(routes![greeting]);
/// ```
///
/// It also dereferences to the `T`, so `greetings: State<Arc<Greetings>>` works as well. An app that lacks the state
/// does not build.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State<T>(pub T);

/// A type that [`State`] can hold: one that is [`Clone`], [`Send`] and [`Sync`], and does not borrow.
#[diagnostic::on_unimplemented(
    message = "state of the type `{Self}` cannot be cloned for each connection",
    label = "wrap it in `Arc<…>`: `State<Arc<{Self}>>`",
    note = "`App::state(Arc::new(value))` shares the value",
    note = "a type that is cheap to clone may derive `Clone` instead"
)]
pub trait SharedState: Clone + Send + Sync + 'static {}

// The bounds of this implementation are not what a user should read about.
#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> SharedState for T {}

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The error of an app that has no state of this type. It closes with 1011.
#[derive(Debug, thiserror::Error)]
#[error("the app has no state of type `{0}`")]
pub struct MissingState(&'static str);

impl CloseError for MissingState {
    fn close(&self) -> Close {
        Close::internal_error()
    }

    fn closes(closes: &mut Closes) {
        closes.internal_error("The app has no state of the type that a parameter asks for.");
    }
}

impl<T: SharedState> FromHandshake for State<T> {
    type Error = MissingState;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, MissingState> {
        handshake.state().cloned().map(Self).ok_or(MissingState(type_name::<T>()))
    }

    fn requires(requirements: &mut Requirements) {
        requirements.state::<T>();
    }
}

/// The address of the client.
///
/// [`App::run`](crate::App::run) and [`App::serve`](crate::App::serve) provide it. If another server, such as axum,
/// serves the connection, a layer must insert it into the request's extensions. If there is a proxy, it is the address
/// of the proxy, unless the proxy is [trusted](crate::App::trusted_proxies) or speaks the [PROXY
/// protocol](crate::ProxyProtocol).
///
/// A client on a Unix socket has no address. `Option<ClientAddr>` is then `None`, and `ClientAddr` is the unspecified
/// address, `0.0.0.0:0`, which is the address of no client.
///
/// A proxy usually does not say which port its client has. The port is then 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddr(pub SocketAddr);

impl ClientAddr {
    /// Returns the address of a peer, or `None` if its transport does not provide it.
    pub(crate) fn of(peer: Peer) -> Option<Self> {
        let unspecified = || SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        peer.addr().or_else(|| peer.is_unix().then(unspecified)).map(Self)
    }
}

/// The error if the server of the connection did not provide the peer's address. It closes with 1011.
#[derive(Debug, thiserror::Error)]
#[error("the peer's address is unknown: insert `ClientAddr` into the extensions of the request")]
#[non_exhaustive]
pub struct MissingClientAddr;

impl CloseError for MissingClientAddr {
    fn close(&self) -> Close {
        Close::internal_error()
    }

    fn closes(closes: &mut Closes) {
        closes.internal_error("The address of the client is unknown.");
    }
}

impl FromHandshake for ClientAddr {
    type Error = MissingClientAddr;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, MissingClientAddr> {
        Self::of(handshake.peer()).ok_or(MissingClientAddr)
    }
}

/// The address of the client, or `None` if the client is on a Unix socket or its address is unknown.
impl FromHandshake for Option<ClientAddr> {
    type Error = Infallible;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, Infallible> {
        Ok(handshake.client_addr().map(ClientAddr))
    }
}

/// All headers of the handshake.
impl FromHandshake for HeaderMap {
    type Error = Infallible;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, Infallible> {
        Ok(handshake.headers().clone())
    }
}

/// The handshake itself.
impl FromHandshake for Handshake {
    type Error = Infallible;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, Infallible> {
        Ok(handshake.clone())
    }
}
