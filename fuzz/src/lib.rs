//! Shared code of the fuzz targets: an app or a client over a pipe, models of their answers, and a reader of what comes back.

mod app;
mod client;
pub mod cookies;
pub mod deflate;
mod direct;
pub mod frames;
pub mod model;
mod server;

pub use app::LIMIT;
pub use client::ask_client;
pub use direct::answers_alike;
pub use server::{Answer, HEAD, OFFER, ask, ask_stream, exchange, response};
