use ws_runtime::FromText;

#[derive(FromText)]
struct Page {
    offset: u32,
}

fn main() {}
