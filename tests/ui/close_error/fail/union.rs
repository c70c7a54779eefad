use ws_runtime::CloseError;

#[derive(CloseError)]
union ItemError {
    code: u16,
    bits: u16,
}

fn main() {
    let item = ItemError { code: 1 };
    let _ = item;
}
