//! Tests of endpoints: [`TestClient`] talks to an app in memory.
//!
//! Nothing is mocked: the bytes of a real handshake and of real frames pass through the same code that serves TCP, over
//! a pipe. A test therefore sees exactly what a client sees. No ports and no real time are involved, so tests can run
//! in parallel, and under tokio's paused clock a timeout of an hour elapses at once.
//!
//! Enable the feature `test-client` in `[dev-dependencies]`, and `test-util` of tokio for the clock:
//!
//! ```toml
//! [dev-dependencies]
//! tokio = { version = "1", features = ["macros", "rt", "test-util"] }
//! ws-runtime = { version = "0.1", features = ["test-client"] }
//! ```
//!
//! ```
//! use std::time::Duration;
//! use serde_json::json;
//! use ws_runtime::{App, Handshake, Result, TestClient, TestError, WebSocket, routes, websocket};
//! # use ws_runtime::{Close, CloseCode};
//!
//! // What is tested.
//! async fn session(handshake: &Handshake) -> Result<String, Close> {
//!     let cookie = handshake.cookie("session").map(str::to_owned);
//!     cookie.ok_or_else(|| Close::new(CloseCode::POLICY_VIOLATION, "Session cookie missing"))
//! }
//!
//! #[websocket("/items/<id>/ws", idle_timeout = Duration::from_hours(1))]
//! async fn item(id: u64, #[query] q: i32, #[depends(session)] session: String, mut ws: WebSocket) -> Result {
//!     ws.send_json(&json!({ "id": id, "q": q, "session": session })).await?;
//!     ws.recv().await?;
//!     Ok(())
//! }
//!
//! fn app() -> App {
//!     App::new().routes(routes![item])
//! }
//!
//! #[tokio::test(start_paused = true)]
//! # async fn taken_away_by_rustdoc() {}
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn an_item_is_told_and_who_is_idle_is_closed() {
//!     let client = TestClient::new(app());
//!     let mut ws = client
//!         .get("/items/5/ws")
//!         .query("q", 1)
//!         .cookie("session", "abc")
//!         .connect()
//!         .await
//!         .expect("the handshake is accepted");
//!     let item: serde_json::Value = ws.recv_json().await.expect("an item");
//!     assert_eq!(item, json!({ "id": 5, "q": 1, "session": "abc" }));
//!
//!     let closed = ws.closed().await; // an hour of the paused clock
//!     assert_eq!((closed.code(), closed.reason()), (Some(1000), "inactivity timeout"));
//! }
//!
//! #[tokio::test]
//! # async fn taken_away_too() {}
//! # #[tokio::main(flavor = "current_thread")]
//! async fn who_has_no_session_is_closed() {
//!     // Refused by a Close frame: the handshake is complete, and the close comes first.
//!     let mut ws = TestClient::new(app()).get("/items/5/ws").query("q", 1).connect().await.expect("a 101");
//!     assert_eq!(ws.closed().await.code(), Some(1008));
//!
//!     // Refused by HTTP.
//!     let Err(TestError::Refused(refused)) = TestClient::new(app()).get("/nothing").connect().await else {
//!         panic!("accepted");
//!     };
//!     assert_eq!(refused.status, 404);
//! }
//! # an_item_is_told_and_who_is_idle_is_closed();
//! # who_has_no_session_is_closed();
//! ```

mod client;
mod error;
mod pipe;
mod pump;
mod response;
mod socket;

pub use client::{IntoService, TestClient, TestRequest};
pub use error::{Refused, TestError};
pub use response::TestResponse;
pub use socket::{TestRecvFuture, TestSendFuture, TestSocket};
