#[websocket(
    "/chat",
    subprotocols = ["chat", "superchat"],
    origins = Origins::any(),
    hosts = ["example.com"],
    before_accept = [signed_in, limits::per_address],
    rejection = Rejection::Http,
    accept_timeout = Duration::from_secs(5),
    ping_interval = None,
    pong_timeout = Duration::from_secs(20),
    idle_timeout = Duration::from_secs(60),
    close_timeout = Duration::from_secs(5),
    max_message_size = 64 * 1024,
    max_frame_size = 4096,
    send_buffer = SendBuffer::bytes(1024).drop_when_full(),
)]
async fn chat(upgrade: Upgrade) -> Result<Close, Error> {
    Ok(Close::from(CloseCode::NORMAL_CLOSURE))
}
