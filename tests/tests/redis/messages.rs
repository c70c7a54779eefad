//! What members in other processes receive.

use std::time::Duration;

use ws_runtime::{
    Close, Message, close_code,
    rooms::{Redis, Rooms},
};
use ws_tests::{
    RedisServer,
    room::{join, until},
    within,
};

use super::support::{app, redis};

#[tokio::test]
async fn a_message_reaches_the_members_in_other_processes_once() {
    let server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server)).await;
    let (there, _) = app(redis(&server)).await;
    let mut ann = join(&here, "/lobby/ann").await;
    let mut bob = join(&there, "/lobby/bob").await;
    let mut eve = join(&there, "/lobby/eve").await;
    let mut far = join(&there, "/elsewhere/ann").await;
    until(&rooms, "lobby", &["ann", "bob", "eve"]).await;

    ann.send("all one").await;
    ann.send("others two").await;
    ann.send("but-bob three").await;
    ann.send("bob four").await;
    ann.send("bytes f\u{0}ve").await;
    ann.send("room six").await;
    for expected in ["one", "three", "f\0ve", "six"] {
        assert_eq!(ann.next().await.into_data(), expected);
    }
    for expected in ["one", "two", "four", "f\0ve", "six"] {
        let message = bob.next().await;
        assert_eq!(message.is_binary(), expected == "f\0ve", "the kind is kept");
        assert_eq!(message.into_data(), expected);
    }
    for expected in ["one", "two", "three", "f\0ve", "six"] {
        assert_eq!(eve.next().await.into_data(), expected);
    }
    // This arrives after everything that Redis had to send.
    eve.send("others more").await;
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.text().await, "more", "nothing comes twice");
    }
    ann.send("others last").await;
    for client in [&mut bob, &mut eve] {
        assert_eq!(client.text().await, "last", "nothing comes twice");
    }
    assert_eq!(far.ask("members").await, "ann", "rooms have nothing to do with each other");
}

#[tokio::test]
async fn a_prefix_keeps_apps_apart() {
    let server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server).prefix("one:")).await;
    let (there, others) = app(redis(&server).prefix("two:")).await;
    let mut ann = join(&here, "/lobby/ann").await;
    let mut same = join(&there, "/lobby/ann").await;
    ann.send("all hello").await;
    assert_eq!(ann.text().await, "hello");
    rooms.flush().await;
    assert_eq!(same.ask("members").await, "ann");
    others.flush().await;
}

#[tokio::test]
async fn a_farewell_comes_behind_all_else_that_the_member_sent() {
    let server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server)).await;
    let (there, _) = app(redis(&server)).await;
    let mut ann = join(&here, "/lobby/ann").await;
    for command in ["return", "error", "panic"] {
        let mut bob = join(&there, "/lobby/bob").await;
        until(&rooms, "lobby", &["ann", "bob"]).await;
        for number in 0..50 {
            bob.send(format!("others {number}")).await;
        }
        bob.send(command).await;
        for number in 0..50 {
            assert_eq!(ann.text().await, number.to_string());
        }
        assert_eq!(ann.text().await, "bob left", "after {command}");
        bob.end().await;
    }
}

#[tokio::test]
async fn nothing_is_left_in_redis() {
    let server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server)).await;
    for number in 0..10 {
        join(&here, &format!("/{number}/ann")).await.leave(None).await;
    }
    let stays = join(&here, "/lobby/ann").await;
    until(&rooms, "9", &[]).await;
    rooms.flush().await;
    assert_eq!(server.keys().await, 3, "the leases, what the process holds, and one room");
    stays.leave(None).await;
    drop((here, rooms));
    within("the bridge to end", async {
        while server.keys().await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[test]
fn a_bad_url_is_a_typed_error() {
    for url in ["", "localhost", "http://localhost", "redis://", "rediss://"] {
        let error = Rooms::<Message>::new().redis(url).expect_err(url);
        assert!(error.to_string().starts_with("not the URL of a Redis server: "), "{error}");
    }
    let debug = format!("{:?}", Redis::open("redis://:secret@localhost").expect("a URL"));
    assert!(!debug.contains("secret"), "{debug}");
}

#[tokio::test]
async fn a_kick_and_a_close_reach_members_in_other_processes() {
    let server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server)).await;
    let (there, others) = app(redis(&server)).await;
    let mut ann = join(&here, "/lobby/ann").await;
    let bob = join(&there, "/lobby/bob").await;
    let eve = join(&there, "/lobby/eve").await;
    until(&rooms, "lobby", &["ann", "bob", "eve"]).await;
    let lobby = rooms.room("lobby");
    lobby.send_to("bob", &"mind your words".into()).unwrap();
    lobby.kick("bob", Close::new(close_code!(4001), "rüde")).unwrap();
    let end = bob.end().await;
    assert_eq!((end.close(), &*end.messages), ((4001, "rüde"), &["mind your words".to_owned()][..]));
    assert_eq!(ann.text().await, "bob left");
    until(&rooms, "lobby", &["ann", "eve"]).await;
    assert!(lobby.kick("bob", Close::new(close_code!(4001), "again")).is_err());

    others.room("lobby").close(Close::new(close_code!(4000), "over"));
    for client in [ann, eve] {
        assert_eq!(client.end().await.close(), (4000, "over"));
    }
    until(&rooms, "lobby", &[]).await;
    let mut ann = join(&here, "/lobby/ann").await;
    assert_eq!(ann.ask("members").await, "ann");
}
