use ws_runtime::{OrClose};

fn main() {
    let _ = std::fs::read("motd").or_close(1011, "no message of the day");
}
