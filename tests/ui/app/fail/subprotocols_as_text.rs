use ws_runtime::App;

fn main() {
    let _ = App::new().subprotocols("chat");
}
