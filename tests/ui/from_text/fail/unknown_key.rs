use ws_runtime::FromText;

#[derive(FromText)]
enum Order {
    #[from_text(name = "new")]
    Newest,
}

fn main() {}
