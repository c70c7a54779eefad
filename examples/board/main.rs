//! A notice board whose page is written in TypeScript, with the client that the app writes.
//!
//! ```sh
//! cargo run -p examples --bin board
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/boards/kitchen
//! # prints: closed: 1008 bearer token missing or malformed
//! .venv/bin/python examples/talk.py --header 'Authorization: Bearer nobody' ws://127.0.0.1:8000/boards/kitchen
//! # prints: closed: 3000 unknown token
//! ```
//!
//! Open <http://127.0.0.1:8000/> in two windows of a browser, and enter with the tokens `ann-secret` and `bob-secret`. Stop the
//! server and start it again: the pages come back.
//!
//! `page.ts` is the code of the page, and `client.ts` the client. This command writes the client, and with `check` behind it
//! fails if the file is not up to date:
//!
//! ```sh
//! cargo run -p examples --bin board -- typescript
//! ```
//!
//! Both are compiled already. `npx -p typescript@5.9.3 tsc -p examples/board` does it again after a change.
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client of the first commands, once.

mod page;

use std::{
    collections::HashMap,
    env,
    error::Error,
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tower::service_fn;
use ws_runtime::{
    App, BearerToken, CloseError, Position, Rooms, SocketError, State, WebSocket,
    dependency,
    rooms::{History, MemberTaken, Tracked},
    routes, websocket,
};

/// The maximum number of characters in a note.
const LONGEST: usize = 200;

/// What a client sends.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Order {
    /// Pins a note to the board.
    Pin { text: String },
    /// Takes all notes down.
    Clear,
}

/// What a client receives.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    /// The board as it is, for a client that is new, or that has missed too much.
    Board { notes: Vec<Note> },
    /// There is one more note.
    Pinned { note: Note },
    /// The board is empty now.
    Cleared { by: String },
}

#[derive(Clone, Serialize, JsonSchema)]
struct Note {
    by: String,
    text: String,
}

/// How a connection to a board may end.
#[derive(Debug, thiserror::Error, CloseError)]
enum BoardError {
    /// Nobody has this token.
    #[error("unknown token")]
    #[close(3000)]
    UnknownToken,
    /// A note is longer than a note may be.
    #[error("too long by {0} characters")]
    #[close(4000)]
    TooLong(usize),
    #[error(transparent)]
    #[close(transparent)]
    Taken(#[from] MemberTaken),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// The notes of each board.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<HashMap<String, Vec<Note>>>>);

impl Notes {
    fn of<T>(&self, board: &str, work: impl FnOnce(&mut Vec<Note>) -> T) -> T {
        work(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(board.to_owned())
                .or_default(),
        )
    }
}

/// Returns the name of a user. A real app looks the token up.
#[dependency]
async fn user(token: BearerToken) -> Result<String, BoardError> {
    let name = token.strip_suffix("-secret").filter(|name| !name.is_empty());
    Ok(name.ok_or(BoardError::UnknownToken)?.to_owned())
}

/// A board that everybody reads and writes.
#[websocket("/boards/<board>")]
async fn board(
    /// The name of the board.
    board: String,
    #[query] since: Option<Position>,
    #[depends(user)] user: String,
    notes: State<Notes>,
    rooms: State<Rooms<Event>>,
    mut ws: WebSocket<Order, Tracked<Event>>,
) -> Result<(), BoardError> {
    let member = rooms.room(&board).join(&user, ws.sender()).since(since).share().await?;
    // The notes change and are told in one step, so that nobody gets a board and then a note that is on it already.
    if !member.recovery().is_recovered() {
        notes.of(&board, |notes| {
            ws.sender().try_send(Event::Board { notes: notes.clone() })
        })?;
    }
    loop {
        match ws.recv().await? {
            Order::Pin { text } => {
                let length = text.chars().count();
                if length > LONGEST {
                    return Err(BoardError::TooLong(length - LONGEST));
                }
                let note = Note { by: user.clone(), text };
                notes.of(&board, |notes| {
                    notes.push(note.clone());
                    member.broadcast(&Event::Pinned { note })
                })?;
            }
            Order::Clear => notes.of(&board, |notes| {
                notes.clear();
                member.broadcast(&Event::Cleared { by: user.clone() })
            })?,
        }
    }
}

fn app() -> App {
    let history = History::last(256).within(Duration::from_mins(2));
    App::new()
        .state(Notes::default())
        .state(Rooms::<Event>::new().history(history))
        .routes(routes![board])
        .docs("/docs")
        .asyncapi_at("/asyncapi.json")
        .fallback(service_fn(page::page))
}

/// Writes the client, or fails if the one that is there is another one.
fn typescript(app: &App, is_check: bool) -> Result<(), Box<dyn Error>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/board/client.ts");
    let client = app.typescript();
    if !is_check {
        fs::write(path, client)?;
    } else if fs::read_to_string(path)? != client {
        return Err("client.ts is not up to date: run this without `check`".into());
    }
    Ok(())
}

#[tokio::main]
pub(super) async fn main() -> Result<(), Box<dyn Error>> {
    let app = app();
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "typescript") {
        return typescript(
            &app,
            arguments.get(1).is_some_and(|second| second == "check"),
        );
    }
    app.serve(examples::listen().await?).await?;
    Ok(())
}

#[test]
fn the_client_is_up_to_date() {
    typescript(&app(), true).unwrap();
}
