//! Guards: their order, how they add up, and the time that everything before accept may take.

#![allow(clippy::unused_async, reason = "dependencies are async whether they wait or not")]

use std::{future::pending, time::Duration};

use ws_runtime::{
    AcceptTimeout, App, Close, CloseCode, CloseError, ErrorContext, Handshake, Phase, Rejection, Router,
    SocketError, State, Upgrade, WebSocket, routes, websocket,
};
use ws_tests::{Memory, Modes, Opening, Server, Tell, ear};

/// Reports that a guard ran, and fails if the query names it.
fn pass(handshake: &Handshake, name: &str) -> Result<(), Close> {
    handshake.state::<Tell>().expect("the app has an ear").say(name);
    if handshake.query("stop").as_deref() == Some(name) {
        return Err(Close::new(CloseCode::POLICY_VIOLATION, format!("stopped at {name}")));
    }
    Ok(())
}

/// Guards that differ only in their names.
macro_rules! guards {
    ($($name:ident)*) => {$(
        async fn $name(handshake: &Handshake) -> Result<(), Close> {
            pass(handshake, stringify!($name))
        }
    )*};
}

guards! { app_first app_second outer inner own_first own_second }

async fn depend(handshake: &Handshake) -> Result<u8, Close> {
    pass(handshake, "depend").map(|()| 7)
}

#[websocket("/guarded/<id>", before_accept = [own_first, own_second])]
async fn guarded(
    id: u8,
    #[depends(depend)] seven: u8,
    tell: State<Tell>,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    tell.say(format!("run {id} {seven}"));
    ws.send_text("done").await
}

#[websocket("/bare")]
async fn bare(_ws: WebSocket) {}

fn app(tell: &Tell) -> App {
    let deepest = Router::new().before_accept(inner).routes(routes![guarded]);
    App::new()
        .state(tell.clone())
        .before_accept(app_first)
        .before_accept(app_second)
        .nest("/a", Router::new().before_accept(outer).nest("/b", deepest))
        .routes(routes![bare])
}

const ORDER: [&str; 7] = ["app_first", "app_second", "outer", "inner", "own_first", "own_second", "depend"];

#[tokio::test]
async fn guards_run_from_the_app_inwards_then_parameters_then_dependencies() {
    let (tell, mut ear) = ear();
    let server = Server::start(app(&tell)).await;
    let end = server.at("/a/b/guarded/5").end().await;
    assert_eq!(end.messages, ["done"]);
    let expected: Vec<&str> = ORDER.into_iter().chain(["run 5 7"]).collect();
    assert_eq!(ear.rest(), expected);
}

#[tokio::test]
async fn a_scope_guards_only_what_is_in_it() {
    let (tell, mut ear) = ear();
    let server = Server::start(app(&tell)).await;
    server.at("/bare").end().await;
    assert_eq!(ear.rest(), ["app_first", "app_second"]);
}

#[tokio::test]
async fn the_first_that_fails_stops_the_rest() {
    for (index, name) in ORDER.into_iter().enumerate() {
        let (tell, mut ear) = ear();
        let modes = Modes::start(|| app(&tell)).await;
        let rejected = modes.at(&format!("/a/b/guarded/5?stop={name}")).await.rejected();
        rejected.assert(1008, &format!("stopped at {name}"), 403);
        let once = &ORDER[..=index];
        assert_eq!(ear.rest(), [once, once].concat(), "in both modes");
    }
}

#[tokio::test]
async fn a_guard_comes_before_the_parameters() {
    let (tell, mut ear) = ear();
    let modes = Modes::start(|| app(&tell)).await;
    let rejected = modes.at("/a/b/guarded/x?stop=own_second").await.rejected();
    rejected.assert(1008, "stopped at own_second", 403);
    ear.rest();

    let found = modes.at("/a/b/guarded/x?stop=depend").await.detail();
    assert_eq!(found["loc"][1], "id", "parameters come before dependencies");
    assert!(!ear.rest().contains(&"depend".to_owned()));
}

#[tokio::test]
async fn the_http_level_comes_before_guards() {
    let (tell, mut ear) = ear();
    let server = Server::start(app(&tell)).await;
    let opening = Opening::new("/bare").header("origin", "http://evil.example");
    assert_eq!(server.request(&opening).await.status, 403);
    assert_eq!(server.request(&Opening::new("/bare").method("POST")).await.status, 405);
    assert!(ear.rest().is_empty());
}

async fn stuck(_: &Handshake) -> Result<(), Close> {
    pending().await
}

