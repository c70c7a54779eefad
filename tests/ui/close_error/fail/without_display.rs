use ws_runtime::CloseError;

#[derive(Debug, CloseError)]
enum ItemError {
    #[close(1008)]
    Gone,
}

fn main() {
    let _: fn(ItemError) -> ws_runtime::Error = ws_runtime::Error::from;
}
