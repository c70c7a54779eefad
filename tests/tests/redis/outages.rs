//! Rooms while Redis is away, slow or lost, and afterwards.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use ws_runtime::{
    App, Message,
    rooms::{Redis, Rooms},
    routes,
};
use ws_tests::{
    RedisServer, Server,
    room::{join, talk, until},
    within,
};

use super::{
    roomed::Process,
    support::{Cable, app, away, catch_up, connected, ends, last, redis},
};

#[tokio::test]
async fn rooms_go_on_while_redis_is_away() {
    let mut server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server).queue(3).lease(Duration::from_secs(4))).await;
    let (there, others) = app(redis(&server).lease(Duration::from_secs(4))).await;
    let mut ann = join(&here, "/lobby/ann").await;
    let mut bob = join(&there, "/lobby/bob").await;
    let mut gone = join(&there, "/lobby/gone").await;
    until(&rooms, "lobby", &["ann", "bob", "gone"]).await;
    catch_up(&mut bob, &mut [&mut ann, &mut gone]).await;

    server.kill().await;
    away(&rooms).await;
    away(&others).await;
    let mut eve = join(&here, "/lobby/eve").await;
    for number in 0..5 {
        ann.send(format!("all {number}")).await;
        for client in [&mut ann, &mut eve] {
            assert_eq!(client.text().await, number.to_string());
        }
    }
    assert_eq!(rooms.bridge_dropped(), 2);
    assert_eq!(ann.ask("members").await, "ann eve bob gone", "as far as is known");
    // Without Redis, an ID is unique in its process only.
    let mut first = join(&here, "/lobby/dup").await;
    let mut second = join(&there, "/lobby/dup").await;
    gone.send("return").await;
    assert_eq!(bob.text().await, "gone left");
    assert_eq!(second.text().await, "gone left");

    server.restart().await;
    connected(&rooms).await;
    connected(&others).await;
    // One of the two has to leave, and the members of its process receive the farewell. (What waited for Redis is lost for a
    // process that is not connected yet.)
    let winner = tokio::select! {
        () = ends(&mut first) => "there",
        () = ends(&mut second) => "here",
    };
    let mut heard = Vec::new();
    if winner == "there" {
        heard.extend(last(&mut ann, "dup left").await);
    } else {
        last(&mut bob, "dup left").await;
    }
    let third = if winner == "here" { &there } else { &here }.at("/lobby/dup").end().await;
    assert_eq!(third.close(), (1008, "member ID already in use"));
    for app in [&here, &there] {
        for id in ["ann", "bob", "eve"] {
            let taken = app.at(&format!("/lobby/{id}")).end().await;
            assert_eq!(taken.close(), (1008, "member ID already in use"), "{id} was claimed anew");
        }
    }
    bob.send("room back").await;
    heard.extend(last(&mut ann, "back").await);
    last(&mut bob, "back").await;
    // Nobody could learn that it left. It is given up when its lease expires, which may have happened by now.
    if !heard.iter().any(|text| text == "gone left") {
        last(&mut ann, "gone left").await;
    }
    until(&rooms, "lobby", &["ann", "bob", "dup", "eve"]).await;
}

#[tokio::test]
async fn a_process_that_lost_redis_alone_catches_up() {
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let redis_by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL");
    let (here, rooms) = app(redis_by_cable.queue(3)).await;
    let (there, others) = app(redis(&server)).await;
    let mut ann = join(&here, "/lobby/ann").await;
    let mut bob = join(&there, "/lobby/bob").await;
    let mut gone = join(&here, "/lobby/gone").await;
    until(&others, "lobby", &["ann", "bob", "gone"]).await;
    catch_up(&mut ann, &mut [&mut bob, &mut gone]).await;

    cable.cut().await;
    away(&rooms).await;
    assert_eq!(gone.ask("all first").await, "first");
    assert_eq!(ann.text().await, "first");
    for number in 0..4 {
        ann.send(format!("others {number}")).await;
        assert_eq!(gone.text().await, number.to_string());
    }
    gone.leave(None).await;
    assert_eq!(ann.text().await, "gone left");
    let _new = join(&here, "/lobby/new").await;
    assert_eq!(rooms.bridge_dropped(), 2);
    assert_eq!(bob.ask("members").await, "bob ann gone", "nobody could tell");

    cable.mend().await;
    connected(&rooms).await;
    for expected in ["first", "0", "1", "gone left"] {
        assert_eq!(bob.text().await, expected);
    }
    until(&others, "lobby", &["ann", "bob", "new"]).await;
    bob.send("others back").await;
    assert_eq!(ann.text().await, "back");
}

