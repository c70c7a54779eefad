//! Continues the trace of a client, with OpenTelemetry: the span of a connection is a child of the span that the handshake
//! names in `traceparent`.
//!
//! ```sh
//! cargo run -p cookbook --bin traces
//! .venv/bin/python examples/talk.py \
//!     --header 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' ws://127.0.0.1:8000/prices EUR
//! # prints: EUR: 3
//! ```
//!
//! The server prints a span to standard output when it ends. Both have the `TraceId` of the client: `price`, whose parent is
//! `websocket`, and `websocket`, whose `ParentSpanId` is `b7ad6b7169203331`.

use std::{collections::HashMap, error::Error};

use opentelemetry::{
    propagation::TextMapPropagator as _,
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::{Instrument as _, Span, info_span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{
    Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};
use ws_runtime::{App, Handshake, Result, WebSocket, routes, websocket};

/// Makes the span of a connection a child of the client's, if the client sends one.
fn continue_trace(span: &Span, handshake: &Handshake) {
    // A script in a browser cannot set headers. It sends the same texts in the query.
    let carrier: HashMap<_, _> = ["traceparent", "tracestate"]
        .into_iter()
        .filter_map(|name| {
            let header = handshake.header(name).map(str::to_owned);
            Some((name.to_owned(), header.or_else(|| handshake.query(name))?))
        })
        .collect();
    let parent = TraceContextPropagator::new().extract(&carrier);
    if parent.span().span_context().is_remote()
        && let Err(error) = span.set_parent(parent)
    {
        tracing::warn!(%error, "the trace of the client ends here");
    }
}

#[websocket("/prices")]
async fn prices(mut ws: WebSocket) -> Result {
    loop {
        let name = ws.recv_text().await?;
        // A span is exported when it ends, and a connection may last for days. What is to
        // be seen earlier has its own.
        let price = price(&name).instrument(info_span!("price", name = &*name)).await;
        ws.send_text(format!("{name}: {price}")).await?;
    }
}

/// Stands for a question to a database.
async fn price(name: &str) -> usize {
    tokio::task::yield_now().await;
    name.len()
}

/// Sends spans to OpenTelemetry, and logs to standard error.
fn subscribe() -> SdkTracerProvider {
    // A real server exports batches to a collector, by `opentelemetry-otlp`.
    let exporter = opentelemetry_stdout::SpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
    let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("prices"));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(traces.and_then(log).with_filter(LevelFilter::INFO))
        .init();
    provider
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = subscribe();
    let listener = examples::listen_unlogged().await?;
    App::new().routes(routes![prices]).on_span(continue_trace).serve(listener).await?;
    provider.shutdown()?;
    Ok(())
}
