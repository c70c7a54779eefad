use ws_runtime::App;

fn main() {
    let _ = App::new().serve("127.0.0.1:8000");
}
