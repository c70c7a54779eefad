#[websocket("/debug")]
#[cfg(feature = "debug")]
#[allow(clippy::unused_async)]
#[expect(deprecated)]
#[tracing::instrument(skip_all)]
pub async fn debug(ws: WebSocket) {}
