//! Which subprotocol is selected, on accepted and on rejected connections.

use tracing::Level;
use ws_runtime::{
    App, Close, CloseCode, ErrorContext, Handshake, Rejection, Result, Router, SocketError,
    SubprotocolNotOffered, Upgrade, WebSocket, routes, websocket,
};
use ws_tests::{Client, Connect, Logs, Modes, Opening, Server};

/// Sends the selected subprotocol and the offered ones.
async fn tell(mut ws: WebSocket) -> Result<(), SocketError> {
    let agreed = ws.subprotocol().map(str::to_owned);
    let offered: Vec<String> = ws.handshake().subprotocols().map(str::to_owned).collect();
    ws.send_text(format!("{agreed:?} of {offered:?}")).await
}

#[websocket("/none")]
async fn none(ws: WebSocket) -> Result<(), SocketError> {
    tell(ws).await
}

#[websocket("/chat", subprotocols = ["chat.v2", "chat"])]
async fn chat(ws: WebSocket) -> Result<(), SocketError> {
    tell(ws).await
}

#[websocket("/chosen", subprotocols = ["chat"])]
async fn chosen(upgrade: Upgrade) -> Result<(), SocketError> {
    tell(upgrade.subprotocol("special").accept().await?).await
}

async fn nobody(_: &Handshake) -> Result<(), Close> {
    Err(Close::new(CloseCode::POLICY_VIOLATION, "not you"))
}

#[websocket("/rejected", before_accept = [nobody])]
async fn rejected(_ws: WebSocket) {}

#[websocket("/rejected/chat", before_accept = [nobody], subprotocols = ["chat"])]
async fn rejected_chat(_ws: WebSocket) {}

fn app() -> App {
    App::new().routes(routes![none, chat, chosen, rejected, rejected_chat])
}

