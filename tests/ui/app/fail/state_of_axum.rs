use ws_runtime::{App};

fn main() {
    let _ = App::new().with_state(1);
}
