//! The words of a language model, streamed as they come, until the client cancels.
//!
//! ```sh
//! cargo run -p cookbook --bin tokens
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/ask '{"type":"ask","prompt":"why"}'
//! ```

use std::{error::Error, time::Duration};

use futures_util::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum In {
    Ask { prompt: String },
    Cancel,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Out {
    Token { text: String },
    Done { tokens: usize, cancelled: bool },
}

#[websocket("/ask")]
async fn ask(mut ws: WebSocket<In, Out>) -> Result {
    loop {
        // A cancellation may cross the end of an answer. There is nothing left to cancel
        // then.
        let In::Ask { prompt } = ws.recv().await? else { continue };
        answer(&mut ws, &prompt).await?;
    }
}

/// Sends an answer, and listens meanwhile. When the function returns early, the stream is
/// dropped, and the model stops.
async fn answer(ws: &mut WebSocket<In, Out>, prompt: &str) -> Result {
    let mut model = std::pin::pin!(model(prompt));
    let mut tokens = 0;
    let cancelled = loop {
        tokio::select! {
            token = model.next() => {
                let Some(text) = token else { break false };
                tokens += 1;
                // A client that reads slowly holds up its model, and nobody else's.
                ws.send(Out::Token { text }).await?;
            }
            // `recv` loses nothing when the other branch wins.
            message = ws.recv() => if let In::Cancel = message? { break true },
        }
    };
    ws.send(Out::Done { tokens, cancelled }).await?;
    Ok(())
}

/// Stands for the model: a word every 20 ms.
fn model(prompt: &str) -> impl Stream<Item = String> + use<> {
    let words = format!("You asked: {prompt}. {}", "And so on, and on. ".repeat(20));
    let words: Vec<String> = words.split_inclusive(' ').map(str::to_owned).collect();
    async_stream::stream! {
        for word in words {
            tokio::time::sleep(Duration::from_millis(20)).await;
            yield word;
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = examples::listen().await?;
    App::new().routes(routes![ask]).serve(listener).await?;
    Ok(())
}