#[tokio::test]
async fn one_that_both_speak_is_agreed_on() {
    let server = Server::start(app()).await;
    let mut client = server.at("/chat").subprotocols("other, chat").open().await;
    assert_eq!(client.subprotocol(), Some("chat"));
    assert_eq!(client.text().await, r#"Some("chat") of ["other", "chat"]"#);

    // The client of these tests only reads back the first of its header lines.
    let opening = Opening::new("/chat").header("sec-websocket-protocol", "a");
    let mut raw = server.raw().await;
    let response = raw.open(&opening.header("sec-websocket-protocol", "chat.v2,b")).await;
    assert_eq!(response.header("sec-websocket-protocol"), Some("chat.v2"));
    assert_eq!(raw.text().await, r#"Some("chat.v2") of ["a", "chat.v2", "b"]"#);
}

#[tokio::test]
async fn nothing_is_agreed_on_when_nothing_was_offered() {
    let server = Server::start(app()).await;
    for target in ["/none", "/chat"] {
        let mut client = server.at(target).open().await;
        assert_eq!(client.subprotocol(), None);
        assert_eq!(client.text().await, "None of []");
    }
}

#[tokio::test]
async fn one_that_nobody_speaks_here_is_not_agreed_on() {
    let server = Server::start(app()).await;
    for (target, offer) in [("/none", "chat"), ("/chat", "other"), ("/chat", "CHAT"), ("/chat", "cha, chatt")]
    {
        let mut raw = server.raw().await;
        let response = raw.open(&Opening::new(target).header("sec-websocket-protocol", offer)).await;
        assert_eq!(response.header("sec-websocket-protocol"), None, "{target} {offer}");
        assert!(raw.text().await.starts_with("None of "));
    }
}

#[tokio::test]
async fn the_endpoint_may_choose_itself() {
    let server = Server::start(app()).await;
    let mut client = server.at("/chosen").subprotocols("chat, special").open().await;
    assert_eq!(client.subprotocol(), Some("special"));
    assert_eq!(client.text().await, r#"Some("special") of ["chat", "special"]"#);
}

#[tokio::test]
async fn the_nearest_list_counts() {
    let inner = Router::new().routes(routes![none, chat]).subprotocols(["router"]);
    let app = App::new().subprotocols(["app"]).routes(routes![none]).nest("/in", inner);
    let server = Server::start(app).await;
    for (target, agreed) in [("/none", "app"), ("/in/none", "router"), ("/in/chat", "chat")] {
        let client: Client = server.at(target).subprotocols("app, router, chat").open().await;
        assert_eq!(client.subprotocol(), Some(agreed), "{target}");
    }
}

// A client must fail a 101 that selects none of the subprotocols it offered, and would never see the close code.
#[tokio::test]
async fn a_rejected_client_that_offered_some_still_sees_the_close_code() {
    let server = Server::start(app()).await;
    for (target, offer, selected) in
        [("/rejected", "a, b", "a"), ("/rejected/chat", "a, b", "a"), ("/rejected/chat", "a, chat", "chat")]
    {
        let client = server.at(target).subprotocols(offer).open().await;
        assert_eq!(client.subprotocol(), Some(selected), "{target} {offer}");
        assert_eq!(client.end().await.close(), (1008, "not you"), "{target} {offer}");
    }
    let client = server.at("/rejected").open().await;
    assert_eq!(client.subprotocol(), None);
    assert_eq!(client.end().await.close(), (1008, "not you"));
}

#[tokio::test]
async fn a_client_rejected_over_http_is_told_no_subprotocol() {
    let server = Server::start(app().rejection(Rejection::Http)).await;
    let refused = server.at("/rejected/chat").subprotocols("chat").refused().await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.headers.get("sec-websocket-protocol"), None);
}

// RFC 6455, section 4.1, item 10: the offered elements are tokens. An element that is not one does not affect the others.
#[tokio::test]
async fn what_is_no_token_is_neither_offered_nor_selected() {
    let server = Server::start(app()).await;
    let cases: [(&str, &[u8], Option<&str>); 6] = [
        ("/rejected", b"a b, c", Some("c")),
        ("/rejected", b"\"a\", x/y, c@d, e", Some("e")),
        ("/rejected", b"a b", None),
        ("/rejected", b"caf\xe9, c", Some("c")),
        ("/chat", b"caf\xe9, chat", Some("chat")),
        ("/chat", "\u{a0}chat, chat\u{2000}".as_bytes(), None),
    ];
    for (target, offer, selected) in cases {
        let offer_text = String::from_utf8_lossy(offer);
        let mut raw = server.raw().await;
        let response = raw.open(&Opening::new(target).header("sec-websocket-protocol", offer)).await;
        assert_eq!(response.header("sec-websocket-protocol"), selected, "{target} {offer_text}");
    }
}

/// Accepts with the subprotocol that the query names.
#[websocket("/named")]
async fn named(#[query] p: String, upgrade: Upgrade) -> Result {
    tell(upgrade.subprotocol(p).accept().await?).await?;
    Ok(())
}

/// Handles the error, and then has no connection.
#[websocket("/forgets")]
async fn forgets(upgrade: Upgrade) {
    let error = upgrade.subprotocol("x").accept().await.expect_err("nobody offered it");
    assert!(matches!(error, SocketError::Subprotocol(error) if error.subprotocol() == "x"));
}

// RFC 6455, section 4.2.2, item 4: the server may only choose what the client offered.
#[tokio::test]
async fn to_choose_what_was_not_offered_is_an_error_of_the_endpoint() {
    let modes = Modes::start(|| App::new().routes(routes![named, forgets])).await;
    for (target, offer) in [
        ("/named?p=x", None),
        ("/named?p=x", Some("y, z")),
        ("/named?p=X", Some("x")),
        ("/named?p=", Some("x")),
        ("/named?p=x%0d%0aSet-Cookie:%20a=b", Some("x")),
        ("/named?p=x,%20y", Some("x, y")),
        ("/forgets", Some("y")),
    ] {
        let logs = Logs::capture();
        let prepare = |connect: Connect| match offer {
            Some(offer) => connect.subprotocols(offer),
            None => connect,
        };
        modes.ask(target, prepare).await.rejected().assert(1011, "internal server error", 500);
        let errors = logs.at(Level::ERROR);
        assert_eq!(errors.len(), 2, "one for each mode: {errors:#?}");
        if target.starts_with("/named") {
            let told = errors.iter().all(|record| record.text.contains("did not offer the subprotocol"));
            assert!(told && errors.iter().all(|record| !record.text.contains('\n')), "{errors:#?}");
        }
    }
}

#[tokio::test]
async fn a_handler_may_see_that_a_subprotocol_was_not_offered() {
    let app =
        App::new().routes(routes![named]).on_error(async |error: SubprotocolNotOffered, _: ErrorContext| {
            Close::new(CloseCode::POLICY_VIOLATION, format!("offer {}", error.subprotocol()))
        });
    let end = Server::start(app).await.at("/named?p=x").end().await;
    assert_eq!(end.close(), (1008, "offer x"));
}
