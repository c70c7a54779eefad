//! Generated code compiles without a warning among hostile names and strict lints, and breaks none of the user's.

#![deny(warnings, clippy::pedantic, missing_docs, unused, unused_qualifications, unreachable_pub)]

use ws_runtime::{App, Endpoint as _, routes};

/// Every name that generated code could mean means something else here.
pub mod hostile {
    use ::ws_runtime::{CloseError, Handshake, State, on_error, websocket};

    /// Not the crate.
    pub mod core {}
    /// Not the crate.
    pub mod std {}
    /// Not the crate.
    pub mod ws_runtime {}

    macro_rules! shadow {
        ($($name:ident)*) => {$(
            /// Not the one of the prelude, or of the runtime.
            #[derive(Debug)]
            #[allow(dead_code)]
            pub enum $name {}
        )*};
    }

    shadow! {
        Option Result Some None Ok Err Vec String Box Send Sync Into From Default Clone Future
        Endpoint Route Extraction Upgrade Outcome EndpointInfo Connection IntoOutcome Error Close CloseCode
        ErrorContext OnError Query Probe Param ManyShape MaybeShape OneShape Pattern
    }

    macro_rules! hostile_macros {
        ($($name:ident)*) => {$(
            #[allow(unused_macros)]
            macro_rules! $name { ($d:tt) => { compile_error!("not this macro") }; }
        )*};
    }

    hostile_macros! { unreachable module_path file line close_code vec }

    /// Shares its methods' names with what generated code calls.
    pub trait Methods: Sized {
        /// Not `Probe::shape`.
        fn shape(&self) {}
        /// Not `Extraction::path`.
        fn path(&self) {}
        /// Not `Extraction::query`.
        fn query(&self) {}
        /// Not `Extraction::finish`.
        fn finish(&self) {}
        /// Not `IntoOutcome::into_outcome`.
        fn into_outcome(self) {}
        /// Not `CloseError::close`.
        fn close(&self) {}
        /// Not `Param::default`.
        fn default(self) {}
        /// Not `Param::ge`.
        fn ge(self) {}
    }
    impl<T> Methods for T {}

    type Text = ::std::string::String;
    type Maybe<T> = ::core::option::Option<T>;
    type Many<T> = ::std::vec::Vec<T>;
    type Socket = ::ws_runtime::WebSocket;
    type Ends = ::core::result::Result<(), Fault>;

    /// Everything that goes wrong here.
    #[derive(Debug, CloseError)]
    pub enum Fault {
        /// Without fields.
        #[close(1008)]
        Plain,
        /// With a field that has the name of a generated local.
        #[close(1011)]
        Named {
            /// The name.
            __inner: Text,
        },
        /// Steps aside.
        #[close(transparent)]
        Inner(::ws_runtime::SocketError),
        /// Has a raw name.
        #[close(4000, reason = "raw", status = 418)]
        r#Type,
    }

    impl ::core::fmt::Display for Fault {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.write_str("fault")
        }
    }

    /// Has a handler.
    #[derive(Debug)]
    pub struct Handled;

    impl ::core::fmt::Display for Handled {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.write_str("handled")
        }
    }

    /// Handles it.
    #[on_error(Handled)]
    pub async fn handled(error: Handled, on_error: ::ws_runtime::ErrorContext) -> ::ws_runtime::Close {
        let _ = (error, on_error);
        ::ws_runtime::Close::internal_error()
    }

    #[allow(clippy::unused_async, reason = "a dependency is async even if it has nothing to wait for")]
    async fn depended(handshake: &Handshake) -> ::core::result::Result<Text, Fault> {
        handshake.header("host").map_or(::core::result::Result::Err(Fault::Plain), |host| {
            ::core::result::Result::Ok(::std::borrow::ToOwned::to_owned(host))
        })
    }

    async fn guard(_: &Handshake) -> Ends {
        ::core::result::Result::Ok(())
    }

    /// An endpoint whose parameters have the names of its own function, of keywords and of generated locals.
    ///
    /// # Errors
    ///
    /// Never.
    #[allow(clippy::too_many_arguments)]
    #[websocket("/<item>/<type>/<__arg0>/<rest..>", before_accept = [guard], subprotocols = ["chat"])]
    pub async fn item(
        item: u64,
        r#type: Text,
        __arg0: Maybe<u8>,
        rest: Many<Text>,
        #[query(name = "__cx", default = 10, ge = 1, le = 100, multiple_of = 5)] __cx: u32,
        #[query(min_length = 1, pattern = "^a")] __upgrade: Maybe<Text>,
        #[query(default = "light")] __ws: Text,
        /// Explained in place.
        #[header]
        user_agent: Many<Text>,
        #[allow(unused_variables)]
        #[cookie]
        unused: Maybe<Text>,
        #[depends(depended)] __out: Text,
        state: State<Text>,
        mut ws: Socket,
    ) -> Ends {
        let values = (item, r#type, __arg0, rest, __cx, __upgrade, __ws, user_agent, __out);
        if let ::core::result::Result::Err(error) =
            ws.send_text(::std::format!("{values:?} {}", *state)).await
        {
            return ::core::result::Result::Err(Fault::Inner(error));
        }
        ::core::result::Result::Ok(())
    }

    /// A name that needs `r#`.
    #[websocket("/loop")]
    pub async fn r#loop(_: Socket) {}
}

