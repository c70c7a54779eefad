use std::fmt;

use ws_runtime::CloseError;

#[derive(Debug, CloseError)]
enum ItemError {
    #[close_code(1008)]
    Gone,
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("item")
    }
}

fn main() {
    let _: fn(ItemError) -> ws_runtime::Error = ws_runtime::Error::from;
}
