use ws_runtime::{App, TestClient};

fn main() {
    let _ = TestClient::new(App::new()).call("/items/5");
}
