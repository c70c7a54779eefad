//! Starts the example `client`. Its dependencies are compiled for it alone, by a feature that this
//! turns on if it is off.

#[cfg(feature = "client")]
#[path = "../client.rs"]
mod program;

examples::launch!("client", "client");
