use ws_runtime::{SocketError, TestSocket};

async fn count(ws: &mut TestSocket) -> Result<(), SocketError> {
    ws.send_text(42).await
}

fn main() {
    let _ = count;
}
