use std::{fmt, rc::Rc};

use ws_runtime::{Close, ErrorContext, on_error};

#[derive(Debug)]
struct Throttled;

impl fmt::Display for Throttled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("throttled")
    }
}

#[on_error(Throttled)]
async fn throttled(_: Throttled, cx: ErrorContext) -> Close {
    let shared = Rc::new(1);
    let _ = cx.send_text("wait").await;
    drop(shared);
    Close::internal_error()
}

fn main() {
    let _ = ws_runtime::Error::from(Throttled);
}
