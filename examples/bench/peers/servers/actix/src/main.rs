//! actix-web 4 with actix-ws: one worker, frames of up to 2 MiB, and otherwise default settings.

use actix_web::{
    App, Error, HttpRequest, HttpResponse, HttpServer,
    error::ErrorForbidden,
    web::{self, Data, Path, Payload, Query},
};
use actix_ws::Message;
use serde::Deserialize;
use tokio::sync::broadcast::{self, error::RecvError};

type Room = broadcast::Sender<String>;

/// The default, 64 KiB, is less than the largest message of the benchmark.
const MAX_FRAME: usize = 2 << 20;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).expect("a port");
    let room = Data::new(Room::new(1024));
    let app = move || {
        App::new()
            .app_data(room.clone())
            .route("/echo", web::get().to(echo))
            .route("/items/{id}/ws", web::get().to(item))
            .route("/room/ws", web::get().to(subscribe))
            .route("/room/pub", web::get().to(publish))
    };
    // One thread, as every other peer has.
    HttpServer::new(app).workers(1).bind(("127.0.0.1", port))?.run().await
}

async fn echo(request: HttpRequest, body: Payload) -> Result<HttpResponse, Error> {
    send_back(&request, body)
}

#[derive(Deserialize)]
struct ItemQuery {
    q: i64,
}

async fn item(
    id: Path<u64>,
    query: Query<ItemQuery>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Error> {
    if request.cookie("session").is_none() {
        return Err(ErrorForbidden("session"));
    }
    let _ = (id, query.q);
    send_back(&request, body)
}

fn send_back(request: &HttpRequest, body: Payload) -> Result<HttpResponse, Error> {
    let (response, mut session, stream) = actix_ws::handle(request, body)?;
    let mut stream = stream.max_frame_size(MAX_FRAME);
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = stream.recv().await {
            let sent = match message {
                Message::Text(text) => session.text(text).await,
                Message::Binary(bytes) => session.binary(bytes).await,
                Message::Ping(payload) => session.pong(&payload).await,
                Message::Close(reason) => {
                    let _ = session.close(reason).await;
                    return;
                }
                _ => Ok(()),
            };
            if sent.is_err() {
                return;
            }
        }
    });
    Ok(response)
}

async fn subscribe(room: Data<Room>, request: HttpRequest, body: Payload) -> Result<HttpResponse, Error> {
    let (response, mut session, mut stream) = actix_ws::handle(&request, body)?;
    let mut published = room.subscribe();
    actix_web::rt::spawn(async move {
        loop {
            tokio::select! {
                text = published.recv() => match text {
                    Ok(text) => if session.text(text).await.is_err() { return },
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                received = stream.recv() => if !matches!(received, Some(Ok(_))) { return },
            }
        }
    });
    Ok(response)
}

async fn publish(room: Data<Room>, request: HttpRequest, body: Payload) -> Result<HttpResponse, Error> {
    let (response, session, stream) = actix_ws::handle(&request, body)?;
    let mut stream = stream.max_frame_size(MAX_FRAME);
    actix_web::rt::spawn(async move {
        // The connection ends with its session.
        let _session = session;
        while let Some(Ok(message)) = stream.recv().await {
            if let Message::Text(text) = message {
                // An error says that nobody is there to receive it.
                let _ = room.send(text.to_string());
            }
        }
    });
    Ok(response)
}
