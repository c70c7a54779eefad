//! A process whose clients are scripts, for the tests of clients in TypeScript. With the argument `typescript` it prints the
//! client; otherwise it listens on the port of its argument and prints its address.

use std::{env, error::Error, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use ws_runtime::{
    App, BearerToken, Close, CloseCode, CloseError, Handshake, Query, Rejection, SocketError, State,
    WebSocket, dependency,
    rooms::{History, Position, Rooms, Tracked},
    routes, websocket,
};

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Order {
    Say { text: String },
    Forbidden,
}

#[derive(Serialize, JsonSchema)]
struct Said {
    text: String,
    id: u32,
    tags: Vec<String>,
}

#[derive(Debug, thiserror::Error, CloseError)]
enum TalkError {
    /// The client must not do this.
    #[error("forbidden")]
    #[close(1008)]
    Forbidden,
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// Sends back what it receives.
#[websocket("/talk/<id>")]
async fn talk(id: u32, #[query] tags: Vec<String>, mut ws: WebSocket<Order, Said>) -> Result<(), TalkError> {
    loop {
        match ws.recv().await? {
            Order::Say { text } => ws.send(Said { text, id, tags: tags.clone() }).await?,
            Order::Forbidden => return Err(TalkError::Forbidden),
        }
    }
}

/// Accepts nobody.
#[websocket("/refused", rejection = Rejection::Http, before_accept = [refuse])]
async fn refused(_ws: WebSocket) -> Result<(), Close> {
    Ok(())
}

async fn refuse(_handshake: &Handshake) -> Result<(), Close> {
    Err(Close::new(CloseCode::POLICY_VIOLATION, "nobody"))
}

#[derive(Debug, thiserror::Error, CloseError)]
enum UserError {
    /// The token is none of ours.
    #[error("unknown token")]
    #[close(3000)]
    Unknown,
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// A user, by a token that is the name of the user, a full stop, and a number.
#[dependency]
async fn user(token: BearerToken) -> Result<String, UserError> {
    let (name, _) = token.split_once('.').ok_or(UserError::Unknown)?;
    Ok(name.to_owned())
}

type Pairs = Vec<(String, String)>;

/// Greets a user, and tells what is in the query.
#[websocket("/greeting", subprotocols = ["v1"])]
async fn greeting(
    token: BearerToken,
    #[depends(user)] user: String,
    query: Query<Pairs>,
    mut ws: WebSocket<(), (String, String, Pairs)>,
) -> Result<(), UserError> {
    ws.send((user, token.as_str().to_owned(), query.0)).await?;
    ws.recv().await?;
    Ok(())
}

/// What is said in a room.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    /// The state of the room for those who are new.
    State {
        members: u32,
    },
    Said {
        text: String,
    },
}

/// A room that remembers.
#[websocket("/rooms/<user>")]
async fn room(
    user: String,
    #[query] since: Option<Position>,
    rooms: State<Rooms<Event>>,
    mut ws: WebSocket<String, Tracked<Event>>,
) -> ws_runtime::Result {
    let room = rooms.room("room");
    let member = room.join(&user, ws.sender()).since(since).replace().await?;
    if !member.recovery().is_recovered() {
        ws.send(Event::State { members: u32::try_from(room.len()).unwrap_or(u32::MAX) }).await?;
    }
    loop {
        let text = ws.recv().await?;
        member.broadcast(&Event::Said { text })?;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let rooms = Rooms::<Event>::new().history(History::last(8).within(Duration::from_secs(90)));
    let app = App::new().state(rooms).routes(routes![talk, refused, greeting, room]);
    let argument = env::args().nth(1).expect("`typescript` or a port");
    if argument == "typescript" {
        print!("{}", app.typescript());
        return Ok(());
    }
    let listener = TcpListener::bind(("127.0.0.1", argument.parse()?)).await?;
    println!("{}", listener.local_addr()?);
    app.serve(listener).await?;
    Ok(())
}
