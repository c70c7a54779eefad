use ws_runtime::{Router, TestClient};

fn main() {
    let _ = TestClient::new(Router::new());
}