#[tokio::test]
async fn what_waits_while_redis_hangs_is_sent_later() {
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let redis_by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL");
    let (here, rooms) = app(redis_by_cable.timeout(Duration::from_millis(300))).await;
    let (there, _) = app(redis(&server)).await;
    let mut ann = join(&here, "/lobby/ann").await;
    let mut bob = join(&there, "/lobby/bob").await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    cable.stall();
    for number in 0..10 {
        assert_eq!(ann.ask(&format!("all {number}")).await, number.to_string());
    }
    away(&rooms).await;
    cable.cut().await;
    cable.mend().await;
    // What was in transit is lost.
    let before = last(&mut bob, "9").await;
    assert!(before.is_sorted() && before.len() < 9, "{before:?}");
}

/// Sends 1,000 messages of 1 kB per second to 20 receivers, which receive nothing for three seconds and then all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stall_closes_nobody_who_reads() {
    const MESSAGES: usize = 3000;
    let server = RedisServer::start().await;
    let cable = Cable::plug(&server).await;
    let redis_by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL");
    let (here, rooms) = app(redis(&server).queue(MESSAGES)).await;
    let (there, others) = app(redis_by_cable.timeout(Duration::from_mins(1))).await;
    let mut publisher = join(&here, "/lobby/publisher").await;
    let mut receivers = Vec::new();
    for number in 0..20 {
        receivers.push(join(&there, &format!("/lobby/{number}")).await);
    }
    publisher.send("others ready").await;
    for receiver in &mut receivers {
        assert_eq!(receiver.text().await, "ready");
    }
    cable.stall();
    let text = "x".repeat(1000);
    for _ in 0..MESSAGES {
        publisher.send(format!("others {text}")).await;
    }
    publisher.ask("all sent").await;
    rooms.flush().await;
    cable.resume();
    let receivers = receivers.into_iter().map(|mut receiver| {
        let text = text.clone();
        tokio::spawn(async move {
            for _ in 0..MESSAGES {
                assert_eq!(receiver.text().await, text);
            }
            assert_eq!(receiver.text().await, "sent");
        })
    });
    for receiver in receivers.collect::<Vec<_>>() {
        receiver.await.expect("a receiver hears all of it");
    }
    assert_eq!((rooms.bridge_dropped(), others.bridge_missed()), (0, 0));
}

/// A program without a subscriber reports on standard error that Redis is unreachable, and that it is back.
#[tokio::test]
async fn an_outage_is_heard_without_a_subscriber() {
    let mut server = RedisServer::start().await;
    let mut process = Process::start(&server, Duration::from_secs(15)).await;
    let mut stderr = BufReader::new(process.child.stderr.take().expect("it is piped")).lines();
    server.kill().await;
    process.says("Reconnecting").await;
    server.restart().await;
    process.says("Connected").await;
    let away = "ws-runtime: warning: Redis is away: rooms go on within this process";
    let mut before = String::new();
    for expected in [
        "ws-runtime: rooms span processes: connected to Redis",
        away,
        "ws-runtime: rooms span processes: connected to Redis",
    ] {
        let line = loop {
            let line = within("a line", stderr.next_line()).await.expect("it is text").expect("it runs");
            // A warning comes again when there is another reason.
            let is_again = before.starts_with(away) && line.starts_with(away);
            if !line.contains(" serving ") && !is_again {
                break line;
            }
        };
        before.clone_from(&line);
        assert!(line.starts_with(expected), "{line}");
    }
}

#[tokio::test]
async fn rooms_begin_without_redis() {
    let mut server = RedisServer::prepare().await;
    let (here, rooms) = app(redis(&server)).await;
    let (there, others) = app(redis(&server)).await;
    let mut ann = join(&here, "/lobby/ann").await;
    assert_eq!(ann.ask("members").await, "ann");
    server.restart().await;
    connected(&rooms).await;
    connected(&others).await;
    let mut bob = join(&there, "/lobby/bob").await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    bob.send("all hello").await;
    assert_eq!(ann.text().await, "hello");
    assert_eq!(there.at("/lobby/ann").end().await.close(), (1008, "member ID already in use"));
}

#[test]
fn rooms_may_be_made_outside_of_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(RedisServer::start());
    let rooms = Rooms::<Message>::new().redis(server.url()).expect("a valid URL");
    runtime.block_on(async {
        let here =
            Server::start(App::new().state(rooms.clone()).routes(routes![talk]).ping_interval(None)).await;
        let (there, _) = app(redis(&server)).await;
        let mut ann = join(&here, "/lobby/ann").await;
        let mut bob = join(&there, "/lobby/bob").await;
        bob.send("all hello").await;
        assert_eq!(ann.text().await, "hello");
    });
}

/// Redis accepts connections and answers nothing.
#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up() {
    let server = RedisServer::start().await;
    let redis = redis(&server).timeout(Duration::from_millis(300));
    let (here, rooms) = app(redis).await;
    let mut ann = join(&here, "/lobby/ann").await;
    server.signal("STOP").await;
    assert_eq!(ann.ask("all still here").await, "still here");
    let mut bob = join(&here, "/lobby/bob").await;
    away(&rooms).await;
    assert_eq!(bob.ask("members").await, "ann bob");
    server.signal("CONT").await;
    connected(&rooms).await;
}
