//! A person with several windows, which are in several processes: one member.

use std::time::Duration;

use ws_runtime::{
    App, Close, Result, State, WebSocket, close_code,
    rooms::{History, Redis, Rooms},
    routes, websocket,
};
use ws_tests::{
    Client, RedisServer, Server,
    room::{join, talk, until},
    within,
};

use super::support::{Cable, connected, redis};

/// Joins as another window of the same person, and carries out commands.
#[websocket("/<room>/<id>/window")]
async fn window(room: String, id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let room = rooms.room(&room);
    let member = room.join(&id, ws.sender()).share().await?;
    member.set_farewell(&format!("{id} left").into())?;
    ws.send_text("joined").await?;
    loop {
        let text = ws.recv_text().await?;
        match text.split_once(' ').unwrap_or((&text, "")) {
            ("all", text) => member.broadcast(&text.into())?,
            ("others", text) => member.broadcast_others(&text.into())?,
            ("meta", text) => member.set_meta(text)?,
            ("to", text) => room.send_to(&id, &text.into())?,
            ("kick", _) => drop(room.kick(&id, Close::new(close_code!(4003), "kicked"))),
            _ => return Ok(()),
        }
    }
}

/// Joins as another window, and says nothing of a farewell.
#[websocket("/<room>/<id>/silent")]
async fn silent(room: String, id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let _member = rooms.room(&room).join(&id, ws.sender()).share().await?;
    ws.send_text("joined").await?;
    ws.recv().await?;
    Ok(())
}

/// Takes an ID from those who have it.
#[websocket("/<room>/<id>/takes")]
async fn takes(room: String, id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let _member = rooms.room(&room).join(&id, ws.sender()).replace().await?;
    ws.send_text("joined").await?;
    ws.recv().await?;
    Ok(())
}

async fn app(redis: Redis, history: Option<History>) -> (Server, Rooms) {
    let rooms = history.map_or_else(Rooms::new, |history| Rooms::new().history(history));
    let rooms = rooms.redis(redis).expect("a valid URL");
    let app =
        App::new().state(rooms.clone()).routes(routes![talk, window, silent, takes]).ping_interval(None);
    (Server::start(app).await, rooms)
}

/// A room of two processes, with a member in each.
struct Lobby {
    here: Server,
    there: Server,
    rooms: Rooms,
    others: Rooms,
    bob: Client,
    eve: Client,
    _redis: RedisServer,
}

impl Lobby {
    async fn open(history: Option<History>) -> Self {
        let server = RedisServer::start().await;
        let (here, rooms) = app(redis(&server), history.clone()).await;
        let (there, others) = app(redis(&server), history).await;
        let bob = join(&here, "/lobby/bob").await;
        let eve = join(&there, "/lobby/eve").await;
        Self { here, there, rooms, others, bob, eve, _redis: server }
    }
}

async fn meta(rooms: &Rooms, id: &str, expected: &str) {
    let room = rooms.room("lobby");
    let mut presence = room.presence();
    within("the metadata", async {
        while room.meta(id).and_then(|meta| meta.get::<String>().ok()).as_deref() != Some(expected) {
            presence.changed().await;
        }
    })
    .await;
}

async fn hear(client: &mut Client, expected: &[&str]) {
    for text in expected {
        assert_eq!(client.text().await, *text);
    }
}

