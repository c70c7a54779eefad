//! Describes the endpoints of a router, with what the scopes around them decide.

use std::any::TypeId;

use super::Router;
use crate::{
    AcceptTimeout, Close, CloseCode, Closes, IdleTimeout, InvalidMessage, NeverAccepted, Panicked, Rejection,
    Route, SocketError, ValidationError,
    describing::{Describing, Returns},
    description::{
        CloseDescription, CloseOrigin, Codec, Description, EndpointDescription, ReasonDescription, Schemas,
    },
    endpoint::{Handlers, SharedGuard},
    error::Declared,
    options::{Options, Settings},
};

/// Describes a router, as the root of an app or by itself. `shutdown` is the close of every connection at shutdown.
pub(crate) fn describe(root: &Router, shutdown: &Close) -> Description {
    let mut walk = Walk { description: Description::default(), schemas: Schemas::default(), shutdown };
    walk.router(root, &Around::default());
    let Walk { mut description, schemas, .. } = walk;
    description.schemas = schemas.into_definitions();
    description
}

struct Walk<'a> {
    description: Description,
    schemas: Schemas,
    shutdown: &'a Close,
}

/// The scopes around a router.
#[derive(Default, Clone)]
struct Around<'a> {
    prefix: String,
    options: Options,
    guards: Vec<&'a SharedGuard>,
    handlers: Vec<&'a Handlers>,
}

