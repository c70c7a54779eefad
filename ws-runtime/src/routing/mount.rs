//! Flattens routers into a table of endpoints, and collects every mistake in them.

use std::{fmt, panic::Location, sync::Arc};

use super::{
    Router,
    pattern::{self, PatternError},
    router::Scope,
};
use crate::{
    EndpointInfo, Requirements, Route,
    endpoint::{Handlers, Mounted, SharedGuard},
    handshake::{Captures, Refusals, Unmatchable, is_token},
    options::{Options, Settings},
    state::StateMap,
};

/// The endpoints of a built app, ready to serve.
pub(crate) struct Mounts {
    table: matchit::Router<usize>,
    endpoints: Vec<Arc<Mounted>>,
    pub(crate) state: Arc<StateMap>,
}

impl Mounts {
    /// Returns the endpoint for a path, with the values of its path parameters.
    pub(crate) fn route(&self, path: &str) -> Option<(&Arc<Mounted>, Captures)> {
        let found = self.table.at(path).ok()?;
        let mounted = self.endpoints.get(*found.value)?;
        let names = mounted.parameters.iter().map(Arc::clone);
        // A path without the segments of `<rest..>` matches too, and they are empty then.
        let values = found.params.iter().map(|(_, value)| value).chain([&path[path.len()..]]);
        Some((mounted, Captures::new(path, names.zip(values))))
    }

    /// Returns the patterns under which an endpoint, or the implementation of a contract, is mounted.
    #[cfg(feature = "test-client")]
    pub(crate) fn patterns(&self, endpoint: std::any::TypeId) -> impl Iterator<Item = &str> {
        let found = self.endpoints.iter().filter(move |mounted| mounted.requested_as == endpoint);
        found.map(|mounted| mounted.info.path())
    }
}

/// The mistakes in an app. The text has a line for each.
#[derive(Clone, thiserror::Error)]
pub struct BuildError {
    mistakes: Vec<Mistake>,
}

impl BuildError {
    /// Returns the mistakes as texts that name files and lines.
    pub fn mistakes(&self) -> impl ExactSizeIterator<Item = String> + '_ {
        self.mistakes.iter().map(ToString::to_string)
    }
}

/// Prints the same text as `Display`, as this is what `fn main() -> Result<(), ServeError>` shows to the user.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.mistakes.len();
        write!(f, "the app has {count} mistake{}:", if count == 1 { "" } else { "s" })?;
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n  - {mistake}"))
    }
}

