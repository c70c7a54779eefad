#[websocket("/debug")]
#[cfg(feature = "debug")]
#[allow(clippy::used_underscore_binding)]
#[expect(deprecated)]
#[tracing::instrument(skip_all)]
pub async fn debug(ws: WebSocket) {}
