//! A document that many edit at once: the server of npm's `y-websocket`, by `yrs`.
//!
//! ```sh
//! cargo run -p cookbook --bin yjs     # clients: new WebsocketProvider("ws://127.0.0.1:8000/docs", "notes", doc)
//! ```

use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use bytes::Bytes;
use ws_runtime::{
    App, CloseError, Member, Message, Room, Rooms, SocketError, State, WebSocket,
    rooms::MemberTaken, routes, websocket,
};
use yrs::{
    Doc,
    sync::{
        Awareness, DefaultProtocol, Message as Sync, MessageReader, Protocol, SyncMessage,
    },
    updates::{decoder::DecoderV1, encoder::Encode},
};

#[derive(Debug, thiserror::Error, CloseError)]
enum YjsError {
    #[error("not a message of y-websocket")]
    #[close(1007)]
    Invalid,
    #[error("document: {0}")]
    #[close(1011)]
    Document(#[from] yrs::sync::Error),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
    #[error(transparent)]
    #[close(transparent)]
    Taken(#[from] MemberTaken),
}

/// The documents that are open. One that nobody edits any more is dropped; a service
/// would store it.
#[derive(Clone, Default)]
struct Documents(Arc<Mutex<HashMap<String, Weak<Document>>>>);

struct Document(Mutex<Awareness>);

impl Documents {
    fn open(&self, name: &str) -> Arc<Document> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, document| document.strong_count() > 0);
        if let Some(document) = open.get(name).and_then(Weak::upgrade) {
            return document;
        }
        let document = Arc::new(Document(Mutex::new(Awareness::new(Doc::new()))));
        open.insert(name.to_owned(), Arc::downgrade(&document));
        document
    }
}

impl Document {
    /// Returns what greets a client: what the server has, and who is there.
    fn greeting(&self) -> Result<Vec<u8>, YjsError> {
        let awareness = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut encoder = yrs::updates::encoder::EncoderV1::new();
        DefaultProtocol.start(&awareness, &mut encoder)?;
        Ok(yrs::updates::encoder::Encoder::to_vec(encoder))
    }

    /// Applies what a client sent. Returns the answers, and `true` if the others have to
    /// receive it, too.
    fn take(&self, bytes: &[u8]) -> Result<(Vec<Vec<u8>>, bool), YjsError> {
        let mut awareness = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut decoder = DecoderV1::new(yrs::encoding::read::Cursor::new(bytes));
        let (mut answers, mut news, mut begun) = (Vec::new(), false, false);
        for message in MessageReader::new(&mut decoder) {
            let message = message.map_err(|_| YjsError::Invalid)?;
            begun = true;
            news |= matches!(
                message,
                Sync::Awareness(_)
                    | Sync::Sync(SyncMessage::Update(_) | SyncMessage::SyncStep2(_))
            );
            answers.extend(
                DefaultProtocol
                    .handle_message(&mut awareness, message)?
                    .map(|answer| answer.encode_v1()),
            );
        }
        // What ends within its first message is none.
        if !begun {
            return Err(YjsError::Invalid);
        }
        Ok((answers, news))
    }
}

#[websocket("/docs/<name>", max_message_size = 4 * 1024 * 1024)]
async fn edit(
    name: String,
    State(documents): State<Documents>,
    State(rooms): State<Rooms<Message>>,
    mut ws: WebSocket,
) -> Result<(), YjsError> {
    let document = documents.open(&name);
    let room: Room<Message> = rooms.room(&name);
    let member: Member<Message> = room.join_anonymous(ws.sender()).await?;
    ws.send_binary(document.greeting()?).await?;
    loop {
        let bytes: Bytes = ws.recv_binary().await?;
        let (answers, news) = document.take(&bytes)?;
        for answer in answers {
            ws.send_binary(answer).await?;
        }
        if news {
            member.broadcast_others(&Message::Binary(bytes))?;
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = examples::listen().await?;
    App::new()
        .routes(routes![edit])
        .state(Documents::default())
        .state(Rooms::<Message>::new())
        .serve(listener)
        .await?;
    Ok(())
}
