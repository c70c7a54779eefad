//! Which handler decides about an error: the innermost scope's for its type, then that scope's catch-all, and so on outwards.

use serde_json::json;
use ws_runtime::{
    App, Close, CloseError, Error, ErrorContext, Handshake, Panicked, Rejection, Result, Router, SocketError,
    State, ValidationError, WebSocket, close_code, on_error, routes, websocket,
};
use ws_tests::{Logs, Modes, Server, Tell, ear};

#[derive(Debug, thiserror::Error, CloseError)]
#[error("a")]
#[close(4100, reason = "own")]
struct A;

#[derive(Debug, thiserror::Error, CloseError)]
#[error("b")]
#[close(4200, reason = "own")]
struct B;

/// Leaves the decision to the error that it holds.
#[derive(Debug, thiserror::Error, CloseError)]
enum Outer {
    #[error(transparent)]
    #[close(transparent)]
    A(#[from] A),
    #[error("outer")]
    #[close(4300, reason = "own")]
    Own,
}

/// An error type whose own handler counts, to show that an override replaces it.
#[derive(Debug, thiserror::Error)]
#[error("handled")]
struct Handled;

#[on_error(Handled)]
async fn handled(_err: Handled, cx: ErrorContext) -> Close {
    if let Some(tell) = cx.state::<Tell>() {
        tell.say("own handler");
    }
    Close::new(close_code!(4400), "own")
}

#[websocket("/fail/<with>")]
async fn fail(with: String, mut ws: WebSocket) -> Result {
    match with.as_str() {
        "a" => Err(A)?,
        "b" => Err(B)?,
        "outer-a" => Err(Outer::A(A))?,
        "outer" => Err(Outer::Own)?,
        "handled" => Err(Handled)?,
        "close" => Err(Close::new(close_code!(4500), "own"))?,
        "panic" => panic!("the secret is 42"),
        "type" => {
            ws.recv_binary().await?;
        }
        _ => {
            ws.recv().await?;
        }
    }
    Ok(())
}

#[websocket("/returned")]
async fn returned(_ws: WebSocket) -> Close {
    Close::new(close_code!(4600), "returned")
}

async fn needs_a(_: &Handshake) -> Result<(), A> {
    Err(A)
}

#[websocket("/before", before_accept = [needs_a])]
async fn before(_ws: WebSocket) {}

/// Returns a close that names who decided.
fn by(who: &'static str) -> Close {
    Close::new(close_code!(4999), who)
}

/// Returns how an app's endpoint ends.
async fn reason(app: App, target: &str) -> String {
    let server = Server::start(app).await;
    server.at(target).end().await.reason
}

fn router() -> Router {
    Router::new().routes(routes![fail, returned, before])
}

fn base() -> App {
    App::new().nest("/outer", Router::new().nest("/inner", router())).routes(routes![fail])
}

#[tokio::test]
async fn without_a_handler_the_type_decides() {
    for with in ["a", "b", "outer", "outer-a", "handled", "close"] {
        assert_eq!(reason(base(), &format!("/outer/inner/fail/{with}")).await, "own", "{with}");
    }
    assert_eq!(reason(base(), "/outer/inner/returned").await, "returned");
}

#[tokio::test]
async fn a_handler_is_for_exactly_its_type() {
    let app = || base().on_error(async |_: A, _| by("app")).on_error(async |_: Handled, _| by("app"));
    for (with, who) in [
        ("a", "app"),
        ("outer-a", "app"),
        ("handled", "app"),
        ("b", "own"),
        ("outer", "own"),
        ("close", "own"),
    ] {
        assert_eq!(reason(app(), &format!("/outer/inner/fail/{with}")).await, who, "{with}");
        assert_eq!(reason(app(), &format!("/fail/{with}")).await, who, "{with}");
    }
}

#[tokio::test]
async fn an_override_takes_the_place_of_the_own_handler() {
    let (tell, mut ear) = ear();
    let app = base().state(tell.clone()).on_error(async |_: Handled, _| by("app"));
    assert_eq!(reason(app, "/fail/handled").await, "app");
    assert!(ear.rest().is_empty());
    assert_eq!(reason(base().state(tell), "/fail/handled").await, "own");
    assert_eq!(ear.rest(), ["own handler"]);
}

/// Adds handlers at three depths, each for the given types.
fn three(app: [bool; 2], outer: [bool; 2], inner: [bool; 2]) -> App {
    macro_rules! scope {
        ($scope:expr, $exact:expr, $all:expr, $which:expr) => {{
            let [exact, all] = $which;
            let scope = if exact { $scope.on_error(async |_: A, _| by($exact)) } else { $scope };
            if all { scope.on_error(async |_: Error, _| by($all)) } else { scope }
        }};
    }
    let innermost = scope!(router(), "inner exact", "inner all", inner);
    let middle = scope!(Router::new().nest("/inner", innermost), "outer exact", "outer all", outer);
    scope!(App::new().nest("/outer", middle), "app exact", "app all", app)
}

#[tokio::test]
async fn the_innermost_scope_wins_and_within_it_the_exact_type() {
    let (none, exact, all, both) = ([false, false], [true, false], [false, true], [true, true]);
    for (scopes, who) in [
        ([both, both, both], "inner exact"),
        ([both, both, all], "inner all"),
        ([both, both, none], "outer exact"),
        ([both, all, none], "outer all"),
        ([both, none, none], "app exact"),
        ([all, none, none], "app all"),
        ([exact, all, none], "outer all"),
        ([exact, none, all], "inner all"),
        ([none, exact, none], "outer exact"),
        ([none, none, none], "own"),
    ] {
        let [app, outer, inner] = scopes;
        let app = three(app, outer, inner);
        assert_eq!(reason(app, "/outer/inner/fail/a").await, who, "{scopes:?}");
    }
    // Another type only reaches the catch-alls.
    let app = three(both, exact, exact);
    assert_eq!(reason(app, "/outer/inner/fail/b").await, "app all");
}

#[tokio::test]
async fn dispatch_is_the_same_before_accept() {
    let modes = Modes::start(|| three([true, false], [false, true], [false, false])).await;
    modes.at("/outer/inner/before").await.rejected().assert(4999, "outer all", 403);
}

// A catch-all, and a handler of one router.
#[tokio::test]
async fn a_catch_all_may_send_a_message_and_delegate_the_close() {
    let app = || {
        base().on_error(async |err: Error, cx: ErrorContext| {
            let _ = cx.send_json(&json!({ "error": "Server error", "code": 1011 })).await;
            err.into_own_close(cx).await
        })
    };
    let server = Server::start(app()).await;
    for (target, close) in [
        ("/fail/a", (4100, "own")),
        ("/fail/handled", (4400, "own")),
        ("/fail/panic", (1011, "internal server error")),
        ("/fail/close", (4500, "own")),
    ] {
        let end = server.at(target).end().await;
        assert_eq!(end.messages, [r#"{"code":1011,"error":"Server error"}"#], "{target}");
        assert_eq!(end.close(), close, "{target}");
    }
}

#[tokio::test]
async fn a_catch_all_delegates_validation_with_its_details() {
    async fn same(err: Error, cx: ErrorContext) -> Close {
        err.into_own_close(cx).await
    }
    #[websocket("/number")]
    async fn number(#[query] _n: u8, _ws: WebSocket) {}

    let modes = Modes::start(|| App::new().routes(routes![number]).on_error(same)).await;
    assert_eq!(modes.at("/number").await.detail()["type"], "missing");
}

#[tokio::test]
async fn panics_arrive_as_panicked() {
    let (tell, mut ear) = ear();
    let handler = move |err: Panicked, cx: ErrorContext| {
        tell.say(format!("{} {}", cx.endpoint().name(), err.message()));
        async { by("panicked") }
    };
    assert_eq!(reason(base().on_error(handler), "/fail/panic").await, "panicked");
    assert_eq!(ear.rest(), ["fail the secret is 42"]);
}

#[tokio::test]
async fn a_catch_all_sees_panics_and_validation_too() {
    let (tell, mut ear) = ear();
    let handler = move |err: Error, _cx: ErrorContext| {
        tell.say(format!("{} {}", err.is::<Panicked>(), err.is::<ValidationError>()));
        async { by("all") }
    };
    assert_eq!(reason(base().on_error(handler), "/fail/panic").await, "all");
    assert_eq!(ear.rest(), ["true false"]);
}

#[tokio::test]
async fn a_wrong_message_is_dispatched_as_a_socket_error() {
    let app = base().on_error(async |err: SocketError, _| {
        assert!(matches!(err, SocketError::ExpectedBinary));
        by("socket")
    });
    let server = Server::start(app).await;
    let mut client = server.at("/fail/type").open().await;
    client.send("text").await;
    assert_eq!(client.end().await.reason, "socket");
}

#[tokio::test]
async fn the_client_leaving_is_dispatched_to_nobody() {
    let (tell, mut ear) = ear();
    let (exact, all) = (tell.clone(), tell);
    let logs = Logs::capture();
    let app = base()
        .on_error(move |_: SocketError, _| {
            exact.say("exact");
            async { by("exact") }
        })
        .on_error(move |_: Error, _| {
            all.say("all");
            async { by("all") }
        });
    let server = Server::start(app).await;
    let client = server.at("/fail/never").open().await;
    assert_eq!(client.leave(Some((4000, "bye"))).await.code, Some(4000));
    ws_tests::settle().await;
    assert!(ear.rest().is_empty());
    logs.assert_quiet();
}

#[tokio::test]
async fn a_handler_that_panics_is_1011_in_every_scope() {
    let app = three([true, true], [false, false], [false, false]);
    assert_eq!(reason(app, "/outer/inner/fail/a").await, "app exact");
    let app = base().on_error(async |_: A, _| -> Close { panic!("fell over") });
    let server = Server::start(app).await;
    assert_eq!(server.at("/fail/a").end().await.close(), (1011, "internal server error"));
    assert_eq!(server.at("/fail/b").end().await.close(), (4200, "own"));
}

#[tokio::test]
async fn a_handler_may_be_an_async_function_and_return_anything_that_is_a_close() {
    async fn function(_err: A, _cx: ErrorContext) -> ws_runtime::CloseCode {
        close_code!(4777)
    }
    let server = Server::start(base().on_error(function)).await;
    assert_eq!(server.at("/fail/a").end().await.close(), (4777, ""));
}

/// Handlers see the state of the app.
#[tokio::test]
async fn handlers_share_the_state_of_endpoints() {
    #[websocket("/state")]
    async fn with_state(tell: State<Tell>, _ws: WebSocket) -> Result<(), A> {
        tell.say("endpoint");
        Err(A)
    }
    async fn handler(_err: A, cx: ErrorContext) -> Close {
        cx.state::<Tell>().expect("the app has it").say("handler");
        by("handler")
    }
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![with_state]).on_error(handler).state(tell);
    assert_eq!(reason(app.rejection(Rejection::Close), "/state").await, "handler");
    assert_eq!(ear.rest(), ["endpoint", "handler"]);
}
