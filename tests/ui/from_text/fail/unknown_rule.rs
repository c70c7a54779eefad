use ws_runtime::FromText;

#[derive(FromText)]
#[from_text(rename_all = "kebab")]
enum Order {
    Newest,
}

fn main() {}
