use ws_runtime::{Message, Rooms};

fn main() {
    let _ = Rooms::<Message>::new().redis(6379);
}
