//! A server that speaks in rooms by itself, and lets its clients speak.

use std::{io::Read as _, process, thread, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, time::sleep};
use ws_runtime::{
    App, Result, State, WebSocket,
    rooms::{History, Position, Redis, Room, Rooms, Tracked},
    routes, websocket,
};

use crate::Failure;

/// What is said in rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// The name of a server or a client. In private messages, a server has a name for each recipient.
    pub(crate) by: String,
    /// Counts what the speaker says.
    pub(crate) number: u64,
    /// Makes messages differ in length.
    pub(crate) filler: String,
}

#[websocket("/<room>/<id>")]
async fn member(
    room: String,
    id: String,
    #[query] since: Option<Position>,
    rooms: State<Rooms<Said>>,
    mut ws: WebSocket<Said, Tracked<Said>>,
) -> Result {
    let member = rooms.room(&room).join(&id, ws.sender()).since(since).replace().await?;
    loop {
        member.broadcast(&ws.recv().await?)?;
    }
}

/// Runs until standard input ends.
pub(crate) async fn run(url: &str, name: &str, seed: &str) -> Result<bool, Failure> {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        process::exit(0);
    });
    let mut random = fastrand::Rng::with_seed(seed.parse()?);
    let redis = Redis::open(url)?.lease(Duration::from_secs(3)).timeout(Duration::from_secs(1));
    let history = History::last(4000).within(Duration::from_mins(1));
    let rooms = Rooms::<Said>::new().history(history).redis(redis)?;
    for number in 0..2 {
        let room = rooms.room(&format!("room{number}"));
        tokio::spawn(speak(room, name.to_owned(), random.fork()));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    App::new()
        .state(rooms)
        .routes(routes![member])
        .ping_interval(Duration::from_secs(2))
        .pong_timeout(Duration::from_secs(2))
        .serve(listener)
        .await?;
    Ok(true)
}

async fn speak(room: Room<Said>, name: String, mut random: fastrand::Rng) {
    let mut number = 0;
    let mut private = std::collections::HashMap::<String, u64>::new();
    loop {
        sleep(Duration::from_millis(random.u64(2..40))).await;
        let filler = "x".repeat(random.usize(0..400));
        number += 1;
        let said = Said { by: name.clone(), number, filler };
        if room.broadcast(&said).is_err() {
            return;
        }
        if random.u8(0..4) == 0
            && let Some(to) = random.choice(room.members())
        {
            let next = private.get(&to).map_or(1, |number| number + 1);
            let said = Said { by: format!("{name} to {to}"), number: next, filler: String::new() };
            if room.send_to(&to, &said).is_ok() {
                private.insert(to, next);
            }
        }
    }
}