#[websocket("/stuck/guard", before_accept = [stuck])]
async fn stuck_guard(_ws: WebSocket) {}

#[websocket("/stuck/depends")]
async fn stuck_depends(#[depends(stuck)] _nothing: (), _ws: WebSocket) {}

#[websocket("/stuck/upgrade", accept_timeout = Duration::from_millis(50))]
async fn stuck_upgrade(_upgrade: Upgrade) {
    pending::<()>().await;
}

fn stuck_app() -> App {
    App::new().routes(routes![stuck_guard, stuck_depends, stuck_upgrade])
}

#[tokio::test(start_paused = true)]
async fn everything_before_accept_is_bounded() {
    for (target, limit) in [
        ("/stuck/guard", Duration::from_secs(10)),
        ("/stuck/depends", Duration::from_secs(10)),
        ("/stuck/upgrade", Duration::from_millis(50)),
    ] {
        for mode in [Rejection::Close, Rejection::Http] {
            let mut memory = Memory::connect(stuck_app().rejection(mode));
            let start = tokio::time::Instant::now();
            let response = memory.raw.request(&Opening::new(target)).await;
            let taken = start.elapsed();
            assert!(taken >= limit && taken < limit * 2, "{target}: {taken:?}");
            if mode == Rejection::Close {
                assert_eq!(response.status, 101);
                assert_eq!(memory.raw.closed().await.0, Some(1013), "{target}");
            } else {
                assert_eq!(response.status, 503);
                assert!(response.body.starts_with(r#"{"code":1013,"#), "{}", response.body);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_nearest_limit_counts() {
    let app = stuck_app()
        .accept_timeout(Duration::from_secs(3))
        .nest("/in", Router::new().accept_timeout(Duration::from_secs(1)).routes(routes![stuck_guard]))
        .rejection(Rejection::Http)
        .into_service();
    for (target, limit) in [("/stuck/guard", 3_000), ("/in/stuck/guard", 1_000), ("/stuck/upgrade", 50)] {
        let (client, server) = tokio::io::duplex(1024);
        let service = app.clone();
        tokio::spawn(async move { service.serve_connection(server, None).await });
        let start = tokio::time::Instant::now();
        let response = ws_tests::Raw::over(client).request(&Opening::new(target)).await;
        assert_eq!(response.status, 503);
        let taken = start.elapsed().as_millis();
        assert!(taken >= limit && taken < limit * 3 / 2, "{target}: {taken} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_reaches_handlers() {
    let (tell, mut ear) = ear();
    let handler = move |err: AcceptTimeout, cx: ErrorContext| {
        assert_eq!(cx.phase(), Phase::BeforeAccept);
        tell.say(format!("{}: {err}", cx.endpoint().name()));
        async { Close::new(CloseCode::POLICY_VIOLATION, "too slow") }
    };
    let mut memory = Memory::open(stuck_app().on_error(handler), "/stuck/guard").await;
    assert_eq!(memory.raw.closed().await, (Some(1008), "too slow".to_owned()));
    assert!(ear.next().await.starts_with("stuck_guard: "));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_stuck_is_bounded_too() {
    for mode in [Rejection::Close, Rejection::Http] {
        let stuck = async |_: ws_runtime::Error, _: ErrorContext| -> Close { pending().await };
        let app = App::new().routes(routes![bare]).before_accept(refuse).on_error(stuck).rejection(mode);
        let mut memory = Memory::connect(app);
        let start = tokio::time::Instant::now();
        let response = memory.raw.request(&Opening::new("/bare")).await;
        assert!(start.elapsed() < Duration::from_secs(21), "{:?}", start.elapsed());
        match mode {
            Rejection::Close => assert_eq!(memory.raw.closed().await.0, Some(1013)),
            _ => assert_eq!(response.status, 503),
        }
    }
}

async fn refuse(_: &Handshake) -> Result<(), Close> {
    Err(Close::internal_error())
}

/// A guard may be anything that can be called with a handshake, and may have an error type of its own.
#[tokio::test]
async fn guards_may_fail_with_any_error_that_has_a_close() {
    #[derive(Debug, thiserror::Error, CloseError)]
    #[error("closed on {0}")]
    #[close(4003)]
    struct Holiday(&'static str);

    async fn holiday(_: &Handshake) -> Result<(), Holiday> {
        Err(Holiday("sundays"))
    }

    let modes = Modes::start(|| App::new().routes(routes![bare]).before_accept(holiday)).await;
    modes.at("/bare").await.rejected().assert(4003, "closed on sundays", 403);
}