/// Two windows of Ann in two processes, and two others.
async fn one_member(history: Option<History>) {
    let Lobby { here, there, rooms, others, mut bob, mut eve, _redis } = Lobby::open(history).await;
    let mut first = join(&here, "/lobby/ann/window").await;
    first.send("meta busy").await;
    meta(&others, "ann", "busy").await;
    let mut second = join(&there, "/lobby/ann/window").await;
    for rooms in [&rooms, &others] {
        until(rooms, "lobby", &["ann", "bob", "eve"]).await;
        assert_eq!(rooms.room("lobby").len(), 3);
        meta(rooms, "ann", "busy").await;
    }
    second.send("meta away").await;
    for rooms in [&rooms, &others] {
        meta(rooms, "ann", "away").await;
    }

    // What is for Ann reaches both windows, and what is for the others neither.
    first.send("to one").await;
    second.send("others two").await;
    hear(&mut eve, &["two"]).await;
    hear(&mut bob, &["two"]).await;
    bob.send("all three").await;
    hear(&mut first, &["one", "three"]).await;
    hear(&mut second, &["one", "three"]).await;
    hear(&mut bob, &["three"]).await;
    hear(&mut eve, &["three"]).await;
    // An ID with windows is taken.
    for server in [&here, &there] {
        assert_eq!(server.at("/lobby/ann").end().await.close(), (1008, "member ID already in use"));
    }

    // The first window leaves, and Ann is still there.
    first.send("leaves").await;
    assert_eq!(first.end().await.code, Some(1000));
    second.send("all four").await;
    for client in [&mut bob, &mut eve, &mut second] {
        hear(client, &["four"]).await;
    }
    for rooms in [&rooms, &others] {
        until(rooms, "lobby", &["ann", "bob", "eve"]).await;
        meta(rooms, "ann", "away").await;
    }
    // She comes back to the first process, and the other window leaves before this one.
    let mut third = join(&here, "/lobby/ann/window").await;
    second.send("leaves").await;
    assert_eq!(second.end().await.code, Some(1000));
    third.send("all five").await;
    for client in [&mut bob, &mut eve, &mut third] {
        hear(client, &["five"]).await;
    }
    third.send("leaves").await;
    assert_eq!(third.end().await.code, Some(1000));
    for client in [&mut bob, &mut eve] {
        hear(client, &["ann left"]).await;
    }
    for rooms in [&rooms, &others] {
        until(rooms, "lobby", &["bob", "eve"]).await;
    }
    bob.send("all six").await;
    for client in [&mut bob, &mut eve] {
        hear(client, &["six"]).await;
    }
}

#[tokio::test]
async fn windows_in_several_processes_are_one_member() {
    one_member(None).await;
}

#[tokio::test]
async fn windows_in_several_processes_are_one_member_of_a_room_that_remembers() {
    one_member(Some(History::last(100))).await;
}

#[tokio::test]
async fn the_farewell_is_said_once_when_all_windows_close_at_the_same_time() {
    let Lobby { here, there, rooms, others, mut bob, mut eve, _redis } = Lobby::open(None).await;
    for round in 0..50 {
        let windows = [
            join(&here, "/lobby/ann/window").await,
            join(&there, "/lobby/ann/window").await,
            join(&here, "/lobby/ann/window").await,
        ];
        until(&rooms, "lobby", &["ann", "bob", "eve"]).await;
        for window in windows {
            window.leave(None).await;
        }
        for (rooms, client) in [(&rooms, &mut bob), (&others, &mut eve)] {
            until(rooms, "lobby", &["bob", "eve"]).await;
            hear(client, &["ann left"]).await;
        }
        bob.send(format!("all {round}")).await;
        for client in [&mut bob, &mut eve] {
            hear(client, &[&round.to_string()]).await;
        }
    }
}

async fn a_farewell_outlives_its_window(history: Option<History>) {
    let Lobby { here, there, rooms, others, mut bob, mut eve, _redis } = Lobby::open(history).await;
    let mut first = join(&here, "/lobby/ann/window").await;
    let second = join(&there, "/lobby/ann/silent").await;
    until(&rooms, "lobby", &["ann", "bob", "eve"]).await;
    first.send("leaves").await;
    assert_eq!(first.end().await.code, Some(1000));
    // What Redis tells of her reaches the other process before this does.
    bob.send("all hello").await;
    for client in [&mut bob, &mut eve] {
        hear(client, &["hello"]).await;
    }
    second.leave(None).await;
    for (rooms, client) in [(&rooms, &mut bob), (&others, &mut eve)] {
        hear(client, &["ann left"]).await;
        until(rooms, "lobby", &["bob", "eve"]).await;
    }
}

