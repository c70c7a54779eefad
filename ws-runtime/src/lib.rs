//! Typed WebSocket endpoints for Rust.
