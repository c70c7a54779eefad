//! A dashboard that shows now, not then: a client that reads slowly misses frames instead of falling behind.
//!
//! ```sh
//! cargo run -p cookbook --bin dashboard
//! .venv/bin/python -m websockets ws://127.0.0.1:8000/dashboard
//! ```

use std::{error::Error, sync::Arc, time::Duration};

use serde::Serialize;
use tokio::sync::watch;
use ws_runtime::{App, Result, State, WebSocket, routes, websocket};

/// All values of one moment.
#[derive(Clone, Default, Serialize)]
struct Frame {
    number: u64,
    values: Vec<f64>,
}

/// What a client is sent: a frame, and how many it has missed so far.
#[derive(Serialize)]
struct Shown {
    missed: u64,
    #[serde(flatten)]
    frame: Frame,
}

type Frames = Arc<watch::Sender<Frame>>;

// `send` waits once 16 KiB wait for the client, so a slow client is never further behind
// than that and the kernel's buffers.
#[websocket("/dashboard", send_buffer = 16 * 1024)]
async fn dashboard(State(frames): State<Frames>, mut ws: WebSocket<(), Shown>) -> Result {
    let mut frames = frames.subscribe();
    let mut last = frames.borrow_and_update().number;
    let mut missed = 0;
    loop {
        tokio::select! {
            changed = frames.changed() => if changed.is_err() { return Ok(()) },
            // The client sends nothing; this notices that it leaves.
            message = ws.recv() => { message?; continue }
        }
        // A watch channel has the newest value only, so nothing queues while `send`
        // waits.
        let frame = frames.borrow_and_update().clone();
        missed += frame.number - last - 1;
        last = frame.number;
        ws.send(Shown { missed, frame }).await?;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let frames: Frames = Arc::new(watch::Sender::new(Frame::default()));
    let measuring = Arc::clone(&frames);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(2));
        loop {
            ticks.tick().await;
            measuring.send_modify(|frame| {
                frame.number += 1;
                let number = u32::try_from(frame.number % 1000).unwrap_or_default();
                frame.values =
                    (0..500).map(|at| f64::from((number + at) % 100) / 7.0).collect();
            });
        }
    });
    let listener = examples::listen().await?;
    App::new().routes(routes![dashboard]).state(frames).serve(listener).await?;
    Ok(())
}
