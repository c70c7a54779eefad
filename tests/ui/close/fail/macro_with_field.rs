use ws_runtime::{close_code};

struct Config {
    code: u16,
}

fn main() {
    let config = Config { code: 4000 };
    let _ = close_code!(config.code);
}
