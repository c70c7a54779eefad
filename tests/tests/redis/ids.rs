//! Who has an ID, among all processes.

use std::time::Duration;

use ws_runtime::{
    App, Message, Result, State, WebSocket,
    rooms::{Redis, Rooms},
    routes, websocket,
};
use ws_tests::{
    RedisServer, Server,
    room::{join, until},
};

use super::support::{Cable, app, away, catch_up, connected, redis};

#[tokio::test]
async fn a_new_member_knows_who_is_there() {
    let server = RedisServer::start().await;
    let (here, _) = app(redis(&server)).await;
    let (there, _) = app(redis(&server)).await;
    let _ann = join(&here, "/lobby/ann").await;
    let _bob = join(&here, "/lobby/bob").await;
    let mut eve = join(&there, "/lobby/eve").await;
    assert_eq!(eve.ask("members").await, "eve ann bob");
}

#[tokio::test]
async fn an_id_is_unique_among_processes() {
    let server = RedisServer::start().await;
    let (here, _) = app(redis(&server)).await;
    let (there, _) = app(redis(&server)).await;
    let mut bob = join(&here, "/lobby/bob").await;
    let second = there.at("/lobby/bob").end().await;
    assert_eq!(second.close(), (1008, "member ID already in use"));
    assert!(second.messages.is_empty());
    assert_eq!(bob.ask("members").await, "bob");

    let mut ann = join(&there, "/lobby/ann").await;
    bob.leave(Some((1000, ""))).await;
    assert_eq!(ann.text().await, "bob left");
    let _bob = join(&there, "/lobby/bob").await;
}

/// Many processes claim an ID at the same time, and one of them gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_claim_wins() {
    let server = RedisServer::start().await;
    let mut apps = Vec::new();
    for _ in 0..4 {
        apps.push(app(redis(&server)).await);
    }
    for round in 0..20 {
        let target = format!("/{round}/bob");
        let clients = apps.iter().map(|(app, _)| {
            let connect = app.at(&target);
            tokio::spawn(async move {
                let mut client = connect.open().await;
                let first = client.next().await;
                (client, first.is_text())
            })
        });
        let mut winners = 0;
        let mut clients_open = Vec::new();
        for client in clients.collect::<Vec<_>>() {
            let (client, won) = client.await.expect("a client does not panic");
            winners += usize::from(won);
            clients_open.push(client);
        }
        assert_eq!(winners, 1, "in round {round}");
    }
}

/// Does not notice that its client has left.
#[websocket("/<room>/<id>/busy")]
async fn busy(room: String, id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let member = rooms.room(&room).join(&id, ws.sender()).await?;
    member.set_farewell(&format!("{id} left").into())?;
    ws.send_text("joined").await?;
    std::future::pending().await
}

#[tokio::test]
async fn a_member_whose_connection_is_over_leaves_in_all_processes() {
    let server = RedisServer::start().await;
    let rooms = Rooms::<Message>::new().redis(redis(&server)).expect("a valid URL");
    let busy = App::new()
        .state(rooms.clone())
        .routes(routes![busy])
        .ping_interval(None)
        .close_timeout(Duration::from_millis(200));
    let here = Server::start(busy).await;
    let (there, others) = app(redis(&server)).await;
    let mut ann = join(&there, "/lobby/ann").await;
    let bob = join(&here, "/lobby/bob/busy").await;
    until(&others, "lobby", &["ann", "bob"]).await;
    bob.leave(None).await;
    until(&rooms, "lobby", &["ann"]).await;
    assert_eq!(ann.text().await, "bob left");
    until(&others, "lobby", &["ann"]).await;
    join(&there, "/lobby/bob").await;
}

#[tokio::test]
async fn a_member_that_moved_unseen_has_left_before_it_joins() {
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let redis_by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL");
    let (here, rooms) = app(redis_by_cable).await;
    let (there, others) = app(redis(&server)).await;
    let mut ann = join(&here, "/lobby/ann").await;
    let mut bob = join(&there, "/lobby/bob").await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    catch_up(&mut bob, &mut [&mut ann]).await;
    cable.cut().await;
    away(&rooms).await;
    bob.leave(None).await;
    until(&others, "lobby", &["ann"]).await;
    others.flush().await;
    cable.mend().await;
    connected(&rooms).await;
    let mut bob = join(&here, "/lobby/bob").await;
    assert_eq!(ann.text().await, "bob left");
    assert_eq!(bob.ask("all back").await, "back");
    assert_eq!(ann.text().await, "back");
    assert_eq!(ann.ask("members").await, "ann bob");
}
