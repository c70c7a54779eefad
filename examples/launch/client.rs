//! Starts the example `client`. Its dependencies are compiled for it alone, by a feature that this
//! turns on if it is off.

use std::error::Error;

#[cfg(feature = "client")]
#[path = "../client.rs"]
mod program;

#[cfg(feature = "client")]
fn main() -> Result<(), Box<dyn Error>> {
    program::main()
}

#[cfg(not(feature = "client"))]
fn main() -> Result<(), Box<dyn Error>> {
    examples::run_with_feature("client", "client")
}
