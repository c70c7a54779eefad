#[websocket(
    "/chat",
    protocols = ["chat", "superchat"],
    origins = Origins::any(),
    hosts = ["example.com"],
    before_accept = [signed_in, limits::per_address],
    rejection = Rejection::Http,
    accept_timeout = Duration::from_secs(5),
)]
async fn chat(upgrade: Upgrade) -> Result<Close, Error> {
    Ok(Close::from(CloseCode::NORMAL_CLOSURE))
}
