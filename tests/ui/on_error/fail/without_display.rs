use ws_runtime::{Close, ErrorContext, on_error};

#[derive(Debug)]
struct Throttled;

#[on_error(Throttled)]
async fn throttled(_: Throttled, _: ErrorContext) -> Close {
    Close::internal_error()
}

fn main() {
    let _ = ws_runtime::Error::from(Throttled);
}
