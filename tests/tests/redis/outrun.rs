//! What rooms do at once must not outrun what they have to hear from Redis first.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;
use ws_runtime::{
    Close, close_code,
    rooms::{History, PresenceChange},
};
use ws_tests::{RedisServer, room::until, within};

use super::{support::redis, tracked::Process};

/// Several times as much as Redis lets wait for one client here.
const ROOMS: usize = 32;

/// Redis drops a client that does not take fast enough what it is told, and a new process has to be told a lot.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_process_learns_what_many_rooms_remember() {
    let server = RedisServer::start().await;
    let set = server.tell("CONFIG SET client-output-buffer-limit \"pubsub 12mb 0 0\"").await;
    assert!(set.starts_with("+OK"), "{set}");
    let history = || History::last(64).within(Duration::from_mins(5));
    let here = Process::with(redis(&server), history()).await;
    here.connected().await;
    let names: Vec<_> = (0..ROOMS).map(|number| format!("room{number}")).collect();
    let rooms: Vec<_> = names.iter().map(|name| here.rooms.room(name)).collect();
    let text = "x".repeat(64 * 1024);
    for _ in 0..15 {
        for room in &rooms {
            room.broadcast(&text).expect("text");
        }
        here.rooms.flush().await;
    }
    assert_eq!(here.rooms.bridge_dropped(), 0);

    let there = Arc::new(Process::with(redis(&server), history()).await);
    let mut joins = JoinSet::new();
    for name in names {
        let there = Arc::clone(&there);
        joins.spawn(async move { there.join(&format!("/{name}/ann"), None).await });
    }
    let mut members = joins.join_all().await;
    there.connected().await;
    for room in &rooms {
        room.broadcast(&"live".to_owned()).expect("text");
    }
    for member in &mut members {
        assert_eq!(member.said().await, "live");
    }
}

#[tokio::test]
async fn a_close_comes_after_what_was_sent_before() {
    let server = RedisServer::start().await;
    let (here, there) = (Process::start(redis(&server)).await, Process::start(redis(&server)).await);
    let room = here.rooms.room("lobby");
    let (ann, bob) = (here.join("/lobby/ann", None).await, here.join("/lobby/bob", None).await);
    let eve = there.join("/lobby/eve", None).await;
    until(&here.rooms, "lobby", &["ann", "bob", "eve"]).await;

    room.send_to("bob", &"you spoke too much".to_owned()).expect("he is there");
    room.kick("bob", Close::new(close_code!(4003), "kicked")).expect("he is there");
    let end = bob.client.end().await;
    assert_eq!(end.close(), (4003, "kicked"));
    assert!(end.messages.iter().any(|message| message.contains("you spoke too much")), "{end:?}");

    room.broadcast(&"sold".to_owned()).expect("text");
    room.close(Close::new(close_code!(4000), "the auction is over"));
    for member in [ann, eve] {
        let end = member.client.end().await;
        assert_eq!(end.close(), (4000, "the auction is over"));
        assert!(end.messages.iter().any(|message| message.contains("sold")), "{end:?}");
    }
}

/// While Redis is away, messages wait for it. A close does not, because nobody knows how long it takes.
#[tokio::test]
async fn a_close_does_not_wait_until_redis_is_back() {
    let mut server = RedisServer::start().await;
    let here = Process::start(redis(&server)).await;
    let ann = here.join("/lobby/ann", None).await;
    server.kill().await;
    here.failed().await;
    let room = here.rooms.room("lobby");
    room.broadcast(&"sold".to_owned()).expect("text");
    room.close(Close::new(close_code!(4000), "the auction is over"));
    assert_eq!(ann.client.end().await.close(), (4000, "the auction is over"));
}

#[tokio::test]
async fn a_retained_message_reaches_a_new_member_once_although_redis_is_silent() {
    let server = RedisServer::start().await;
    let here = Process::start(redis(&server).timeout(Duration::from_millis(300))).await;
    let _ann = here.join("/lobby/ann", None).await;
    server.signal("STOP").await;
    let room = here.rooms.room("lobby");
    room.broadcast_retained(&"price".to_owned()).expect("text");
    let mut bob = here.join("/lobby/bob", None).await;
    server.signal("CONT").await;
    room.broadcast(&"end".to_owned()).expect("text");
    let before = bob.told.iter().filter(|text| *text == "price").count();
    let mut after = Vec::new();
    while after.last().is_none_or(|text| text != "end") {
        after.push(bob.said().await);
    }
    let after = after.iter().filter(|text| *text == "price").count();
    assert_eq!(before + after, 1, "{:?}", bob.told);
    // Those who come later get it from the room.
    let eve = here.join("/lobby/eve", None).await;
    assert!(eve.told.iter().any(|text| text == "price"), "{:?}", eve.told);
}

#[tokio::test]
async fn a_second_connection_takes_nothing_back_that_the_member_told() {
    let server = RedisServer::start().await;
    let (here, there) = (Process::start(redis(&server)).await, Process::start(redis(&server)).await);
    let mut presence = there.rooms.room("lobby").presence();
    let mut ann = here.join("/lobby/ann", None).await;
    ann.say("meta busy").await;
    let mut seen = async |expected: &str| {
        let is_expected = |change: &PresenceChange| match change {
            PresenceChange::Changed { meta: Some(meta), .. }
            | PresenceChange::Joined { meta: Some(meta), .. } => meta.json() == expected,
            _ => false,
        };
        let mut changes = Vec::new();
        while !changes.last().is_some_and(is_expected) {
            changes.push(within("a change", presence.next()).await);
        }
        changes
    };
    seen(r#""busy""#).await;
    let mut back = here.join("/lobby/ann", None).await;
    back.say("meta away").await;
    let changes = seen(r#""away""#).await;
    assert_eq!(changes.len(), 1, "{changes:?}");
}
