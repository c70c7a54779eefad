use ws_runtime::FromText;

#[derive(FromText)]
enum Order {
    Newest,
    #[from_text(rename = "Newest")]
    Latest,
}

fn main() {}
