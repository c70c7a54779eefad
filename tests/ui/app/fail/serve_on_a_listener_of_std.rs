use std::net::TcpListener;

use ws_runtime::App;

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _ = App::new().serve(listener);
}
