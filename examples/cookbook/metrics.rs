//! Metrics for Prometheus, which the dashboard `examples/grafana.json` shows.
//!
//! ```sh
//! cargo run -p cookbook --bin metrics
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/echo hi
//! # prints: hi
//! curl -s http://127.0.0.1:9000/metrics | grep accepted_total
//! # prints: … ws_connections_accepted_total{endpoint="/echo"} 1
//! ```
//!
//! The first argument is the address of the server, and the second that of the metrics.

use std::{error::Error, net::SocketAddr, num::NonZeroU32, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use ws_runtime::{App, RateLimit, Result, WebSocket, routes, websocket};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(text).await?;
    }
}

/// Serves the metrics at an address.
fn export(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    PrometheusBuilder::new()
        // Connections last from milliseconds to days. Without buckets there would be
        // summaries, which cannot be added up.
        .set_buckets_for_metric(
            Matcher::Suffix("duration_seconds".to_owned()),
            &[0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 86400.0],
        )?
        .with_http_listener(address)
        .install()?;
    Ok(())
}

const USAGE: &str = "Usage: metrics [ADDRESS] [METRICS]

  [ADDRESS]  Where to listen [default: 127.0.0.1:8000]
  [METRICS]  Where Prometheus asks [default: 127.0.0.1:9000]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, metrics) = examples::read_arguments(USAGE, |arguments| {
        Ok((examples::read_address(arguments)?, examples::read_value(arguments)?))
    });
    // This comes before the app is built, which describes its metrics to the exporter.
    export(metrics.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 9000))))?;
    let ten_a_second =
        RateLimit::new(const { NonZeroU32::new(10).unwrap() }, Duration::from_secs(1));
    let app = App::new().routes(routes![echo]).rate_limit(ten_a_second);
    app.serve(examples::listen_on(&address, "http").await?).await?;
    Ok(())
}
