//! A heartbeat that the application sends, and that ends with the connection.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, interval_at, sleep};
use ws_runtime::{App, Receiver, Sender, SocketError, State, WebSocket, routes, websocket};
use ws_tests::{Ear, Frame, Logs, Memory, Tell, assert_elapsed, ear};

const SECOND: Duration = Duration::from_secs(1);
const PERIOD: Duration = Duration::from_secs(3);

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Incoming {
    HeartbeatAck,
    Message { content: String },
}

/// Answers every message that is not an acknowledgement.
fn answer(incoming: Incoming) -> Option<Value> {
    match incoming {
        Incoming::HeartbeatAck => None,
        Incoming::Message { content } => {
            Some(json!({ "type": "message", "content": format!("Received: {content}") }))
        }
    }
}

/// Sends and receives in one loop.
#[websocket("/select")]
async fn select(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    let _gone = tell.when_dropped("gone");
    let mut beat = interval_at(Instant::now() + PERIOD, PERIOD);
    loop {
        tokio::select! {
            _ = beat.tick() => ws.send_json(&json!({ "type": "heartbeat" })).await?,
            incoming = ws.recv_json() => {
                if let Some(answer) = answer(incoming?) {
                    ws.send_json(&answer).await?;
                }
            }
        }
    }
}

async fn beat(sender: Sender) -> Result<(), SocketError> {
    let mut beat = interval_at(Instant::now() + PERIOD, PERIOD);
    loop {
        beat.tick().await;
        sender.send_json(&json!({ "type": "heartbeat" })).await?;
    }
}

async fn receive(sender: &Sender, mut receiver: Receiver) -> Result<(), SocketError> {
    loop {
        if let Some(answer) = answer(receiver.recv_json().await?) {
            sender.send_json(&answer).await?;
        }
    }
}

/// Sends in a separate task, which ends with the connection.
#[websocket("/task")]
async fn task(tell: State<Tell>, ws: WebSocket) -> Result<(), SocketError> {
    let (sender, receiver) = ws.split();
    let gone = tell.when_dropped("gone");
    let beating = sender.clone();
    tokio::spawn(async move {
        let _gone = gone;
        tokio::select! {
            _ = beat(beating.clone()) => {}
            _ = beating.closed() => {}
        }
    });
    receive(&sender, receiver).await
}

fn app() -> (App, Ear) {
    let (tell, ear) = ear();
    (App::new().routes(routes![select, task]).state(tell).ping_interval(None), ear)
}

const BOTH: [&str; 2] = ["/select", "/task"];

fn heartbeat() -> Value {
    json!({ "type": "heartbeat" })
}

async fn json(memory: &mut Memory) -> Value {
    serde_json::from_str(&memory.raw.text().await).expect("a message of JSON")
}

async fn send(memory: &mut Memory, value: Value) {
    memory.raw.send(Frame::text(&value.to_string())).await;
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_goes_out_at_every_period_and_its_acknowledgement_is_swallowed() {
    for target in BOTH {
        let mut memory = Memory::open(app().0, target).await;
        let start = Instant::now();
        for round in 1..=10 {
            assert_eq!(json(&mut memory).await, heartbeat());
            assert_elapsed(start, round * PERIOD);
            send(&mut memory, json!({ "type": "heartbeat_ack" })).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn messages_are_answered_between_heartbeats_and_do_not_delay_them() {
    for target in BOTH {
        let mut memory = Memory::open(app().0, target).await;
        let start = Instant::now();
        for round in 1..=3 {
            sleep(2 * SECOND).await;
            send(&mut memory, json!({ "type": "message", "content": format!("no. {round}") })).await;
            let answer = json(&mut memory).await;
            assert_eq!(answer, json!({ "type": "message", "content": format!("Received: no. {round}") }));
            assert_eq!(json(&mut memory).await, heartbeat());
            assert_elapsed(start, round * PERIOD);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_heartbeat_is_gone_when_the_client_leaves() {
    let logs = Logs::capture();
    for target in BOTH {
        for polite in [true, false] {
            let (app, mut ear) = app();
            let mut memory = Memory::open(app, target).await;
            let start = Instant::now();
            assert_eq!(json(&mut memory).await, heartbeat());
            if polite {
                memory.raw.leave().await;
            }
            drop(memory);
            assert_eq!(ear.next().await, "gone");
            assert!(start.elapsed() < 2 * PERIOD, "{target}: before the next heartbeat");
        }
    }
    logs.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn what_is_not_json_is_1007() {
    for target in BOTH {
        for text in ["{", "NaN", r#"{"type":"message"}"#, r#"{"type":"message","content":5}"#] {
            let (app, mut ear) = app();
            let mut memory = Memory::open(app, target).await;
            memory.raw.send(Frame::text(text)).await;
            assert_eq!(memory.raw.closed().await.0, Some(1007), "{target}: {text}");
            assert_eq!(ear.next().await, "gone");
        }
    }
}
