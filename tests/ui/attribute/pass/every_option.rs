use std::time::Duration;

use ws_runtime::{
    Compression, Handshake, Origins, Rejection, Result, WebSocket, close_code, routes, websocket,
};

const PROTOCOLS: [&str; 2] = ["chat", "superchat"];

async fn signed_in(_: &Handshake) -> Result {
    Ok(())
}

mod limits {
    use ws_runtime::{Close, Handshake};

    pub async fn per_address(_: &Handshake) -> std::result::Result<(), Close> {
        Ok(())
    }
}

#[websocket(
    "/items",
    subprotocols = PROTOCOLS,
    require_subprotocol = close_code!(4406),
    origins = Origins::any(),
    hosts = vec!["example.com".to_owned()],
    before_accept = [signed_in, limits::per_address],
    rejection = Rejection::Http,
    accept_timeout = Duration::from_secs(1) * 5,
    ping_interval = None,
    pong_timeout = Duration::from_secs(20),
    idle_timeout = Duration::from_secs(60),
    max_lifetime = Duration::from_secs(3600),
    send_timeout = Duration::from_secs(60),
    close_timeout = Duration::from_secs(5),
    max_message_size = 64 * 1024,
    max_frame_size = 4096,
    send_buffer = 1024,
    compression = Compression::deflate(),
)]
async fn item(_ws: WebSocket) {}

#[websocket("/literals", subprotocols = ["chat"], origins = ["https://example.com"], hosts = ["*.example.com"])]
async fn literals(_ws: WebSocket) {}

#[websocket(
    "/patterns",
    origins = ["https://*.example.com", "http://localhost:*", "tauri://localhost", "file://"],
    hosts = ["localhost:*"],
)]
async fn patterns(_ws: WebSocket) {}

#[websocket("/one", origins = "https://example.com")]
async fn one_origin(_ws: WebSocket) {}

#[websocket("/none", subprotocols = [] as [&str; 0], before_accept = [])]
async fn none(_ws: WebSocket) {}

fn main() {
    assert_eq!(routes![item, literals, patterns, one_origin, none].len(), 5);
}
