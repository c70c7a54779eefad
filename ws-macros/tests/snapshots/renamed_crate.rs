#[websocket("/echo/<times>", crate = crate::vendor::ws)]
async fn echo(times: u8, mut ws: WebSocket) -> Result {
    Ok(())
}

#[on_error(Throttled, crate = ::ws)]
async fn throttled(error: Throttled, cx: ErrorContext) -> Close {
    Close::from(CloseCode::TRY_AGAIN_LATER)
}

#[derive(CloseError)]
#[close(1013, crate = ::ws)]
struct Busy;
