//! Hidden methods that have the names of other frameworks' methods and cannot be called. The compiler says what to
//! write instead.
//!
//! Each of them requires a trait that no type implements, of its argument or of one of its type parameters. rustc
//! reports such a bound at the call, as it can never hold for a known type.

use std::{future::Ready, marker::PhantomData};

/// Declares a trait that no type implements, with the message for a call that requires it.
macro_rules! never {
    ($($(#[$attribute:meta])* $name:ident: $message:literal, $label:literal;)*) => {$(
        $(#[$attribute])*
        #[diagnostic::on_unimplemented(message = $message, label = $label)]
        pub trait $name {}
    )*};
}

never! {
    /// Stands for a method of axum, Rocket and Actix.
    NoWithState: "state is shared by `.state(value)`",
        "write `.state(..)`; a parameter of type `State<T>` reads it";
    /// Stands for a method of Rocket and FastAPI.
    NoMount: "a prefix is mounted by `.nest(prefix, router)`",
        "write `.nest(\"/prefix\", Router::new().routes(routes![..]))`";
    /// Stands for a method of axum and Actix.
    NoLayer: "no layer goes around endpoints",
        "a check before accept is a guard, `.before_accept(f)`; tower layers go around `App::into_service()`";
    /// Stands for a method of axum and Actix.
    NoService: "endpoints are mounted by `.routes(routes![name, ..])`",
        "write `.routes(routes![..])`; pages beside the endpoints are served by `App::fallback`";
    /// Stands for a method of Actix, warp and hyper.
    NoBind: "an app is served by `.run(address).await`",
        "write `.run(\"127.0.0.1:8000\").await`, or `.serve(listener).await`";
    /// Stands for a method of FastAPI, Django and Starlette.
    NoAccept: "the connection is accepted before the body runs",
        "remove this call; an endpoint that accepts by itself has `upgrade: Upgrade` as its last parameter";
    /// Stands for a method of other WebSocket libraries.
    NoRecvMessage: "a message is received by `recv`, `recv_text`, `recv_binary` or `recv_json`",
        "write `recv()`, or `recv_text()`, `recv_binary()`, `recv_json::<T>()` for one kind";
    /// Stands for a method of FastAPI.
    NoRecvText: "a text is received by `recv_text`", "write `recv_text()`";
    /// Stands for a method of FastAPI.
    NoRecvBinary: "bytes are received by `recv_binary`", "write `recv_binary()`";
    /// Stands for a method of FastAPI.
    NoRecvJson: "JSON is received by `recv_json`", "write `recv_json::<T>()`";
    /// Stands for a method of other WebSocket libraries.
    NoSendMessage: "a message is sent by `send`, `send_text`, `send_binary` or `send_json`",
        "write `send(message)`, or `send_text(text)`, `send_binary(bytes)`, `send_json(&value)` for one kind";
    /// Stands for a method of other WebSocket libraries.
    NoPing: "pings are sent and answered by the runtime",
        "remove this call; the option `ping_interval` says how often";
    /// Stands for a method of FastAPI and other WebSocket libraries.
    NoIterText: "messages are received in a loop",
        "write `loop {{ let text = ws.recv_text().await?; .. }}`, or iterate over `iter_text()`, `iter_binary()` or `iter_json::<T>()`";
    /// Stands for a method of crossbeam and std.
    NoRecvTimeout: "a time limit goes around the future", "write `tokio::time::timeout(duration, ws.recv()).await`, or set the option `idle_timeout`";
    /// Stands for a method of FastAPI and other frameworks.
    NoRequest: "the request is read by parameters, or by the handshake",
        "write a parameter such as `#[query] name: String`, or `ws.handshake()`, which has `query`, `header` and `cookie`";
    /// Stands for a method of axum.
    NoOnUpgrade: "the body of the endpoint runs once the connection is there",
        "remove the callback: with `mut ws: WebSocket` it is open, with `upgrade: Upgrade` write `upgrade.accept().await?`";
    /// Stands for a method of the value behind a future that lacks `.await`.
    NoAwait: "this is a future, which does nothing until it is awaited",
        "write `.await` before this";
    /// Stands for a method of other WebSocket libraries.
    NoClientText: "a client sends and receives by `send` and `recv`",
        "write `send(message)` or `recv()`, which take and give the types of `Client<In, Out>`, a `Message` if it has none";
    /// Stands for a method of tokio-tungstenite and other libraries.
    NoClientConnect: "a client is made by `Client::builder(url)`",
        "write `Client::builder(url).connect().await?`";
    /// Stands for a method of other WebSocket libraries.
    NoCloseCodeNew: "a close code is made by `close_code!` or `CloseCode::try_from`",
        "write `close_code!(4000)` for a literal, `CloseCode::try_from(number)?` for a variable";
}

#[cfg(not(feature = "deflate"))]
never! {
    /// Stands for a method that needs the feature `deflate`.
    NoCompression: "`compression` needs the feature `deflate` of `ws-runtime`",
        "enable it in `Cargo.toml`: `ws-runtime = {{ features = [\"deflate\"] }}`";
}

#[cfg(not(feature = "rate-limit"))]
never! {
    /// Stands for a method that needs the feature `rate-limit`.
    NoRateLimit: "`rate_limit` needs the feature `rate-limit` of `ws-runtime`",
        "enable it in `Cargo.toml`: `ws-runtime = {{ features = [\"rate-limit\"] }}`";
}

#[cfg(not(feature = "redis"))]
never! {
    /// Stands for a method that needs the feature `redis`.
    NoRedis: "rooms that span processes need the feature `redis` of `ws-runtime`",
        "enable it in `Cargo.toml`: `ws-runtime = {{ features = [\"redis\"] }}`";
}

/// Declares the methods that other frameworks have and that neither `App` nor `Router` has.
macro_rules! methods {
    () => {
        $crate::elsewhere::methods! {
            with_state(NoWithState), manage(NoWithState), data(NoWithState), app_data(NoWithState), add_state(NoWithState),
            mount(NoMount, U), include_router(NoMount), scope(NoMount, U),
            layer(NoLayer), wrap(NoLayer), attach(NoLayer), middleware(NoLayer),
            service(NoService), add_route(NoService, U), websocket(NoService, U), register(NoService),
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

/// Declares the methods that would start to serve. They have return types that accept the calls which usually follow,
/// so those are not reported as further mistakes.
macro_rules! serving_methods {
    ($error:ty) => {
        #[doc(hidden)]
        #[allow(clippy::missing_errors_doc, missing_docs)]
        pub fn bind<T: $crate::NoBind>(
            self,
            _: T,
        ) -> std::result::Result<$crate::elsewhere::Bound<$error>, $error> {
            unreachable!("nothing implements the trait")
        }

        #[doc(hidden)]
        #[allow(missing_docs)]
        pub fn listen<T: $crate::NoBind>(self, _: T) -> std::future::Ready<std::result::Result<(), $error>> {
            unreachable!("nothing implements the trait")
        }
    };
}

pub(crate) use serving_methods;

/// A bound server, as Actix has it.
#[derive(Debug)]
pub struct Bound<E>(PhantomData<E>);

impl<E> Bound<E> {
    #[allow(clippy::unused_self, missing_docs)]
    pub fn run(self) -> Ready<Result<(), E>> {
        unreachable!("nothing implements the trait")
    }
}

pub(crate) use methods;

/// Declares methods that no connection has, in its `impl`. They cannot be called.
macro_rules! connection_methods {
    ($in:ident => $output:ty; $($name:ident$(<$generic:ident>)?($bound:ident $(, $other:ident)?),)*) => {$(
        #[doc(hidden)]
        #[allow(clippy::needless_pass_by_value, clippy::unused_self, missing_docs)]
        pub fn $name$(<$generic>)?$(<$other>)?(&mut self, $(_: $other)?) -> $output
        where
            $in: $crate::$bound,
        {
            unreachable!("nothing implements the trait")
        }
    )*};
    ($in:ident; $($methods:tt)*) => {
        $crate::elsewhere::connection_methods! {
            $in => std::future::Ready<std::result::Result<$in, SocketError>>; $($methods)*
        }
    };
}

pub(crate) use connection_methods;

/// Declares methods of `Result` in the `impl` of a future whose output is a `Result`. They cannot be called. None of
/// them is a method of `FutureExt` or `TryFutureExt`.
macro_rules! result_methods {
    ($message:ident; $($name:ident($($other:ident),*) -> $output:ty;)*) => {$(
        #[doc(hidden)]
        #[allow(clippy::needless_pass_by_value, clippy::unused_self, missing_docs)]
        pub fn $name<$($other),*>(self, $(_: $other),*) -> $output
        where
            $message: $crate::NoAwait,
        {
            unreachable!("nothing implements the trait")
        }
    )*};
    ($message:ident => $output:ty, $result:ty) => {
        $crate::elsewhere::result_methods! {
            $message;
            unwrap() -> $output;
            expect(A) -> $output;
            unwrap_or_default() -> $output;
            ok() -> std::option::Option<$output>;
            is_ok() -> bool;
            is_err() -> bool;
            or_close(A, B) -> $result;
        }
    };
}

pub(crate) use result_methods;
