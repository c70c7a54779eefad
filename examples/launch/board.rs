//! Starts the example `board`. Its dependencies are compiled for it alone, by a feature that this
//! turns on if it is off.

#[cfg(feature = "board")]
#[path = "../board/main.rs"]
mod program;

examples::launch!("board", "board");
