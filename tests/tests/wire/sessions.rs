//! Authentication where browsers are: bearer tokens, and sessions that end.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::Level;
use ws_runtime::{
    App, BearerToken, Close, CloseCode, Closed, Handshake, Rejection, Result, Router, SocketError, State,
    Upgrade, WebSocket, close_code, routes, websocket,
};
use ws_tests::{Frame, Logs, Memory, Opening, Server, Tell, assert_elapsed, ear, settle};

const SECOND: Duration = Duration::from_secs(1);

/// A token as they are: what would be logged of it is found in the log.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1g";

/// Sends the token that arrived, and the subprotocol.
async fn tell(token: &BearerToken, mut ws: WebSocket) -> Result<(), SocketError> {
    let protocol = ws.subprotocol().map(str::to_owned);
    ws.send_text(format!("{} over {protocol:?}", token.as_str())).await
}

#[websocket("/token")]
async fn token(token: BearerToken, ws: WebSocket) -> Result<(), SocketError> {
    tell(&token, ws).await
}

#[websocket("/chat", subprotocols = ["chat", "eyJ"])]
async fn chat(token: BearerToken, ws: WebSocket) -> Result<(), SocketError> {
    tell(&token, ws).await
}

#[allow(clippy::unused_async, reason = "dependencies are async even if they do not wait")]
async fn by_hand(handshake: &Handshake) -> Result<BearerToken> {
    Ok(BearerToken::of(handshake)?)
}

#[websocket("/depends")]
async fn depends(#[depends(by_hand)] token: BearerToken, ws: WebSocket) -> Result<(), SocketError> {
    tell(&token, ws).await
}

#[websocket("/upgrade")]
async fn upgrade(token: BearerToken, upgrade: Upgrade) -> Result<(), SocketError> {
    tell(&token, upgrade.accept().await?).await
}

async fn nobody(_: &Handshake) -> Result<(), Close> {
    Err(Close::new(CloseCode::POLICY_VIOLATION, "not you"))
}

#[websocket("/refused", before_accept = [nobody])]
async fn refused(_token: BearerToken, _ws: WebSocket) {}

/// Does not know of bearer tokens.
#[websocket("/plain", subprotocols = ["chat"])]
async fn plain(mut ws: WebSocket) -> Result<(), SocketError> {
    let protocol = ws.subprotocol().map(str::to_owned);
    ws.send_text(format!("{protocol:?}")).await
}

fn app() -> App {
    let routes = || routes![token, chat, depends, upgrade, refused, plain];
    App::new().routes(routes()).nest("/http", Router::new().rejection(Rejection::Http).routes(routes()))
}

#[tokio::test]
async fn a_token_comes_in_the_header_or_as_a_subprotocol() {
    let server = Server::start(app()).await;
    let marked = format!("bearer, {TOKEN}");
    for (target, header, offered, selected) in [
        ("/token", Some("Bearer"), None, None),
        ("/token", Some("bearer"), None, None),
        ("/token", None, Some(marked.clone()), Some("bearer")),
        // A client that offers subprotocols fails a 101 without one.
        ("/token", Some("Bearer"), Some("bearer, other".to_owned()), Some("bearer")),
        // Browsers send what they know of the site.
        ("/token", Some("Basic"), Some(marked.clone()), Some("bearer")),
        ("/token", None, Some(format!("chat, Bearer, {TOKEN}")), Some("Bearer")),
        ("/chat", None, Some(format!("bearer, {TOKEN}, chat")), Some("chat")),
        ("/chat", None, Some(format!("chat, {marked}")), Some("chat")),
        ("/chat", None, Some(marked.clone()), Some("bearer")),
        ("/depends", None, Some(marked.clone()), Some("bearer")),
        ("/upgrade", None, Some(marked.clone()), Some("bearer")),
        ("/http/token", None, Some(marked.clone()), Some("bearer")),
    ] {
        let mut opening = Opening::new(target);
        if let Some(scheme) = header {
            opening = opening.header("Authorization", format!("{scheme} {TOKEN}"));
        }
        if let Some(offered) = &offered {
            opening = opening.header("Sec-WebSocket-Protocol", offered);
        }
        let mut raw = server.raw().await;
        let response = raw.open(&opening).await;
        assert_eq!(response.header("sec-websocket-protocol"), selected, "{target} {offered:?}");
        assert!(!response.head.contains(TOKEN), "{}", response.head);
        assert_eq!(raw.text().await, format!("{TOKEN} over {selected:?}"), "{target} {offered:?}");
    }
}

#[tokio::test]
async fn a_token_that_looks_like_a_subprotocol_is_not_selected() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    let opening = Opening::new("/chat").header("Sec-WebSocket-Protocol", "bearer, eyJ");
    assert_eq!(raw.open(&opening).await.header("sec-websocket-protocol"), Some("bearer"));
    assert_eq!(raw.text().await, r#"eyJ over Some("bearer")"#);
}

