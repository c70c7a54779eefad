//! Starts the example `board`. Its dependencies are compiled for it alone, by a feature that this
//! turns on if it is off.

use std::error::Error;

#[cfg(feature = "board")]
#[path = "../board/main.rs"]
mod program;

#[cfg(feature = "board")]
fn main() -> Result<(), Box<dyn Error>> {
    program::main()
}

#[cfg(not(feature = "board"))]
fn main() -> Result<(), Box<dyn Error>> {
    examples::run_with_feature("board", "board")
}
