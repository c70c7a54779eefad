use std::fmt;

use ws_runtime::{Close, ErrorContext, on_error};

#[derive(Debug)]
struct Throttled;

impl fmt::Display for Throttled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("throttled")
    }
}

#[on_error("Throttled")]
async fn throttled(_: Throttled, _: ErrorContext) -> Close {
    Close::internal_error()
}

fn main() {}