#[tokio::test]
async fn an_endpoint_that_reads_no_token_selects_none_of_the_pair() {
    let server = Server::start(app()).await;
    for (offered, selected) in [("bearer, chat", None), ("bearer, t, chat", Some("chat"))] {
        let mut raw = server.raw().await;
        let response = raw.open(&Opening::new("/plain").header("Sec-WebSocket-Protocol", offered)).await;
        assert_eq!(response.header("sec-websocket-protocol"), selected, "{offered}");
    }
}

#[tokio::test]
async fn without_a_token_it_is_1008_or_401() {
    let server = Server::start(app()).await;
    for header in [
        None,
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer a b"),
        Some("Bearer a\", b"),
        Some("Basic YTpi"),
        Some("abc"),
    ] {
        let mut opening = [Opening::new("/token"), Opening::new("/http/token")];
        if let Some(header) = header {
            opening = opening.map(|opening| opening.header("Authorization", header));
        }
        let mut raw = server.raw().await;
        raw.open(&opening[0]).await;
        let reason = "bearer token missing or malformed".to_owned();
        assert_eq!(raw.closed().await, (Some(1008), reason), "{header:?}");
        let response = server.request(&opening[1]).await;
        let status = response.status.as_u16();
        assert_eq!((status, response.header("www-authenticate")), (401, Some("Bearer")), "{header:?}");
    }
    // Two headers are two opinions on who it is.
    let opening = Opening::new("/http/token").header("Authorization", "Bearer a");
    assert_eq!(server.request(&opening.header("Authorization", "Bearer b")).await.status, 401);
    let opening = Opening::new("/http/token").header("Sec-WebSocket-Protocol", "bearer");
    assert_eq!(server.request(&opening).await.status, 401);
}

#[tokio::test]
async fn no_answer_and_no_record_has_the_token() {
    let logs = Logs::capture();
    let server = Server::start(app()).await;
    for target in ["/token", "/chat", "/refused", "/plain", "/nowhere", "/http/refused", "/http/plain"] {
        for offered in [
            format!("bearer, {TOKEN}"),
            format!("bearer,{TOKEN},chat"),
            // Clients that send a token in another way.
            format!("access_token, {TOKEN}"),
            format!("first, base64url.bearer.authorization.k8s.io.{TOKEN}"),
        ] {
            let mut raw = server.raw().await;
            raw.write(Opening::new(target).header("Sec-WebSocket-Protocol", &offered).bytes()).await;
            let response = raw.response().await;
            assert!(!response.head.contains(TOKEN), "{}", response.head);
            assert!(!response.body.contains(TOKEN), "{}", response.body);
            raw.finish().await;
            let opening = Opening::new(target).header("Authorization", format!("Bearer {TOKEN}"));
            server.request(&opening.set("Sec-WebSocket-Protocol", &offered).set("Host", "b\"d")).await;
        }
    }
    for _ in 0..10 {
        settle().await;
    }
    let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
    let records: Vec<_> = levels.into_iter().flat_map(|level| logs.at(level)).collect();
    assert!(records.iter().any(|record| record.text.contains("none agreed")), "{records:#?}");
    let told = |record: &&ws_tests::Record| {
        record.target.starts_with("ws_runtime") && record.text.contains(&TOKEN[..12])
    };
    assert!(!records.iter().any(|record| told(&record)), "{records:#?}");
}

#[tokio::test]
async fn debug_leaves_the_token_out() {
    #[websocket("/debug")]
    async fn debug(token: BearerToken, mut ws: WebSocket) -> Result<(), SocketError> {
        let text: String = token.clone().into();
        assert_eq!((&*token, token.as_ref()), (text.as_str(), text.as_str()));
        ws.send_text(format!("{token:?} {:?} {ws:?}", ws.handshake())).await
    }

    let server = Server::start(App::new().routes(routes![debug])).await;
    let mut raw = server.raw().await;
    raw.open(&Opening::new("/debug").header("Sec-WebSocket-Protocol", format!("bearer, {TOKEN}"))).await;
    let text = raw.text().await;
    assert!(text.starts_with("BearerToken(") && !text.contains(TOKEN), "{text}");
}

fn expired() -> Close {
    Close::new(close_code!(3000), "session expired")
}

