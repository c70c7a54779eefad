//! Routers: merged and nested, prefixes with parameters, endpoints at their root, and handlers of one endpoint.

#![allow(clippy::unused_async, reason = "guards and handlers are async whether they wait or not")]

use std::time::Duration;

use ws_runtime::{
    App, Close, CloseCode, CloseError, Error, ErrorContext, Handshake, Result, Router, WebSocket, close_code,
    on_error, routes, websocket,
};
use ws_tests::{Modes, Opening, Server};

#[websocket("/who")]
async fn who(#[path] tenant: String, mut ws: WebSocket) -> Result {
    let seen = ws.handshake().path("tenant");
    Ok(ws.send_text(format!("{tenant} {seen:?} {}", ws.handshake().endpoint().path())).await?)
}

#[websocket("/rooms/<id>")]
async fn room(#[path(ge = 1)] id: u8, #[path(max_length = 5)] tenant: String, mut ws: WebSocket) -> Result {
    Ok(ws.send_text(format!("{tenant} {id}")).await?)
}

async fn not_evil(handshake: &Handshake) -> Result<(), Close> {
    match handshake.path("tenant").as_deref() {
        Some("evil") => Err(Close::new(close_code!(4403), "go away")),
        _ => Ok(()),
    }
}

fn tenants() -> App {
    let tenants = Router::new().before_accept(not_evil).routes(routes![who, room]);
    App::new().nest("/api", Router::new().nest("/tenants/<tenant>", tenants))
}

