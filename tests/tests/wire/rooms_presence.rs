//! Who is in a room, and what they tell of themselves, as differences.

use serde::{Deserialize, Serialize};
use ws_runtime::{
    App, Message, Result, State, WebSocket,
    rooms::{Presence, PresenceChange, Rooms},
    routes, websocket,
};
use ws_tests::{Client, Server, within};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Status {
    status: String,
}

/// Tells the room what its client says.
#[websocket("/status/<id>")]
async fn status(id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let member = rooms.room("lobby").join(&id, ws.sender()).share().await?;
    ws.send_text("joined").await?;
    loop {
        let status = ws.recv_text().await?.to_string();
        match member.set_meta(&Status { status }) {
            Ok(()) => ws.send_text("set").await?,
            Err(error) => ws.send_text(error.to_string()).await?,
        }
    }
}

async fn join(server: &Server, id: &str) -> Client {
    let mut client = server.at(&format!("/status/{id}")).open().await;
    assert_eq!(client.text().await, "joined");
    client
}

async fn next(presence: &mut Presence) -> String {
    match within("a change", presence.next()).await {
        PresenceChange::Joined { id, meta } => {
            format!("+{id} {}", meta.as_ref().map_or("-", |meta| meta.json()))
        }
        PresenceChange::Left { id } => format!("-{id}"),
        PresenceChange::Changed { id, meta } => {
            let status: Status = meta.expect("a status").get().expect("a status");
            format!("{id}: {}", status.status)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn presence_is_told_as_differences() {
    let rooms = Rooms::<Message>::new();
    let server = Server::start(App::new().state(rooms.clone()).routes(routes![status])).await;
    let room = rooms.room("lobby");
    let mut ann = join(&server, "ann").await;
    assert_eq!(ann.ask("busy").await, "set");
    let mut presence = room.presence();
    assert_eq!(next(&mut presence).await, r#"+ann {"status":"busy"}"#, "who is there is told first");
    let mut bob = join(&server, "bob").await;
    assert_eq!(next(&mut presence).await, "+bob -");
    assert_eq!(bob.ask("away").await, "set");
    assert_eq!(next(&mut presence).await, "bob: away");
    assert_eq!(room.meta("bob").expect("a status").json(), r#"{"status":"away"}"#);

    // A second window of a person is no second person, and nor does the first to close end it.
    let second = join(&server, "bob").await;
    bob.leave(None).await;
    assert_eq!(ann.ask("back").await, "set");
    assert_eq!(next(&mut presence).await, "ann: back");
    second.leave(None).await;
    assert_eq!(next(&mut presence).await, "-bob");
    assert_eq!(room.meta("bob"), None);
    // What a member told of itself ends with it.
    let _bob = join(&server, "bob").await;
    assert_eq!(next(&mut presence).await, "+bob -");
}

#[tokio::test]
async fn metadata_is_bounded() {
    let rooms = Rooms::<Message>::new();
    let server = Server::start(App::new().state(rooms.clone()).routes(routes![status])).await;
    let mut ann = join(&server, "ann").await;
    let most = 4096 - r#"{"status":""}"#.len();
    assert_eq!(ann.ask(&"x".repeat(most)).await, "set");
    let refused = ann.ask(&"x".repeat(most + 1)).await;
    assert!(refused.contains("the metadata of a member has more than 4 KiB"), "{refused}");
    assert_eq!(rooms.room("lobby").meta("ann").expect("the first").json().len(), 4096);
}

/// Sets a farewell if its client says one.
#[websocket("/windows/<id>")]
async fn windows(id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let member = rooms.room("lobby").join(&id, ws.sender()).share().await?;
    ws.send_text("joined").await?;
    loop {
        member.set_farewell(&ws.recv().await?)?;
        ws.send_text("set").await?;
    }
}

#[tokio::test]
async fn a_farewell_is_said_after_the_last_connection_whichever_set_it() {
    let rooms = Rooms::<Message>::new();
    let server = Server::start(App::new().state(rooms.clone()).routes(routes![windows])).await;
    let open = async |id: &str| {
        let mut client = server.at(&format!("/windows/{id}")).open().await;
        assert_eq!(client.text().await, "joined");
        client
    };
    let (mut ann, mut first, second) = (open("ann").await, open("bob").await, open("bob").await);
    assert_eq!(first.ask("bob left").await, "set");
    first.leave(None).await;
    second.leave(None).await;
    assert_eq!(ann.text().await, "bob left");
    // One of its own goes before.
    let (mut first, mut second) = (open("bob").await, open("bob").await);
    assert_eq!((first.ask("first").await, second.ask("second").await), ("set".into(), "set".into()));
    first.leave(None).await;
    second.leave(None).await;
    assert_eq!(ann.text().await, "second");
}
