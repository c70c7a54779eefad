use ws_runtime::App;

fn main() {
    let _ = App::new().shutdown_close(1001);
}
