//! The procedural macros of `ws-runtime`, which re-exports and documents them.
