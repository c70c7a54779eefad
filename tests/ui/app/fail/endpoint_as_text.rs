use ws_runtime::{App, routes};

fn main() {
    let _ = App::new().routes(routes!["item"]);
}
