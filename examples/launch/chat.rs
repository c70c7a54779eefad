//! Starts the example `chat`. Its dependencies are compiled for it alone, by a feature that this
//! turns on if it is off.

use std::error::Error;

#[cfg(feature = "chat")]
#[path = "../chat/main.rs"]
mod program;

#[cfg(feature = "chat")]
fn main() -> Result<(), Box<dyn Error>> {
    program::main()
}

#[cfg(not(feature = "chat"))]
fn main() -> Result<(), Box<dyn Error>> {
    examples::run_with_feature("chat", "chat")
}
