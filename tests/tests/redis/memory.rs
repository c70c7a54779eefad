//! Rooms on a Redis that has no memory left.

use std::time::Duration;

use ws_runtime::rooms::History;
use ws_tests::{RedisServer, room::until};

use super::{support::redis, tracked::Process};

#[tokio::test]
async fn only_messages_that_are_remembered_are_refused() {
    let server = RedisServer::start().await;
    let history = || History::last(100).within(Duration::from_mins(5)).only(|room| room.starts_with("kept"));
    let start = || Process::with(redis(&server), history());
    let here = start().await;
    let mut ann = here.join("/plain/ann", None).await;
    let _kept = here.join("/kept/ann", None).await;
    let prices = here.rooms.room("plain");
    prices.retain(&"price".to_owned()).expect("text");
    here.rooms.flush().await;
    let set = server.tell("CONFIG SET maxmemory 100kb").await;
    assert!(set.starts_with("+OK"), "{set}");

    // A process that comes now renews its lease, claims IDs and learns who is there.
    let there = start().await;
    there.connected().await;
    let mut bob = there.join("/plain/bob", None).await;
    let mut eve = there.join("/kept/eve", None).await;
    let mut new = there.join("/kept-new/eve", None).await;
    until(&here.rooms, "plain", &["ann", "bob"]).await;
    assert!(bob.told.iter().any(|text| text == "price"), "{:?}", bob.told);
    bob.say("all hello").await;
    assert_eq!((bob.message().await, ann.message().await), ("hello".into(), "hello".into()));
    prices.broadcast_retained(&"new price".to_owned()).expect("text");
    assert_eq!((bob.message().await, ann.message().await), ("new price".into(), "new price".into()));

    // Neither the first message of a room finds memory nor a later one.
    let kept = [here.rooms.room("kept"), here.rooms.room("kept-new")];
    for room in &kept {
        for _ in 0..2 {
            room.broadcast(&"refused".to_owned()).expect("text");
        }
    }
    here.rooms.flush().await;
    assert_eq!(here.rooms.bridge_dropped(), 4);
    here.connected().await;

    server.tell("CONFIG SET maxmemory 0").await;
    for room in &kept {
        room.broadcast(&"remembered".to_owned()).expect("text");
    }
    assert_eq!((eve.said().await, new.said().await), ("remembered".into(), "remembered".into()));
}