impl Walk<'_> {
    fn router<'a>(&mut self, router: &'a Router, around: &Around<'a>) {
        let scope = &router.scope;
        let mut within = Around { options: scope.options.clone().within(&around.options), ..around.clone() };
        within.guards.extend(&scope.guards);
        within.handlers.push(&scope.handlers);
        for route in &router.routes {
            self.route(route, &within);
        }
        for nested in &router.nested {
            let own = nested.prefix.as_deref().unwrap_or_default();
            let prefix = format!("{}{own}", within.prefix);
            self.router(&nested.router, &Around { prefix, ..within.clone() });
        }
    }

    fn route(&mut self, route: &Route, around: &Around<'_>) {
        let mut info = route.info.clone();
        if !around.prefix.is_empty() {
            info.nest(&around.prefix);
        }
        let settings = route.options.clone().within(&around.options).or_default(&info);
        let mut closes = Closes::default();
        closes.begin(true, false);
        for guard in around.guards.iter().copied().chain(&route.guards) {
            guard.closes(&mut closes);
        }
        let mut described = Describing::new(std::mem::take(&mut self.schemas), closes);
        (route.describe)(&mut described);
        let handlers: Vec<&Handlers> = around.handlers.iter().copied().chain([&route.handlers]).collect();
        let closes = self.closes(&mut described, &settings, &handlers);
        described.complete_path(info.path());
        self.description.endpoints.push(EndpointDescription {
            name: info.name().to_owned(),
            path: info.path().to_owned(),
            docs: described.docs,
            module: info.module_path().to_owned(),
            file: info.file().to_owned(),
            line: info.line(),
            parameters: described.parameters,
            has_unlisted_query: described.has_unlisted_query,
            subprotocols: settings.subprotocols.clone(),
            options: settings.describe(),
            receives: described.receives,
            sends: described.sends,
            closes,
        });
        self.schemas = described.schemas;
    }

    fn closes(
        &self,
        described: &mut Describing,
        settings: &Settings,
        handlers: &[&Handlers],
    ) -> Vec<CloseDescription> {
        let closes = &mut described.closes;
        closes.begin(true, false);
        closes.of::<AcceptTimeout>();
        if described.accepts_itself {
            closes.of::<NeverAccepted>();
        }
        closes.begin(true, true);
        closes.of::<Panicked>();
        let codec = &described.receives.codec;
        let is_possible = |declared: &Declared| {
            let error = declared.error;
            let variant = match &declared.close.origin {
                CloseOrigin::Error { variant: Some(variant), .. }
                    if error == Some(TypeId::of::<SocketError>()) =>
                {
                    variant
                }
                _ => "",
            };
            match variant {
                "ExpectedText" => *codec != Codec::MessagePack,
                "ExpectedBinary" => *codec != Codec::Json,
                // `recv_json` reads it from plain text.
                "Invalid" => *codec == Codec::Plain,
                _ if error == Some(TypeId::of::<InvalidMessage>()) => *codec != Codec::Plain,
                _ if error == Some(TypeId::of::<IdleTimeout>()) => settings.limits.idle_timeout.is_some(),
                #[cfg(feature = "rate-limit")]
                _ if error == Some(TypeId::of::<crate::RateLimited>()) => {
                    settings.limits.rate_limit.is_some()
                }
                _ => true,
            }
        };
        let mut found: Vec<CloseDescription> = std::mem::take(&mut closes.found)
            .into_iter()
            .filter(is_possible)
            .map(|declared| decided(declared, handlers))
            .collect();
        found.extend(self.runtime_closes(described.returns, settings));
        let mut merged: Vec<CloseDescription> = Vec::new();
        for mut close in found {
            let refuses_by_http = close.before_accept && settings.rejection == Rejection::Http;
            close.status = match close.code {
                Some(code) if refuses_by_http => {
                    Some(close.status.unwrap_or_else(|| Close::from(code).status().as_u16()))
                }
                _ => None,
            };
            let same = merged.iter_mut().find(|earlier| {
                (&earlier.code, &earlier.reason, &earlier.docs, &earlier.origin)
                    == (&close.code, &close.reason, &close.docs, &close.origin)
            });
            match same {
                Some(earlier) => {
                    earlier.before_accept |= close.before_accept;
                    earlier.after_accept |= close.after_accept;
                    earlier.status = earlier.status.or(close.status);
                }
                None => merged.push(close),
            }
        }
        merged.sort_by_key(|close| close.code.map_or(u16::MAX, CloseCode::as_u16));
        merged
    }

    /// Returns the closes that no error decides.
    fn runtime_closes(&self, returns: Returns, settings: &Settings) -> Vec<CloseDescription> {
        let mut closes = vec![CloseDescription {
            before_accept: false,
            ..CloseDescription::from(self.shutdown).docs("The server shuts down.")
        }];
        let endpoint = |close: CloseDescription, docs: &str| CloseDescription {
            origin: CloseOrigin::Endpoint,
            before_accept: false,
            ..close.docs(docs)
        };
        closes.push(match returns {
            Returns::Unit => {
                endpoint(CloseDescription::new(CloseCode::NORMAL_CLOSURE).reason(""), "The endpoint is done.")
            }
            Returns::Close | Returns::Unknown => endpoint(
                CloseDescription::decided_at_run_time(),
                "The endpoint is done, and chooses the close.",
            ),
        });
        closes.extend(settings.limits.closes(settings.compression.is_on()));
        if let Some(close) = settings.require_subprotocol.as_deref() {
            closes.push(CloseDescription {
                after_accept: false,
                ..CloseDescription::from(close).docs("The client offers none of the subprotocols.")
            });
        }
        closes
    }
}

/// Replaces what a handler decides.
fn decided(declared: Declared, handlers: &[&Handlers]) -> CloseDescription {
    let Declared { error, close } = declared;
    let Some(error) = error else { return close };
    let runtime = [TypeId::of::<Panicked>(), TypeId::of::<AcceptTimeout>(), TypeId::of::<NeverAccepted>()];
    let origin = match close.origin {
        CloseOrigin::Error { name, .. } if handlers.iter().any(|scope| scope.decide(error)) => {
            return CloseDescription {
                code: None,
                reason: ReasonDescription::RunTime,
                docs: close.docs,
                origin: CloseOrigin::Handler { error: name },
                status: None,
                ..close
            };
        }
        _ if error == TypeId::of::<ValidationError>() => CloseOrigin::Validation,
        _ if runtime.contains(&error) => CloseOrigin::Runtime,
        origin => origin,
    };
    CloseDescription { origin, ..close }
}
