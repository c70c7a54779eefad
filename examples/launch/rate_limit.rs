//! Starts the example `rate_limit`. Its dependencies are compiled for it alone, by a feature that this
//! turns on if it is off.

use std::error::Error;

#[cfg(feature = "rate-limit")]
#[path = "../rate_limit.rs"]
mod program;

#[cfg(feature = "rate-limit")]
fn main() -> Result<(), Box<dyn Error>> {
    program::main()
}

#[cfg(not(feature = "rate-limit"))]
fn main() -> Result<(), Box<dyn Error>> {
    examples::run_with_feature("rate-limit", "rate_limit")
}
