use ws_runtime::{Close};

fn main() {
    let _ = Close::new(1008, "go away");
}
