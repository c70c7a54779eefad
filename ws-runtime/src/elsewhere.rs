//! Methods that other frameworks have: hidden, and impossible to call. The compiler says what to write instead.
//!
//! Each asks its argument for a trait that nothing implements. The argument's type is a parameter of the method, since a
//! bound that cannot hold for a known type is refused where it is written.

/// Declares a trait that nothing implements, with what is said where it is asked for.
macro_rules! never {
    ($($(#[$attribute:meta])* $name:ident: $message:literal, $label:literal;)*) => {$(
        $(#[$attribute])*
        #[diagnostic::on_unimplemented(message = $message, label = $label)]
        pub trait $name {}
    )*};
}

never! {
    /// Of axum, rocket and actix.
    NoWithState: "state is shared by `.state(value)`",
        "write `.state(..)`; a parameter of type `State<T>` reads it";
    /// Of rocket, and FastAPI.
    NoMount: "a prefix is mounted by `.nest(prefix, router)`",
        "write `.nest(\"/prefix\", Router::new().routes(routes![..]))`";
    /// Of axum and actix.
    NoLayer: "no layer goes around endpoints",
        "a check before accept is a guard, `.before_accept(f)`; tower layers go around `App::into_service()`";
    /// Of axum and actix.
    NoService: "endpoints are mounted by `.routes(routes![name, ..])`",
        "write `.routes(routes![..])`; pages beside the endpoints are served by `App::fallback`";
    /// Of actix, warp and hyper.
    NoBind: "an app is served by `.run(address).await`",
        "write `.run(\"127.0.0.1:8000\").await`, or `.serve(listener).await`";
    /// Of other WebSocket libraries.
    NoCloseCodeNew: "a close code is made by `close_code!` or `CloseCode::try_from`",
        "write `close_code!(4000)` for a literal, `CloseCode::try_from(number)?` for a variable";
}

#[cfg(not(feature = "deflate"))]
never! {
    /// Without the feature.
    NoCompression: "`compression` needs the feature `deflate` of `ws-runtime`",
        "enable it in `Cargo.toml`: `ws-runtime = {{ features = [\"deflate\"] }}`";
}

#[cfg(not(feature = "rate-limit"))]
never! {
    /// Without the feature.
    NoRateLimit: "`rate_limit` needs the feature `rate-limit` of `ws-runtime`",
        "enable it in `Cargo.toml`: `ws-runtime = {{ features = [\"rate-limit\"] }}`";
}

/// The methods that neither `App` nor `Router` has.
macro_rules! methods {
    () => {
        $crate::elsewhere::methods! {
            with_state(NoWithState), manage(NoWithState), data(NoWithState), app_data(NoWithState), add_state(NoWithState),
            mount(NoMount, U), include_router(NoMount), merge(NoMount), scope(NoMount, U),
            layer(NoLayer), wrap(NoLayer), attach(NoLayer), middleware(NoLayer),
            service(NoService), add_route(NoService, U), websocket(NoService, U), register(NoService),
            bind(NoBind), listen(NoBind),
        }
    };
    ($($name:ident($bound:ident $(, $other:ident)?),)*) => {$(
        #[doc(hidden)]
        #[allow(clippy::needless_pass_by_value, clippy::missing_errors_doc, missing_docs)]
        pub fn $name<T: $crate::$bound $(, $other)?>(self, _: T $(, _: $other)?) -> Self {
            self
        }
    )*};
}

pub(crate) use methods;
