use ws_runtime::App;

fn main() {
    let _ = App::new().idle_timeout(60);
}
