//! Starts the example `chat`. Its dependencies are compiled for it alone, by a feature that this
//! turns on if it is off.

#[cfg(feature = "chat")]
#[path = "../chat/main.rs"]
mod program;

examples::launch!("chat", "chat");
