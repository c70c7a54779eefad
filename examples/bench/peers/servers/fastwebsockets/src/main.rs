//! fastwebsockets 0.10 over an upgrade of hyper 1, as in the crate's example of an echo server.

use std::sync::OnceLock;

use fastwebsockets::{
    FragmentCollector, Frame, OpCode, Payload, WebSocketError,
    upgrade::{UpgradeFut, upgrade},
};
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

static ROOM: OnceLock<broadcast::Sender<Bytes>> = OnceLock::new();

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let port = std::env::args().nth(1).expect("a port");
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("a free port");
    while let Ok((stream, _address)) = listener.accept().await {
        tokio::spawn(async move {
            let connection =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond));
            let _ = connection.with_upgrades().await;
        });
    }
}

async fn respond(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, WebSocketError> {
    match route(&request) {
        Ok(endpoint) => {
            let (response, upgraded) = upgrade(&mut request)?;
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

async fn run(upgraded: UpgradeFut, endpoint: Endpoint) -> Result<(), WebSocketError> {
    let mut ws = FragmentCollector::new(upgraded.await?);
    let room = ROOM.get_or_init(|| broadcast::Sender::new(1024));
    match endpoint {
        Endpoint::Echo => loop {
            let frame = ws.read_frame().await?;
            match frame.opcode {
                OpCode::Close => return Ok(()),
                OpCode::Text | OpCode::Binary => ws.write_frame(frame).await?,
                _ => {}
            }
        },
        Endpoint::Subscribe => {
            // Subscribers send nothing here, so that only the channel is awaited.
            let mut published = room.subscribe();
            loop {
                match published.recv().await {
                    Ok(text) => ws.write_frame(Frame::text(Payload::Borrowed(&text))).await?,
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Ok(()),
                }
            }
        }
        Endpoint::Publish => loop {
            let frame = ws.read_frame().await?;
            match frame.opcode {
                OpCode::Close => return Ok(()),
                OpCode::Text => {
                    // An error says that nobody is there to receive it.
                    let _ = room.send(Bytes::copy_from_slice(&frame.payload));
                }
                _ => {}
            }
        },
    }
}