#[tokio::test]
async fn a_farewell_is_said_although_the_last_window_has_none() {
    a_farewell_outlives_its_window(None).await;
    a_farewell_outlives_its_window(Some(History::last(100))).await;
}

#[tokio::test]
async fn all_windows_can_be_replaced_and_kicked() {
    let server = RedisServer::start().await;
    let (here, _) = app(redis(&server), None).await;
    let (there, _) = app(redis(&server), None).await;
    let (third, rooms) = app(redis(&server), None).await;
    let mut bob = join(&there, "/lobby/bob").await;
    let windows = [join(&here, "/lobby/ann/window").await, join(&there, "/lobby/ann/window").await];
    let taker = join(&third, "/lobby/ann/takes").await;
    for window in windows {
        assert_eq!(window.end().await.close(), (4001, "replaced by a newer connection"));
    }
    until(&rooms, "lobby", &["ann", "bob"]).await;
    taker.leave(None).await;
    until(&rooms, "lobby", &["bob"]).await;
    let windows = [join(&here, "/lobby/ann/window").await, join(&there, "/lobby/ann/window").await];
    let mut last = join(&third, "/lobby/ann/window").await;
    last.send("kick").await;
    for window in windows.into_iter().chain([last]) {
        assert_eq!(window.end().await.close(), (4003, "kicked"));
    }
    hear(&mut bob, &["ann left"]).await;
    until(&rooms, "lobby", &["bob"]).await;
}

/// Returns how many processes have Ann, as far as Redis knows.
async fn known(server: &RedisServer) -> usize {
    let answer = server.tell("HGET {ws-runtime:0}:room:lobby ann").await;
    answer.matches("0:tann left").count()
}

#[tokio::test]
async fn windows_stay_one_member_when_redis_forgets_them() {
    let mut server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server), None).await;
    let (there, others) = app(redis(&server), None).await;
    // The first one did not ask to share.
    let mut ann = join(&here, "/lobby/ann").await;
    let mut window = join(&there, "/lobby/ann/window").await;
    let mut bob = join(&there, "/lobby/bob").await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    for _ in 0..3 {
        server.restart().await;
        within("the members to be known to Redis", async {
            while known(&server).await != 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        for rooms in [&rooms, &others] {
            connected(rooms).await;
        }
        ann.send("bob again").await;
        hear(&mut bob, &["again"]).await;
    }
    window.send("to still here").await;
    hear(&mut ann, &["still here"]).await;
    hear(&mut window, &["still here"]).await;
    window.send("leaves").await;
    assert_eq!(window.end().await.code, Some(1000));
    ann.send("return").await;
    hear(&mut bob, &["ann left"]).await;
    until(&others, "lobby", &["bob"]).await;
}

#[tokio::test]
async fn a_process_that_dies_takes_only_its_window_along() {
    const LEASE: Duration = Duration::from_secs(1);
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let url = format!("redis://{}", cable.addr);
    let lost = Redis::open(&url).expect("a URL").lease(LEASE);
    let (here, rooms) = app(redis(&server).lease(LEASE), None).await;
    let (there, _) = app(lost, None).await;
    let mut bob = join(&here, "/lobby/bob").await;
    let mut ann = join(&here, "/lobby/ann/window").await;
    let _lost = join(&there, "/lobby/ann/window").await;
    let mut zoe = join(&there, "/lobby/zoe/window").await;
    zoe.send("meta here").await;
    until(&rooms, "lobby", &["ann", "bob", "zoe"]).await;
    cable.cut().await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    hear(&mut bob, &["zoe left"]).await;
    hear(&mut ann, &["zoe left"]).await;
    ann.send("leaves").await;
    hear(&mut bob, &["ann left"]).await;
    until(&rooms, "lobby", &["bob"]).await;
}
