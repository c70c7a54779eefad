//! Notes in `SQLite`, by `sqlx`: an unknown note closes with 4404, and a database that has no connection left with 1013.
//!
//! ```sh
//! cargo run -p cookbook --bin sqlite
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/notes/1 '{"type":"write","text":"buy milk"}'
//! ```

use std::{error::Error, time::Duration};

use serde::{Deserialize, Serialize};
use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};
use ws_runtime::{
    App, CloseError, SocketError, State, WebSocket, dependency, routes, websocket,
};

/// Everything that can end a `notes` connection.
#[derive(Debug, thiserror::Error, CloseError)]
enum NoteError {
    #[error("no note {0}")]
    #[close(4404)]
    NotFound(i64),
    /// A client may come back: 1013 says so.
    #[error("database is busy")]
    #[close(1013)]
    Busy,
    /// The client is told nothing of the cause, which is logged.
    #[error("database: {0}")]
    #[close(1011)]
    Database(sqlx::Error),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

impl From<sqlx::Error> for NoteError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => Self::Busy,
            error => Self::Database(error),
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum In {
    Read,
    Write {
        text: String,
    },
    /// Holds a connection of the pool until `Unlock`, as a long transaction would.
    Lock,
    Unlock,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Out {
    Note { text: String },
    Written,
    Locked,
    Unlocked,
}

/// A note that exists.
struct Note {
    id: i64,
    pool: SqlitePool,
}

/// Finds the note, or refuses the connection before it is accepted.
#[dependency]
async fn note(id: i64, State(pool): State<SqlitePool>) -> Result<Note, NoteError> {
    let found = sqlx::query("SELECT 1 FROM notes WHERE id = ?")
        .bind(id)
        .fetch_optional(&pool)
        .await?;
    found.ok_or(NoteError::NotFound(id))?;
    Ok(Note { id, pool })
}

#[websocket("/notes/<id>")]
async fn notes(
    #[depends(note)] note: Note,
    mut ws: WebSocket<In, Out>,
) -> Result<(), NoteError> {
    let Note { id, pool } = note;
    let mut lock = None;
    loop {
        match ws.recv().await? {
            In::Read => {
                let (text,) = sqlx::query_as("SELECT text FROM notes WHERE id = ?")
                    .bind(id)
                    .fetch_one(&pool)
                    .await?;
                ws.send(Out::Note { text }).await?;
            }
            In::Write { text } => {
                sqlx::query("UPDATE notes SET text = ? WHERE id = ?")
                    .bind(text)
                    .bind(id)
                    .execute(&pool)
                    .await?;
                ws.send(Out::Written).await?;
            }
            In::Lock => {
                lock = Some(pool.acquire().await?);
                ws.send(Out::Locked).await?;
            }
            In::Unlock => {
                drop(lock.take());
                ws.send(Out::Unlocked).await?;
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A database in memory belongs to its connections, so all of the pool share one,
    // which lives as long as the pool.
    let pool = SqlitePoolOptions::new()
        .min_connections(2)
        .max_connections(2)
        .acquire_timeout(Duration::from_millis(500))
        .idle_timeout(None)
        .max_lifetime(None)
        .connect("sqlite:file:notes?mode=memory&cache=shared")
        .await?;
    sqlx::query("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        .execute(&pool)
        .await?;
    sqlx::query("INSERT INTO notes VALUES (1, 'first'), (2, 'second')")
        .execute(&pool)
        .await?;
    let listener = examples::listen().await?;
    App::new().routes(routes![notes]).state(pool).serve(listener).await?;
    Ok(())
}
