//! Who holds an ID when processes hear of it late.

use std::time::Duration;

use ws_runtime::{
    App, Message, Result, State, WebSocket,
    rooms::{Redis, Rooms},
    routes, websocket,
};
use ws_tests::{RedisServer, Server, room::until, within};

use super::{
    support::{Cable, redis},
    tracked::Process,
};

#[tokio::test]
async fn a_connection_that_took_its_id_back_keeps_it() {
    let server = RedisServer::start().await;
    let cable = Cable::plug(&server).await;
    let by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL");
    let (here, there) = (Process::start(by_cable).await, Process::start(redis(&server)).await);
    let first = here.join("/lobby/ann", None).await;
    // From here on, one process hears late that the other has taken the ID.
    cable.stall();
    let second = there.join("/lobby/ann", None).await;
    let (mut third, ()) = tokio::join!(here.join("/lobby/ann", None), async {
        assert_eq!(first.client.end().await.close(), (4001, "replaced by a newer connection"));
        cable.resume();
    });
    assert_eq!(second.client.end().await.close(), (4001, "replaced by a newer connection"));
    third.say("all here").await;
    assert_eq!(third.message().await, "here");
    until(&there.rooms, "lobby", &["ann"]).await;
}

#[websocket("/<room>/<id>")]
async fn shared(room: String, id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let member = rooms.room(&room).join(&id, ws.sender()).share().await?;
    ws.send_text("joined").await?;
    ws.recv().await?;
    drop(member);
    ws.send_text("left").await?;
    Ok(())
}

#[tokio::test]
async fn a_shared_id_is_free_when_the_last_connection_is_not_the_newest() {
    let server = RedisServer::start().await;
    let start = async || {
        let rooms = Rooms::<Message>::new().redis(redis(&server)).expect("a URL");
        (Server::start(App::new().state(rooms.clone()).routes(routes![shared])).await, rooms)
    };
    let ((here, _), (_there, others)) = (start().await, start().await);
    // A room that nobody holds begins anew, and knows nobody at first.
    let _room = others.room("lobby");
    let mut older = here.at("/lobby/ann").open().await;
    assert_eq!(older.text().await, "joined");
    let mut newer = here.at("/lobby/ann").open().await;
    assert_eq!(newer.text().await, "joined");
    until(&others, "lobby", &["ann"]).await;
    for client in [&mut newer, &mut older] {
        client.send("leave").await;
        assert_eq!(client.text().await, "left");
    }
    within("the ID to be free", until(&others, "lobby", &[])).await;
}

/// A process claims the IDs of its members when it finds Redis. One that came to take an ID then does so.
#[tokio::test]
async fn an_id_is_taken_although_redis_is_found_later() {
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL");
    let (here, there) = (Process::start(redis(&server)).await, Process::start(by_cable).await);
    let ann = here.join("/lobby/ann", None).await;
    there.connected().await;
    cable.cut().await;
    there.failed().await;
    let mut back = there.join("/lobby/ann", None).await;
    cable.mend().await;
    assert_eq!(ann.client.end().await.close(), (4001, "replaced by a newer connection"));
    back.say("all hello").await;
    while back.next().await.is_none_or(|text| text != "hello") {}
}

/// The claim of a connection that is lost may reach Redis after that of the connection that its client has now.
#[tokio::test]
async fn an_id_is_not_taken_by_a_claim_that_comes_late() {
    let server = RedisServer::start().await;
    let cable = Cable::plug(&server).await;
    let by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL");
    let (here, there) = (Process::start(by_cable).await, Process::start(redis(&server)).await);
    here.connected().await;
    there.connected().await;
    cable.stall();
    let late = here.open("/lobby/ann").await;
    // Processes know the time of Redis as exactly as it answers quickly. The claim waits for two seconds.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut now = there.join("/lobby/ann", None).await;
    cable.resume();
    assert_eq!(late.end().await.close(), (4001, "replaced by a newer connection"));
    now.say("all hello").await;
    assert_eq!(now.message().await, "hello");
}

/// A process that dies says nothing. Its members come back to others before their IDs are free, and miss nothing.
#[tokio::test]
async fn members_of_a_process_that_died_miss_nothing_elsewhere() {
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let lease = Duration::from_secs(2);
    let by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL").lease(lease);
    let here = Process::start(by_cable).await;
    let there = Process::start(redis(&server).lease(lease)).await;
    let mut ann = here.join("/lobby/ann", None).await;
    let _bob = here.join("/lobby/bob", None).await;
    let mut eve = there.join("/lobby/eve", None).await;
    eve.say("all one").await;
    assert_eq!((ann.message().await, eve.message().await), ("one".into(), "one".into()));
    cable.cut().await;
    eve.say("all two").await;
    assert_eq!(eve.message().await, "two");
    let mut back = there.join("/lobby/ann", Some(&ann.position)).await;
    assert_eq!(back.told, [r#"{"recovered":1}"#, "two"]);
    // The farewell of a member that does not come back has a place, and is said once.
    assert_eq!((back.message().await, eve.message().await), ("bob left".into(), "bob left".into()));
    eve.say("all three").await;
    assert_eq!((back.message().await, eve.message().await), ("three".into(), "three".into()));
    assert_eq!(back.position, eve.position);
}
