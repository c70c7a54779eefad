use ws_runtime::{Close, CloseCode};

fn main() {
    let _ = Close::new(CloseCode::INTERNAL_ERROR, std::fmt::Error);
}