#[tokio::test]
async fn a_parameter_of_a_prefix_is_read_below() {
    let modes = Modes::start(tenants).await;
    let said = modes.at("/api/tenants/a%20b/who").await.value();
    assert_eq!(said, r#"a b Some("a b") /api/tenants/<tenant>/who"#);
    assert_eq!(modes.at("/api/tenants/acme/rooms/3").await.value(), "acme 3");
    let rejected = modes.at("/api/tenants/evil/rooms/3").await.rejected();
    assert_eq!(rejected.close.close(), (4403, "go away"));
    let found = modes.at("/api/tenants/enormous/rooms/0").await.details();
    let kinds: Vec<_> = found.iter().map(|detail| detail["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["greater_than_equal", "string_too_long"], "{found:?}");
    assert_eq!(found[0]["loc"], serde_json::json!(["path", "id"]));
}

#[test]
fn a_prefix_without_the_parameter_is_a_mistake() {
    let mistakes = |app: App| app.build().map(drop).expect_err("it has mistakes").to_string();
    let found = mistakes(App::new().nest("/tenants", Router::new().routes(routes![who])));
    assert!(
        found.contains("`who` (/tenants/who)") && found.contains("reads `<tenant>` from the path"),
        "{found}"
    );
    assert!(found.starts_with("the app has 1 mistake:"), "{found}");
    let twice = Router::new().nest("/<id>", Router::new().routes(routes![room]));
    let found = mistakes(App::new().nest("/<tenant>", twice));
    assert!(found.contains("`<id>` appears twice"), "{found}");
}

#[websocket("/")]
async fn root(mut ws: WebSocket) -> Result {
    let path = ws.handshake().endpoint().path().to_owned();
    Ok(ws.send_text(path).await?)
}

#[tokio::test]
async fn an_endpoint_at_the_root_answers_the_prefix() {
    let router = || Router::new().routes(routes![root]);
    let app = App::new()
        .nest("/graphql", router())
        .nest("/a", Router::new().nest("/<b>", router()))
        .routes(routes![root]);
    let server = Server::start(app).await;
    for (target, path) in
        [("/graphql", "/graphql"), ("/graphql?q", "/graphql"), ("/a/1", "/a/<b>"), ("/", "/")]
    {
        assert_eq!(server.at(target).end().await.messages, [path], "{target}");
    }
    for target in ["/graphql/", "/a", "/a/", "/a/1/"] {
        assert_eq!(server.request(&Opening::new(target)).await.status, 404, "{target}");
    }
}

#[derive(Debug, thiserror::Error, CloseError)]
#[error("full")]
#[close(1013)]
struct Full;

#[derive(Debug, thiserror::Error, CloseError)]
#[error("broken")]
#[close(1011)]
struct Broken;

#[websocket("/quiet", idle_timeout = Duration::from_mins(1))]
async fn quiet(#[query] broken: bool, _ws: WebSocket) -> Result {
    if broken { Err(Broken)? } else { Err(Full)? }
}

#[websocket("/own", on_error = full)]
async fn own(#[query] broken: bool, _ws: WebSocket) -> Result {
    if broken { Err(Broken)? } else { Err(Full)? }
}

#[websocket("/both", on_error = [full, any])]
async fn both(#[query] broken: bool, _ws: WebSocket) -> Result {
    if broken { Err(Broken)? } else { Err(Full)? }
}

async fn full(_: Full, cx: ErrorContext) -> Close {
    Close::new(close_code!(4001), cx.endpoint().name().to_owned())
}

async fn any(error: Error, _: ErrorContext) -> Close {
    Close::new(close_code!(4002), error.to_string())
}

async fn of_router(_: Full, _: ErrorContext) -> Close {
    Close::new(close_code!(4003), "router")
}

async fn of_app(_: Error, _: ErrorContext) -> Close {
    Close::new(close_code!(4004), "app")
}

async fn members(handshake: &Handshake) -> Result<(), Close> {
    handshake
        .cookie("member")
        .map(drop)
        .ok_or_else(|| Close::new(CloseCode::POLICY_VIOLATION, "members only"))
}

#[tokio::test]
async fn handlers_of_an_endpoint_come_before_all_others() {
    let router = Router::new().on_error(of_router).routes(routes![quiet, own, both]);
    let server = Server::start(App::new().on_error(of_app).merge(router)).await;
    for (target, code, reason) in [
        ("/quiet?broken=0", 4003, "router"),
        ("/quiet?broken=1", 4004, "app"),
        ("/own?broken=0", 4001, "own"),
        ("/own?broken=1", 4004, "app"),
        ("/both?broken=0", 4001, "both"),
        ("/both?broken=1", 4002, "broken"),
    ] {
        assert_eq!(server.at(target).end().await.close(), (code, reason), "{target}");
    }
}

#[websocket("/handled", on_error = handled_here)]
async fn handled(_ws: WebSocket) -> Result<(), Unnamed> {
    Err(Unnamed)
}

#[derive(Debug, thiserror::Error)]
#[error("unnamed")]
struct Unnamed;

/// A function that handles the type everywhere may be named for one endpoint, too.
#[on_error(Unnamed)]
async fn handled_here(_: Unnamed, cx: ErrorContext) -> Close {
    Close::new(close_code!(4005), format!("{:?}", cx.phase()))
}

#[test]
fn two_handlers_of_an_endpoint_for_one_type_are_a_mistake() {
    #[websocket("/twice", on_error = [full, of_router])]
    async fn twice(_ws: WebSocket) {}

    let found =
        App::new().routes(routes![twice, handled]).build().map(drop).expect_err("two handlers").to_string();
    assert!(
        found.contains("a second handler for") && found.contains("Full") && found.contains("routers.rs"),
        "{found}"
    );
    assert!(found.starts_with("the app has 1 mistake:"), "{found}");
}

#[tokio::test]
async fn a_merged_router_scopes_its_guards_options_and_handlers() {
    let inner = Router::new()
        .before_accept(members)
        .subprotocols(["inner"])
        .on_error(of_router)
        .routes(routes![quiet]);
    let app = App::new()
        .merge(inner)
        .nest("/deep", Router::new().merge(Router::new().routes(routes![own])))
        .routes(routes![root]);
    let server = Server::start(app).await;
    assert_eq!(server.at("/quiet?broken=0").end().await.close(), (1008, "members only"));
    let member = server.at("/quiet?broken=0").cookie("member=1").subprotocols("inner").open().await;
    assert_eq!(member.subprotocol(), Some("inner"));
    assert_eq!(member.end().await.close(), (4003, "router"));
    assert_eq!(server.at("/").end().await.messages, ["/"], "no guard here");
    assert_eq!(server.at("/deep/own?broken=0").end().await.close(), (4001, "own"));

    let twice = App::new().routes(routes![root]).merge(Router::new().routes(routes![root]));
    let found = twice.build().map(drop).expect_err("an overlap").to_string();
    assert!(found.contains("overlaps"), "{found}");
}
