use ws_runtime::{close_code};

fn main() {
    let code: u16 = 4000;
    let _ = close_code!(code);
}
