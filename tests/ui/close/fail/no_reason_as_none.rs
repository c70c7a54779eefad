use ws_runtime::{Close, CloseCode};

fn main() {
    let _ = Close::new(CloseCode::NORMAL_CLOSURE, None);
}
