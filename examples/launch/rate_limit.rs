//! Starts the example `rate_limit`. Its dependencies are compiled for it alone, by a feature that this
//! turns on if it is off.

#[cfg(feature = "rate-limit")]
#[path = "../rate_limit.rs"]
mod program;

examples::launch!("rate-limit", "rate_limit");
