use std::fmt;

use ws_runtime::{Close, ErrorContext, on_error};

#[on_error(fmt::Error)]
async fn throttled(_: fmt::Error, _: ErrorContext) -> Close {
    Close::internal_error()
}

fn main() {}