/// Endpoints out of a macro.
pub mod made {
    use ws_runtime::{Result, WebSocket, websocket};

    macro_rules! endpoints {
        ($($(#[$attr:meta])* $name:ident($path:literal, $key:ident: $ty:ty = $default:expr) $body:block)*) => {$(
            $(#[$attr])*
            #[websocket($path)]
            pub async fn $name(#[query(default = $default)] $key: $ty, ws: WebSocket) -> Result {
                let _ = ($key, ws);
                $body
            }
        )*};
    }

    endpoints! {
        /// The first.
        ///
        /// # Errors
        ///
        /// Never.
        first("/first", n: u32 = 1) { Ok(()) }
        /// The second.
        ///
        /// # Errors
        ///
        /// Never.
        second("/second", text: String = "a") { Ok(()) }
    }
}

/// Endpoints that exist only in some builds, or are on their way out.
pub mod conditional {
    use ws_runtime::{WebSocket, websocket};

    /// In this build.
    #[cfg(test)]
    #[websocket("/configured")]
    pub async fn configured(_: WebSocket) {}

    /// In another build.
    #[websocket("/configured")]
    #[cfg(not(test))]
    pub async fn configured(_: WebSocket, _: WebSocket) {}

    /// In another build, which could do with an import.
    #[websocket("/absent")]
    #[cfg(not(test))]
    pub async fn absent(_: Missing) {}

    /// On its way out.
    #[websocket("/old")]
    #[deprecated]
    pub async fn old(_: WebSocket) {}
}

/// Endpoints inside of functions.
pub fn local() -> ws_runtime::Route {
    use ws_runtime::{WebSocket, websocket};

    #[websocket("/local")]
    async fn endpoint(_: WebSocket) {}

    endpoint::route()
}

/// More texts than a tuple has room for.
pub mod crowded {
    use ws_runtime::{WebSocket, websocket};

    /// Seventeen.
    #[websocket("/crowded")]
    #[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
    pub async fn crowded(
        #[query] a: u8,
        #[query] b: u8,
        #[query] c: u8,
        #[query] d: u8,
        #[query] e: u8,
        #[query] f: u8,
        #[query] g: u8,
        #[query] h: u8,
        #[query] i: u8,
        #[query] j: u8,
        #[query] k: u8,
        #[query] l: u8,
        #[query] m: u8,
        #[query] n: u8,
        #[query] o: u8,
        #[query] p: u8,
        #[query] q: u8,
        ws: WebSocket,
    ) {
        let _ = ([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q], ws);
    }
}

#[test]
fn endpoints_are_registered_whatever_their_names() {
    let routes = routes![
        hostile::item,
        hostile::r#loop,
        made::first,
        made::second,
        conditional::configured,
        crowded::crowded
    ];
    let names: Vec<_> = routes.iter().map(|route| route.endpoint().name().to_owned()).collect();
    assert_eq!(names, ["item", "loop", "first", "second", "configured", "crowded"]);
    App::new().state(String::new()).routes(routes).routes([local()]).build().unwrap();
}

#[test]
fn an_endpoint_knows_where_its_function_is() {
    let route = hostile::item::route();
    let info = route.endpoint();
    assert_eq!(info.module_path(), "hygiene::hostile");
    assert!(info.file().ends_with("hygiene.rs"), "{info}");
    let source = include_str!("hygiene.rs");
    let line = source.lines().position(|line| line.contains("pub async fn item(")).unwrap() + 1;
    assert_eq!(usize::try_from(info.line()).unwrap(), line);
}
