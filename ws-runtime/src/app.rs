//! [`App`]: everything that a server serves.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt, io,
    panic::Location,
    sync::Arc,
};

use tokio::net::{TcpListener, ToSocketAddrs};

use crate::{
    BuildError, ErrorHandler, Guard, Route, Router, Service,
    mount::{Mistake, mount},
    options::option_setters,
    router::{Nested, scope_setters},
    serve,
};

/// A WebSocket application: endpoints, the state they share, and what holds for all of them.
///
/// ```no_run
/// # use ws_runtime::{routes, websocket, App, Result, WebSocket};
/// #[websocket("/echo")]
/// async fn echo(mut ws: WebSocket) -> Result {
///     loop {
///         let text = ws.recv_text().await?;
///         ws.send_text(text).await?;
///     }
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), ws_runtime::ServeError> {
///     App::new().routes(routes![echo]).run("127.0.0.1:8000").await
/// }
/// ```
#[derive(Default)]
#[must_use]
pub struct App {
    root: Router,
    state: StateMap,
    duplicate_states: Vec<Mistake>,
}

impl App {
    /// An app with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    scope_setters!(root.scope; root.routes; root.nested);

    /// Shares a value with every endpoint that has a [`State<T>`](crate::State) parameter: one value for each type.
    #[track_caller]
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        if self.state.insert(state) {
            let mistake = Mistake::duplicate_state(type_name::<T>(), Location::caller());
            self.duplicate_states.push(mistake);
        }
        self
    }

    /// Checks the app and makes it ready to serve.
    ///
    /// # Errors
    ///
    /// Every mistake at once: routes that overlap, state that a parameter asks for and nobody set, two handlers for
    /// one type in one scope, prefixes that are not static paths.
    pub fn build(self) -> Result<Service, BuildError> {
        mount(self.root, self.state, self.duplicate_states).map(Service::new)
    }

    /// The app as a [`tower_service::Service`], to mount in an axum `Router`, under tower layers or on a hyper server.
    ///
    /// # Panics
    ///
    /// With the report of [`build`](Self::build), if there are mistakes in the app.
    #[must_use]
    pub fn into_service(self) -> Service {
        match self.build() {
            Ok(service) => service,
            Err(error) => panic!("{error}"),
        }
    }

    /// Serves on a TCP address, such as `"127.0.0.1:8000"`, until the task is dropped.
    ///
    /// # Errors
    ///
    /// If the app does not [`build`](Self::build), or the address cannot be bound.
    pub async fn run(self, address: impl ToSocketAddrs) -> Result<(), ServeError> {
        let service = self.build()?;
        let listener = TcpListener::bind(address).await?;
        serve::listen(listener, service).await
    }

    /// Serves on a TCP listener until the task is dropped.
    ///
    /// # Errors
    ///
    /// If the app does not [`build`](Self::build).
    pub async fn serve(self, listener: TcpListener) -> Result<(), ServeError> {
        serve::listen(listener, self.build()?).await
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("root", &self.root).finish_non_exhaustive()
    }
}

/// Why an app could not be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// There are mistakes in the app.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The address cannot be bound.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The app's state: one value for each type.
#[derive(Default)]
pub(crate) struct StateMap(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl StateMap {
    /// Whether there was one of this type.
    fn insert<T: Send + Sync + 'static>(&mut self, state: T) -> bool {
        self.0.insert(TypeId::of::<T>(), Arc::new(state)).is_some()
    }

    pub(crate) fn contains(&self, state: TypeId) -> bool {
        self.0.contains_key(&state)
    }

    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }

    pub(crate) fn get_shared<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        Arc::clone(self.0.get(&TypeId::of::<T>())?).downcast().ok()
    }
}
