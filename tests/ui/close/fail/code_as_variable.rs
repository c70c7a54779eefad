use ws_runtime::{Close};

fn main() {
    let code: u16 = 4000;
    let _ = Close::new(code, "go away");
}
