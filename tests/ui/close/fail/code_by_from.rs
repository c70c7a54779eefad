use ws_runtime::{Close, CloseCode};

fn main() {
    let _ = Close::new(CloseCode::from(1008), "no");
}
