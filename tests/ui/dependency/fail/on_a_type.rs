#![allow(unused_variables)]

use ws_runtime::dependency;

#[dependency]
struct Session;

fn main() {}
