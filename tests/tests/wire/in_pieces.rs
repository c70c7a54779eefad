//! The protocol library reads a head that arrives completely, and hyper one that arrives in pieces. Clients see no difference.

use http::{HeaderValue, header::SET_COOKIE};
use ws_runtime::{
    App, Close, CloseCode, Error, Handshake, Rejection, Result, Service, Upgrade, WebSocket, routes,
    websocket,
};
use ws_tests::{Frame, Memory, Opening, Response, settle};

#[websocket("/items/<id>/ws")]
async fn item(id: u64, #[query] q: Option<i64>, #[cookie] session: String, mut ws: WebSocket) -> Result {
    ws.send_text(format!("{id} {q:?} {session} {:?}", ws.handshake().header("x-bytes"))).await?;
    let text = ws.recv().await?.into_text()?;
    ws.send_text(text).await?;
    Ok(())
}

#[websocket("/chosen", subprotocols = ["a", "b"])]
async fn chosen(upgrade: Upgrade) -> Result {
    let mut ws = upgrade.header(SET_COOKIE, HeaderValue::from_static("a=b")).accept().await?;
    ws.send_text(ws.subprotocol().unwrap_or("none").to_owned()).await?;
    Ok(())
}

async fn never(_: &Handshake) -> Result<(), Error> {
    Err(Close::new(CloseCode::POLICY_VIOLATION, "never"))?
}

#[websocket("/never", before_accept = [never])]
async fn refused(ws: WebSocket) -> Result {
    drop(ws);
    Ok(())
}

fn service(rejection: Rejection) -> Service {
    App::new()
        .routes(routes![item, chosen, refused])
        .rejection(rejection)
        .max_head_size(10_000)
        .into_service()
}

fn openings() -> Vec<Opening> {
    let item = || Opening::new("/items/5/ws?q=7").header("Cookie", "session=abc");
    vec![
        item(),
        item().header("X-Bytes", b"caf\xe9"),
        item().header("X-Bytes", " \t padded\t "),
        item().set("Connection", "keep-alive, Upgrade").set("Upgrade", "h2c, WebSocket"),
        item().set("Host", ""),
        item().without("Host"),
        item().header("Host", "other"),
        item().header("Origin", "http://elsewhere.example"),
        item().header("Origin", "http://server.example.com"),
        item().without("Upgrade"),
        item().set("Connection", "close"),
        item().set("Sec-WebSocket-Version", "8"),
        item().set("Sec-WebSocket-Key", "short"),
        item().header("Content-Length", "0"),
        item().header("Content-Length", "4").then("body"),
        item().header("Transfer-Encoding", "chunked").then("0\r\n\r\n"),
        item().method("POST"),
        item().version("HTTP/1.0"),
        item().version("HTTP/2.0"),
        item().header("X-Large", "x".repeat(40_000)),
        (0..200).fold(item(), |opening, number| opening.header(&format!("X-{number}"), "")),
        (0..90).fold(item(), |opening, number| opening.header(&format!("X-{number}"), "")),
        Opening::new("/items/x/ws?q=y"),
        Opening::new("/items/5/ws?q=%zz%ff").header("Cookie", "session=a; session=b"),
        Opening::new("http://server.example.com/items/5/ws").header("Cookie", "session=abc"),
        Opening::new("/nowhere"),
        Opening::new("/never"),
        Opening::new("/chosen"),
        Opening::new("/chosen").header("Sec-WebSocket-Protocol", "c, b"),
        Opening::new("no-path"),
        Opening::new("*"),
    ]
}

/// Returns the answer, and what follows it on a connection that was accepted.
async fn ask(service: &Service, opening: &Opening, first: usize) -> (Response, Vec<String>) {
    let mut raw = Memory::join(service, 64 * 1024).raw;
    let bytes = opening.bytes();
    let (first, rest) = bytes.split_at(first.min(bytes.len()));
    raw.write(first).await;
    settle().await;
    raw.write(rest).await;
    let mut response = raw.response().await;
    response.headers.remove("date");
    let mut seen = Vec::new();
    if response.status == 101 {
        raw.send(Frame::text("hi")).await;
        while let Some(frame) = raw.frame().await {
            seen.push(format!("{} {:?}", frame.opcode, frame.payload));
            if frame.opcode == ws_tests::op::CLOSE {
                raw.send(Frame { masked: true, ..frame }).await;
            }
        }
    }
    (response, seen)
}

#[tokio::test(start_paused = true)]
async fn a_head_in_pieces_is_answered_as_a_whole_one() {
    for rejection in [Rejection::Close, Rejection::Http] {
        let service = service(rejection);
        for opening in openings() {
            let (whole, then) = ask(&service, &opening, usize::MAX).await;
            for first in [1, 20, opening.bytes().len() - 1] {
                let (pieces, then_too) = ask(&service, &opening, first).await;
                assert_eq!(pieces.status, whole.status, "{opening:?}");
                assert_eq!(pieces.body, whole.body, "{opening:?}");
                assert_eq!(pieces.headers, whole.headers, "{opening:?}");
                assert_eq!(then_too, then, "{opening:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_comes_behind_a_handshake_in_one_segment_is_received() {
    let opening =
        Opening::new("/items/5/ws").header("Cookie", "session=abc").then(Frame::text("at once").bytes());
    let mut raw = Memory::join(&service(Rejection::Close), 64 * 1024).raw;
    raw.open(&opening).await;
    assert_eq!(raw.text().await, "5 None abc None");
    assert_eq!(raw.text().await, "at once");
}

#[tokio::test]
async fn a_refusal_says_when_and_that_it_is_the_last() {
    let mut raw = Memory::join(&service(Rejection::Http), 64 * 1024).raw;
    let response = raw.request(&Opening::new("/never")).await;
    assert_eq!(response.status, 403);
    assert!(response.header("date").is_some_and(|date| date.ends_with(" GMT")), "{response:?}");
    assert_eq!(response.header("connection"), Some("close"));
    raw.eof().await;
}
