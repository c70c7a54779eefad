use std::fmt;

use ws_runtime::CloseError;

#[derive(Debug, CloseError)]
#[close(1008)]
struct ItemError<'a>(&'a str);

impl<'a> fmt::Display for ItemError<'a> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("item")
    }
}

fn main() {
    let _ = ItemError("");
}