/// Lasts for so many seconds, and for so many more with each message.
#[websocket("/session/<seconds>")]
async fn session(seconds: u32, tell: State<Tell>, mut ws: WebSocket) -> Result {
    ws.expires_at(Instant::now() + seconds * SECOND, expired());
    loop {
        match ws.recv_text().await {
            Ok(more) => ws.expires_at(Instant::now() + SECOND * more.parse().expect("a number"), expired()),
            Err(SocketError::Closed(closed)) => {
                tell.show(&closed);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Never looks at its connection.
#[websocket("/busy")]
async fn busy(ws: WebSocket) {
    ws.expires_at(std::time::Instant::now() + 5 * SECOND, expired());
    std::future::pending::<()>().await;
}

/// Another task decides when it ends.
#[websocket("/elsewhere")]
async fn elsewhere(ws: WebSocket) -> Result<(), SocketError> {
    let (sender, mut receiver) = ws.split();
    tokio::spawn(async move {
        sleep(3 * SECOND).await;
        sender.expires_at(Instant::now() + 4 * SECOND, expired());
        sleep(2 * SECOND).await;
        sender.expires_at(Instant::now() + 7 * SECOND, expired());
    });
    loop {
        receiver.recv().await?;
    }
}

#[websocket("/short", max_lifetime = 10 * SECOND)]
async fn short(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let text = ws.recv_text().await?;
        if &*text == "renew" {
            ws.expires_at(Instant::now() + 60 * SECOND, expired());
        }
    }
}

fn sessions() -> App {
    App::new().routes(routes![session, busy, elsewhere, short]).state(ear().0).ping_interval(None)
}

fn session_expired() -> (Option<u16>, String) {
    (Some(3000), "session expired".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_when_it_expires() {
    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![session]).state(tell);
    let start = Instant::now();
    let mut memory = Memory::open(app, "/session/25").await;
    // Pings are answered meanwhile, and change nothing.
    let ping = memory.raw.frame().await.expect("a ping");
    memory.raw.send(Frame::new(ws_tests::op::PONG, ping.payload)).await;
    assert_eq!(memory.raw.closed().await, session_expired());
    assert_elapsed(start, 25 * SECOND);
    assert_eq!(ear.next().await, format!("{:?}", Closed::Local(expired())));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_renewed_goes_on_and_may_end_earlier() {
    for (renewals, ends_at) in
        [(vec![(4, "10"), (13, "2")], 15), (vec![(1, "1")], 2), (vec![(4, "3600")], 3604)]
    {
        let start = Instant::now();
        let mut memory = Memory::open(sessions(), "/session/5").await;
        for (at, more) in renewals {
            sleep((start + at * SECOND).saturating_duration_since(Instant::now())).await;
            memory.raw.send(Frame::text(more)).await;
            settle().await;
        }
        // The tests of this project wait for 30 seconds at most.
        sleep((start + (ends_at - 1) * SECOND).saturating_duration_since(Instant::now())).await;
        assert_eq!(memory.raw.closed().await, session_expired());
        assert_elapsed(start, ends_at * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_that_has_passed_closes_at_once() {
    let start = Instant::now();
    let mut memory = Memory::open(sessions(), "/session/0").await;
    assert_eq!(memory.raw.closed().await, session_expired());
    assert_elapsed(start, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_waits_for_something_else_expires_too() {
    let mut memory = Memory::open(sessions(), "/busy").await;
    assert_eq!(memory.raw.closed().await, session_expired());
}

#[tokio::test(start_paused = true)]
async fn another_task_may_move_the_end() {
    let start = Instant::now();
    let mut memory = Memory::open(sessions(), "/elsewhere").await;
    assert_eq!(memory.raw.closed().await, session_expired());
    assert_elapsed(start, 12 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn max_lifetime_ends_every_connection_that_does_not_say_otherwise() {
    let lifetime_over = (Some(1001), "maximum lifetime reached".to_owned());
    let start = Instant::now();
    let mut memory = Memory::open(sessions(), "/short").await;
    memory.raw.send(Frame::text("hi")).await;
    assert_eq!(memory.raw.closed().await, lifetime_over);
    assert_elapsed(start, 10 * SECOND);

    // The innermost setting wins.
    let start = Instant::now();
    let mut memory = Memory::open(sessions().max_lifetime(20 * SECOND), "/short").await;
    assert_eq!(memory.raw.closed().await, lifetime_over);
    assert_elapsed(start, 10 * SECOND);

    let start = Instant::now();
    let mut memory = Memory::open(sessions().max_lifetime(20 * SECOND), "/session/25").await;
    assert_eq!(memory.raw.closed().await, session_expired());
    assert_elapsed(start, 25 * SECOND);

    let start = Instant::now();
    let mut memory = Memory::open(sessions(), "/short").await;
    sleep(9 * SECOND).await;
    memory.raw.send(Frame::text("renew")).await;
    sleep(50 * SECOND).await;
    assert_eq!(memory.raw.closed().await, session_expired());
    assert_elapsed(start, 69 * SECOND);
}

/// The connection lives as long as the endpoint says, even if its transport takes nothing more.
#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_does_not_put_off_the_end() {
    #[websocket("/flood")]
    async fn flood(tell: State<Tell>, mut ws: WebSocket) {
        let sender = ws.sender();
        tokio::spawn(async move {
            sleep(SECOND).await;
            sender.expires_at(Instant::now() + 2 * SECOND, expired());
        });
        let start = Instant::now();
        while ws.send_binary([0; 1000]).await.is_ok() {}
        tell.say(start.elapsed().as_secs());
    }

    let (tell, mut ear) = ear();
    let app = App::new().routes(routes![flood]).state(tell).ping_interval(None);
    let service = app.into_service();
    let _memory = Memory::join(&service, 512).opened("/flood").await;
    assert_eq!(ear.next().await, "3");
}
