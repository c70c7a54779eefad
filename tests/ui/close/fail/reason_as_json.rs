use ws_runtime::{Close, CloseCode};

fn main() {
    let _ = Close::new(CloseCode::POLICY_VIOLATION, serde_json::json!({ "retry": 5 }));
}
