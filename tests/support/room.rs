//! An endpoint in a room that does what its client says, for the tests of rooms in one process and in several.

use ws_runtime::{
    Close, CloseCode, Message, Result, State, WebSocket,
    rooms::{RoomError, Rooms},
    websocket,
};

use crate::{Client, Server, within};

/// Joins, and carries out commands of the form `verb argument`.
///
/// # Errors
///
/// Fails when a command tells it to.
#[websocket("/<room>/<id>")]
pub async fn talk(room: String, id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let room = rooms.room(&room);
    let member = room.join(&id, ws.sender()).await?;
    member.set_farewell(&format!("{id} left").into())?;
    ws.send_text("joined").await?;
    loop {
        let text = ws.recv_text().await?;
        let (verb, argument) = text.split_once(' ').unwrap_or((&text, ""));
        match verb {
            "all" => member.broadcast(&argument.into())?,
            "others" => member.broadcast_others(&argument.into())?,
            "room" => room.broadcast(&argument.into())?,
            "but-bob" => room.broadcast_except("bob", &argument.into())?,
            "bob" => match room.send_to("bob", &argument.into()) {
                Err(RoomError::NotAMember(error)) => ws.send_text(error.to_string()).await?,
                sent => sent?,
            },
            "bytes" => member.broadcast(&argument.as_bytes().into())?,
            "bye" => member.set_farewell(&Message::from(argument.as_bytes()))?,
            "members" => ws.send_text(room.members().join(" ")).await?,
            "panic" => panic!("as told"),
            "error" => Err(Close::new(CloseCode::POLICY_VIOLATION, "as told"))?,
            "return" => return Ok(()),
            other => panic!("no such verb: {other}"),
        }
    }
}

/// Joins as a client.
pub async fn join(server: &Server, target: &str) -> Client {
    let mut client = server.at(target).open().await;
    assert_eq!(client.text().await, "joined");
    client
}

/// Waits until the room has exactly these members, in any order.
pub async fn until<Out, C>(rooms: &Rooms<Out, C>, room: &str, expected: &[&str]) {
    let mut presence = rooms.room(room).presence();
    within("the members to be those expected", async {
        loop {
            let mut members = presence.members();
            members.sort_unstable();
            if members == expected {
                return;
            }
            presence.changed().await;
        }
    })
    .await;
}
