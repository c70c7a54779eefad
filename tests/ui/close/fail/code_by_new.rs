use ws_runtime::{CloseCode};

fn main() {
    let _ = CloseCode::new(4000);
}
