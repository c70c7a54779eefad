//! yawc 0.5 over an upgrade of hyper 1. `yawc PORT fast` compresses at the lowest level instead of the default one.
//!
//! Messages of up to 2 MiB, compression for clients that offer it, and otherwise default options; these leave the
//! UTF-8 of texts unchecked.

use std::sync::OnceLock;

use futures_util::{SinkExt, StreamExt};
use http_body_util::Empty;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    sync::broadcast::{self, error::RecvError},
};
use yawc::{Frame, OpCode, Options, UpgradeFut, WebSocket};

static ROOM: OnceLock<broadcast::Sender<Bytes>> = OnceLock::new();
static OPTIONS: OnceLock<Options> = OnceLock::new();

/// The default, 1 MiB, is exclusive: one byte less than the largest message of the benchmark.
const MAX_MESSAGE: usize = 2 << 20;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().expect("a port");
    let options = Options::default().with_limits(MAX_MESSAGE, 2 * MAX_MESSAGE);
    let options = match arguments.next().as_deref() {
        Some("fast") => options.with_low_latency_compression(),
        _ => options.with_balanced_compression(),
    };
    OPTIONS.get_or_init(|| options);
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("a free port");
    while let Ok((stream, _address)) = listener.accept().await {
        tokio::spawn(async move {
            let connection =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond));
            let _ = connection.with_upgrades().await;
        });
    }
}

async fn respond(mut request: Request<Incoming>) -> yawc::Result<Response<Empty<Bytes>>> {
    match route(&request) {
        Ok(endpoint) => {
            let options = OPTIONS.get().cloned().unwrap_or_default();
            let (response, upgraded) = WebSocket::upgrade_with_options(&mut request, options)?;
            tokio::spawn(async move {
                let _ = run(upgraded, endpoint).await;
            });
            Ok(response)
        }
        Err(status) => {
            let mut response = Response::new(Empty::new());
            *response.status_mut() = status.try_into().expect("a status");
            Ok(response)
        }
    }
}

#[derive(Clone, Copy)]
enum Endpoint {
    Echo,
    Subscribe,
    Publish,
}

fn route(request: &Request<Incoming>) -> Result<Endpoint, u16> {
    match request.uri().path() {
        "/echo" => return Ok(Endpoint::Echo),
        "/room/ws" => return Ok(Endpoint::Subscribe),
        "/room/pub" => return Ok(Endpoint::Publish),
        _ => {}
    }
    let id = request.uri().path().strip_prefix("/items/").and_then(|rest| rest.strip_suffix("/ws"));
    let id = id.ok_or(404_u16)?.parse::<u64>();
    let query = request.uri().query().unwrap_or_default();
    let q = query.split('&').find_map(|pair| pair.strip_prefix("q=")).unwrap_or_default().parse::<i64>();
    if id.is_err() || q.is_err() {
        return Err(422);
    }
    let cookies = request.headers().get("cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let session = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session="));
    session.map(|_session| Endpoint::Echo).ok_or(403)
}

async fn run(upgraded: UpgradeFut, endpoint: Endpoint) -> yawc::Result<()> {
    let mut ws = upgraded.await?;
    let room = ROOM.get_or_init(|| broadcast::Sender::new(1024));
    match endpoint {
        Endpoint::Echo => {
            while let Some(frame) = ws.next().await {
                if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) {
                    ws.send(frame).await?;
                }
            }
        }
        Endpoint::Subscribe => {
            let mut published = room.subscribe();
            loop {
                tokio::select! {
                    text = published.recv() => match text {
                        Ok(text) => ws.send(Frame::text(text)).await?,
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return Ok(()),
                    },
                    frame = ws.next() => if frame.is_none() { return Ok(()) },
                }
            }
        }
        Endpoint::Publish => {
            while let Some(frame) = ws.next().await {
                if frame.opcode() == OpCode::Text {
                    // An error says that nobody is there to receive it.
                    let _ = room.send(Bytes::copy_from_slice(frame.payload()));
                }
            }
        }
    }
    Ok(())
}
