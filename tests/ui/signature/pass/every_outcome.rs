use ws_runtime::{Close, CloseCode, CloseError, Error, WebSocket, routes, websocket};

#[derive(Debug, CloseError)]
#[close(4000)]
struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("gone")
    }
}

#[websocket("/unit")]
async fn unit(_: WebSocket) {}

#[websocket("/explicit_unit")]
async fn explicit_unit(_: WebSocket) -> () {}

#[websocket("/close")]
async fn close(_: WebSocket) -> Close {
    Close::from(CloseCode::GOING_AWAY)
}

#[websocket("/result")]
async fn result(_: WebSocket) -> Result<(), Gone> {
    Err(Gone)
}

#[websocket("/result_close")]
async fn result_close(_: WebSocket) -> Result<Close, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Close::from(CloseCode::GOING_AWAY))
}

#[websocket("/shorthand")]
async fn shorthand(_: WebSocket) -> ws_runtime::Result {
    Err(Gone)?
}

#[websocket("/mixed")]
async fn mixed(mut ws: WebSocket) -> Result<(), Error> {
    ws.recv().await?;
    Err(Close::new(CloseCode::POLICY_VIOLATION, "no"))?
}

fn main() {
    let _ = routes![unit, explicit_unit, close, result, result_close, shorthand, mixed];
}
