use ws_runtime::App;

fn main() {
    let _ = App::new().rate_limit(60);
}
