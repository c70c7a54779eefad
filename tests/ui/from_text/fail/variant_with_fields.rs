use ws_runtime::FromText;

#[derive(FromText)]
enum Order {
    Newest,
    Top(u32),
}

fn main() {}
