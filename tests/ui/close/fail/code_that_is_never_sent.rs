use ws_runtime::{close_code};

fn main() {
    let _ = close_code!(1005);
}