/// A single mistake in an app.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Mistake {
    #[error("{second} overlaps {first}")]
    Overlap { first: EndpointInfo, second: EndpointInfo },
    #[error("{endpoint}: {error}")]
    Pattern { endpoint: EndpointInfo, error: PatternError },
    #[error("{endpoint} requires state of type `{state}`: add `.state(…)` to the app")]
    MissingState { endpoint: EndpointInfo, state: &'static str },
    #[error(
        "{endpoint} requires state of type `{state}`, and the app has `{set}`: ask for `State<{set}>`, or set the other"
    )]
    OtherState { endpoint: EndpointInfo, state: &'static str, set: &'static str },
    #[error(
        "{endpoint} reads `<{name}>` from the path, which has no such parameter: add it to the path, or to the prefix of a router"
    )]
    NotInPath { endpoint: EndpointInfo, name: &'static str },
    #[error(
        "{endpoint}: its dependency `{dependency}` reads `<{name}>` from the path, which has no such parameter: add it to the path, or to the prefix of a router"
    )]
    NotInPathOfDependency { endpoint: EndpointInfo, dependency: &'static str, name: &'static str },
    #[error("{endpoint}: dependencies go in a circle: {circle}")]
    Circle { endpoint: EndpointInfo, circle: String },
    #[error(
        "{endpoint} needs the value of `{dependency}` twice, and `{value}` is not `Clone`: return an `Arc<…>`, or take it once"
    )]
    NotShared { endpoint: EndpointInfo, dependency: &'static str, value: &'static str },
    #[error("{endpoint}: `{}` in `origins` is no origin: {}", .origin.text, .origin.help)]
    Origin { endpoint: EndpointInfo, origin: Unmatchable },
    #[error("{endpoint}: `{}` in `hosts` is no host: {}", .host.text, .host.help)]
    Host { endpoint: EndpointInfo, host: Unmatchable },
    #[error("{endpoint}: an empty list of `hosts` refuses everybody: leave it out to allow every host")]
    NoHosts { endpoint: EndpointInfo },
    #[error("{endpoint}: `{subprotocol}` in `subprotocols` is no token: use letters, digits and `-._`")]
    Subprotocol { endpoint: EndpointInfo, subprotocol: String },
    #[error("`{}` in `trusted_proxies` is no network: {}", .proxy.text, .proxy.help)]
    Proxy { proxy: Unmatchable },
    #[error(
        "{endpoint} requires a subprotocol and has none, so it refuses everybody: add `subprotocols = [\"…\"]`"
    )]
    NoSubprotocols { endpoint: EndpointInfo },
    #[error("a second state of type `{state}` at {declared}")]
    DuplicateState { state: &'static str, declared: &'static Location<'static> },
    #[error("a second handler for `{error_type}` at {second}; the first is at {first}")]
    DuplicateHandler {
        error_type: &'static str,
        first: &'static Location<'static>,
        second: &'static Location<'static>,
    },
    #[error("the prefix `{prefix}` at {declared} {problem}")]
    Prefix { prefix: String, problem: &'static str, declared: &'static Location<'static> },
    #[error("the {name} path `{path}` at {declared} {problem}")]
    PagePath { name: &'static str, path: String, problem: &'static str, declared: &'static Location<'static> },
    #[error("the {name} path `{path}` at {declared} is that of {endpoint}")]
    PageOverlap {
        name: &'static str,
        path: String,
        declared: &'static Location<'static>,
        endpoint: EndpointInfo,
    },
    #[error("the {name} path `{path}` at {declared} is also the {other} path")]
    PageTwice { name: &'static str, path: String, declared: &'static Location<'static>, other: &'static str },
}

/// A path that the server answers by itself: what it is called, and where the app sets it.
pub(crate) type Reserved<'a> = (&'static str, &'a str, &'static Location<'static>);

impl Mistake {
    pub(crate) fn duplicate_state(state: &'static str, declared: &'static Location<'static>) -> Self {
        Self::DuplicateState { state, declared }
    }
}

/// The index that stands in the table for a path that leads to no endpoint.
const RESERVED: usize = usize::MAX;

/// Flattens an app into a table.
pub(crate) fn mount(
    root: Router,
    state: StateMap,
    mistakes: Vec<Mistake>,
    reserved: &[Reserved<'_>],
) -> Result<Mounts, BuildError> {
    let table = matchit::Router::new();
    let mut builder = Builder { table, endpoints: Vec::new(), without_rest: Vec::new(), state, mistakes };
    builder.router(root, &Surroundings::default());
    for (index, page) in reserved.iter().enumerate() {
        builder.reserve(*page, &reserved[..index]);
    }
    let Builder { mut table, endpoints, without_rest, state, mistakes } = builder;
    for (path, index) in without_rest {
        // If another endpoint has exactly this path, it keeps it.
        let _ = table.insert(path, index);
    }
    if mistakes.is_empty() {
        Ok(Mounts { table, endpoints, state: Arc::new(state) })
    } else {
        Err(BuildError { mistakes })
    }
}

struct Builder {
    table: matchit::Router<usize>,
    endpoints: Vec<Arc<Mounted>>,
    without_rest: Vec<(String, usize)>,
    state: StateMap,
    mistakes: Vec<Mistake>,
}

/// The settings of the scopes around a router.
#[derive(Default, Clone)]
struct Surroundings {
    prefix: String,
    options: Options,
    guards: Vec<SharedGuard>,
    handlers: Vec<Arc<Handlers>>,
}

impl Surroundings {
    fn enter(&self, scope: Scope) -> Self {
        let handlers = within(scope.handlers, &self.handlers);
        Self {
            prefix: self.prefix.clone(),
            options: scope.options.within(&self.options),
            guards: [self.guards.as_slice(), &scope.guards].concat(),
            handlers,
        }
    }
}

/// Puts the handlers of a scope before those around it.
fn within(own: Handlers, around: &[Arc<Handlers>]) -> Vec<Arc<Handlers>> {
    let own = (!own.is_empty()).then(|| Arc::new(own));
    own.into_iter().chain(around.iter().cloned()).collect()
}

impl Builder {
    fn router(&mut self, router: Router, around: &Surroundings) {
        self.check_handlers(&router.scope.handlers);
        let around = around.enter(router.scope);
        for route in router.routes {
            self.route(route, &around);
        }
        for nested in router.nested {
            let Some(mut own) = nested.prefix else {
                self.router(nested.router, &around);
                continue;
            };
            let problems: Vec<_> = pattern::check_prefix(&own).collect();
            if !problems.is_empty() {
                // The nested router is checked nevertheless, under a prefix that causes no further mistakes.
                let harmless = format!("/{}", own.trim_matches('/').replace(['<', '>'], ""));
                let wrong = std::mem::replace(&mut own, harmless);
                self.mistakes.extend(problems.into_iter().map(|problem| Mistake::Prefix {
                    prefix: wrong.clone(),
                    problem,
                    declared: nested.declared,
                }));
            }
            let prefix = format!("{}{own}", around.prefix);
            self.router(nested.router, &Surroundings { prefix, ..around.clone() });
        }
    }

    /// Keeps a path from endpoints whose pattern would match it, as an endpoint with a static path would.
    fn reserve(&mut self, (name, path, declared): Reserved<'_>, before: &[Reserved<'_>]) {
        let path_of = || path.to_owned();
        if let Some(problem) = pattern::check_static(path) {
            return self.mistakes.push(Mistake::PagePath { name, path: path_of(), problem, declared });
        }
        if let Some((other, ..)) = before.iter().find(|(_, known, _)| *known == path) {
            return self.mistakes.push(Mistake::PageTwice { name, path: path_of(), declared, other });
        }
        let rest = self.without_rest.iter().find(|(known, _)| known == path).map(|(_, index)| *index);
        let taken = match self.table.insert(path, RESERVED) {
            Err(matchit::InsertError::Conflict { with }) => self.endpoint_of(&with),
            _ => rest.and_then(|index| self.endpoints.get(index)).map(|mounted| (*mounted.info).clone()),
        };
        if let Some(endpoint) = taken {
            self.mistakes.push(Mistake::PageOverlap { name, path: path_of(), declared, endpoint });
        }
    }

    fn route(&mut self, route: Route, around: &Surroundings) {
        #[cfg(feature = "test-client")]
        let requested_as = route.requested_as;
        let Route { mut info, run, options, guards, handlers, requirements, .. } = route;
        self.check_handlers(&handlers);
        if !around.prefix.is_empty() {
            info.nest(&around.prefix);
        }
        for (_, state) in requirements.states().filter(|(id, _)| !self.state.contains(*id)) {
            let endpoint = info.clone();
            self.mistakes.push(match self.state.similar(state) {
                Some(set) => Mistake::OtherState { endpoint, state, set },
                None => Mistake::MissingState { endpoint, state },
            });
        }
        let parsed = match pattern::parse(info.path()) {
            Ok(parsed) => parsed,
            Err(error) => return self.mistakes.push(Mistake::Pattern { endpoint: info, error }),
        };
        self.check_parameters(&info, &requirements, &parsed.parameters);
        let settings = options.within(&around.options).or_default(&info);
        self.check(&info, &settings);
        let index = self.endpoints.len();
        if let Err(error) = self.table.insert(parsed.path, index) {
            let mistake = match error {
                matchit::InsertError::Conflict { with } => match self.endpoint_of(&with) {
                    Some(first) => Mistake::Overlap { first, second: info },
                    None => Mistake::Pattern { endpoint: info, error: PatternError::Conflict(with) },
                },
                error => Mistake::Pattern { endpoint: info, error: PatternError::Other(error.to_string()) },
            };
            return self.mistakes.push(mistake);
        }
        self.without_rest.extend(parsed.without_rest.map(|path| (path, index)));
        self.endpoints.push(Arc::new(Mounted {
            info: Arc::new(info),
            run,
            settings,
            guards: [around.guards.as_slice(), &guards].concat(),
            handlers: within(handlers, &around.handlers),
            refusals: Refusals::default(),
            parameters: parsed.parameters,
            #[cfg(feature = "test-client")]
            requested_as,
        }));
    }

    /// Reports handlers of one scope for the same type.
    fn check_handlers(&mut self, handlers: &Handlers) {
        self.mistakes.extend(handlers.duplicates().iter().map(|duplicate| Mistake::DuplicateHandler {
            error_type: duplicate.error_type,
            first: duplicate.first,
            second: duplicate.second,
        }));
    }

    /// Reports parameters, of the endpoint and of its dependencies, that could never be read.
    fn check_parameters(
        &mut self,
        endpoint: &EndpointInfo,
        requirements: &Requirements,
        parameters: &[Arc<str>],
    ) {
        let endpoint = || endpoint.clone();
        for used in
            requirements.paths().iter().filter(|used| parameters.iter().all(|name| **name != *used.name))
        {
            let name = used.name;
            self.mistakes.push(match used.by {
                Some(dependency) => Mistake::NotInPathOfDependency { endpoint: endpoint(), dependency, name },
                None => Mistake::NotInPath { endpoint: endpoint(), name },
            });
        }
        for circle in requirements.cycles().iter().cloned() {
            self.mistakes.push(Mistake::Circle { endpoint: endpoint(), circle });
        }
        for used in requirements.torn() {
            let (dependency, value) = (used.name, used.value);
            self.mistakes.push(Mistake::NotShared { endpoint: endpoint(), dependency, value });
        }
    }

    /// Reports settings that can never match.
    fn check(&mut self, endpoint: &EndpointInfo, settings: &Settings) {
        let endpoint = || endpoint.clone();
        for origin in settings.origins.mistakes().iter().cloned() {
            self.mistakes.push(Mistake::Origin { endpoint: endpoint(), origin });
        }
        for host in settings.hosts.mistakes().iter().cloned() {
            self.mistakes.push(Mistake::Host { endpoint: endpoint(), host });
        }
        if settings.hosts.is_empty_list() {
            self.mistakes.push(Mistake::NoHosts { endpoint: endpoint() });
        }
        if settings.require_subprotocol.is_some() && settings.subprotocols.is_empty() {
            self.mistakes.push(Mistake::NoSubprotocols { endpoint: endpoint() });
        }
        for subprotocol in
            settings.subprotocols.iter().filter(|subprotocol| !is_token(subprotocol.as_bytes())).cloned()
        {
            self.mistakes.push(Mistake::Subprotocol { endpoint: endpoint(), subprotocol });
        }
    }

    /// Returns the endpoint that a path of the table belongs to.
    fn endpoint_of(&self, path: &str) -> Option<EndpointInfo> {
        let endpoint = self
            .endpoints
            .iter()
            .find(|endpoint| pattern::parse(endpoint.info.path()).is_ok_and(|parsed| parsed.path == path))?;
        Some((*endpoint.info).clone())
    }
}
