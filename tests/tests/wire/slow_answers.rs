//! Peers that do not take an HTTP response, and peers that do not finish their request.

#![allow(clippy::unused_async, reason = "dependencies are async whether they wait or not")]

use std::time::Duration;

use axum::{Router, routing::get};
use tokio::time::{Instant, advance, sleep};
use ws_runtime::{App, Close, CloseCode, Handshake, Rejection, WebSocket, routes, websocket};
use ws_tests::{Frame, Memory, Opening, assert_elapsed, settle};

const SECOND: Duration = Duration::from_secs(1);

async fn nobody(_: &Handshake) -> Result<(), Close> {
    // The response is longer than the request.
    Err(Close::new(CloseCode::POLICY_VIOLATION, "not you ".repeat(15)))
}

#[websocket("/refused", before_accept = [nobody])]
async fn refused(_ws: WebSocket) {}

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) {
    while let Ok(message) = ws.recv().await {
        if ws.send(message).await.is_err() {
            return;
        }
    }
}

fn app() -> App {
    App::new().routes(routes![refused, echo]).rejection(Rejection::Http).ping_interval(None)
}

/// How many bytes a pipe holds, so that no response fits.
const NARROW: usize = 16;

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_of_a_refusal_is_dropped() {
    let service = app().into_service();
    for opening in [
        Opening::new("/refused"),
        Opening::new("/echo").header("origin", "http://b.example"),
        Opening::new("/nowhere"),
        Opening::new("/echo").without("upgrade"),
    ] {
        let mut memory = Memory::join(&service, NARROW);
        memory.raw.write(opening.bytes()).await;
        sleep(61 * SECOND).await;
        let rest = memory.raw.rest().await;
        assert!(rest.len() <= NARROW, "{:?}", String::from_utf8_lossy(&rest));
    }
}

#[websocket("/impatient", before_accept = [nobody], send_timeout = 2 * SECOND)]
async fn impatient(_ws: WebSocket) {}

#[tokio::test(start_paused = true)]
async fn how_long_a_peer_may_take_nothing_can_be_set() {
    let service = app().routes(routes![impatient]).send_timeout(5 * SECOND).into_service();
    for (target, seconds) in [("/refused", 5), ("/impatient", 2), ("/nowhere", 5)] {
        let bytes = Opening::new(target).set("connection", "Upgrade, close").bytes();
        // A head that arrives completely is answered by other code than one that arrives in pieces.
        for capacity in [bytes.len(), NARROW] {
            if target == "/nowhere" && capacity > NARROW {
                continue;
            }
            for dropped in [false, true] {
                let mut memory = Memory::join(&service, capacity);
                memory.raw.write(&bytes).await;
                settle().await;
                sleep(if dropped { (seconds + 1) * SECOND } else { (seconds - 1) * SECOND }).await;
                let rest = memory.raw.rest().await;
                let text = String::from_utf8_lossy(&rest);
                assert_eq!(rest.len() <= capacity, dropped, "{target} by {capacity}: {text:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_counts_until_it_is_written() {
    let service = app().max_connections(1).send_timeout(5 * SECOND).into_service();
    let bytes = Opening::new("/refused").bytes();
    let mut pinned = Memory::join(&service, bytes.len());
    pinned.raw.write(bytes).await;
    settle().await;
    let refused = Memory::join(&service, 1024).raw.request(&Opening::new("/echo")).await;
    assert_eq!(refused.status, 503);
    sleep(6 * SECOND).await;
    Memory::enter(&service, "/echo").await;
    drop(pinned);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_none_of_its_pipelined_answers_is_dropped() {
    let service = app().into_service();
    // The request fits into the pipe, and the response does not.
    let mut memory = Memory::join(&service, 8 * 1024);
    let short = Opening::new("/echo").without("upgrade").without("connection").without("sec-websocket-key");
    let requests = short.bytes().repeat(80);
    assert!(requests.len() < 8 * 1024);
    memory.raw.write(requests).await;
    sleep(61 * SECOND).await;
    let rest = memory.raw.rest().await;
    assert!(rest.len() <= 8 * 1024, "{} bytes", rest.len());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_an_answer_slowly_has_it() {
    let pages = Router::new().route("/page", get(async || "x".repeat(100)));
    let service = app().fallback(pages).into_service();
    let mut memory = Memory::join(&service, NARROW);
    memory.raw.write(Opening::new("/page").without("upgrade").set("connection", "close").bytes()).await;
    let mut answer = Vec::new();
    let mut io = memory.raw.into_inner();
    loop {
        sleep(50 * SECOND).await;
        let mut some = [0; NARROW];
        match tokio::io::AsyncReadExt::read(&mut io, &mut some).await.expect("a pipe does not fail") {
            0 => break,
            count => answer.extend_from_slice(&some[..count]),
        }
    }
    assert!(answer.ends_with("x".repeat(100).as_bytes()), "{:?}", String::from_utf8_lossy(&answer));
}

/// A connection that has sent half of a head.
async fn half(service: &ws_runtime::Service) -> Memory {
    let mut memory = Memory::join(service, 1024);
    memory.raw.write("GET /echo HTTP/1.1\r\nHost: a.example\r\n").await;
    settle().await;
    memory
}

#[tokio::test(start_paused = true)]
async fn connections_before_their_handshake_have_a_bound_of_their_own() {
    let service = app().max_handshakes(2).into_service();
    let begun = Instant::now();
    let silent = Memory::join(&service, 1024);
    let half = half(&service).await;
    advance(5 * SECOND).await;
    // It waits until one of the two gives up, after the ten seconds that a head may take.
    let mut memory = Memory::enter(&service, "/echo").await;
    assert_elapsed(begun, 10 * SECOND);
    memory.raw.send(Frame::text("hi")).await;
    assert_eq!(memory.raw.text().await, "hi");
    drop((silent, half));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_has_no_more_time_to_begin() {
    let service = app().max_handshakes(1).handshake_timeout(3 * SECOND).into_service();
    let _half = half(&service).await;
    advance(SECOND).await;
    let begun = Instant::now();
    let mut silent = Memory::join(&service, 1024);
    assert_eq!(silent.raw.rest().await, b"");
    assert_elapsed(begun, 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn open_connections_and_those_of_a_fallback_do_not_count() {
    let pages = Router::new().route("/page", get(async || "page"));
    let service = app().fallback(pages).max_handshakes(1).into_service();
    let begun = Instant::now();
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(Memory::enter(&service, "/echo").await);
        let mut page = Memory::join(&service, 1024);
        assert_eq!(page.raw.request(&Opening::new("/page").without("upgrade")).await.body, "page");
        open.push(page);
    }
    // It is sent in pieces, so that the HTTP server reads it.
    for _ in 0..2 {
        let mut half = half(&service).await;
        let rest = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        half.raw.write(rest).await;
        assert_eq!(half.raw.response().await.status, 101);
        open.push(half);
    }
    assert_elapsed(begun, Duration::ZERO);
}
