//! Processes that die, end, stop or come back, by their leases.

use std::time::Duration;

use ws_tests::{RedisServer, within};

use super::{
    roomed::{Process, members},
    support::{catch_up, ends, last},
};

#[tokio::test]
async fn a_process_that_dies_says_farewell_when_its_lease_ends() {
    const LEASE: Duration = Duration::from_secs(3);
    let server = RedisServer::start().await;
    let here = Process::start(&server, LEASE).await;
    let third = Process::start(&server, LEASE).await;
    let mut there = Process::start(&server, LEASE).await;
    let mut ann = here.join("/lobby/ann").await;
    let mut eve = third.join("/lobby/eve").await;
    let mut bob = there.join("/lobby/bob").await;
    let mut silent = there.join("/lobby/silent").await;
    silent.send("bye \u{1}").await;
    // Once this is answered, it precedes everything that follows.
    silent.ask("members").await;
    bob.send("others last words").await;
    for client in [&mut ann, &mut eve] {
        assert_eq!(client.text().await, "last words");
        members(client, &["ann", "bob", "eve", "silent"]).await;
    }

    let died = tokio::time::Instant::now();
    there.child.kill().await.expect("it runs");
    for client in [&mut ann, &mut eve] {
        let mut farewells = [client.next().await.into_data(), client.next().await.into_data()];
        farewells.sort_unstable();
        assert_eq!(farewells, [b"\x01"[..].to_vec(), b"bob left".to_vec()], "once each, in their kind");
    }
    assert!(died.elapsed() < 5 * LEASE, "{:?} passed", died.elapsed());
    for client in [&mut ann, &mut eve] {
        members(client, &["ann", "eve"]).await;
    }
    let mut bob = here.join("/lobby/bob").await;
    assert_eq!(bob.ask("all back").await, "back");
    assert_eq!(eve.text().await, "back");
}

#[tokio::test]
async fn a_process_that_ends_says_farewell_at_once() {
    let lease = Duration::from_mins(10);
    let server = RedisServer::start().await;
    let here = Process::start(&server, lease).await;
    let mut there = Process::start(&server, lease).await;
    let mut ann = here.join("/lobby/ann").await;
    let mut bobs = Vec::new();
    for number in 0..20 {
        bobs.push(there.join(&format!("/lobby/{number}")).await);
    }
    there.signal("TERM").await;
    let mut left = Vec::new();
    for bob in bobs {
        assert_eq!(bob.end().await.code, Some(1001));
        left.push(ann.text().await);
    }
    left.sort_unstable();
    let mut expected: Vec<String> = (0..20).map(|number| format!("{number} left")).collect();
    expected.sort_unstable();
    assert_eq!(left, expected);
    let status = within("the process to end", there.child.wait()).await.expect("it ran");
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn processes_find_each_other_again_when_redis_comes_back() {
    let lease = Duration::from_secs(15);
    let mut server = RedisServer::start().await;
    let mut here = Process::start(&server, lease).await;
    let mut there = Process::start(&server, lease).await;
    let mut ann = here.join("/lobby/ann").await;
    let mut bob = there.join("/lobby/bob").await;
    members(&mut ann, &["ann", "bob"]).await;

    for _ in 0..2 {
        server.kill().await;
        here.says("Reconnecting").await;
        there.says("Reconnecting").await;
        let mut eve = here.join("/lobby/eve").await;
        eve.send("others alone").await;
        assert_eq!(ann.text().await, "alone");
        eve.leave(None).await;
        assert_eq!(ann.text().await, "eve left");
        server.restart().await;
        here.says("Connected").await;
        there.says("Connected").await;
        let mut eve = here.join("/lobby/eve").await;
        bob.send("others again").await;
        last(&mut ann, "again").await;
        assert_eq!(eve.text().await, "again");
        for client in [&mut ann, &mut eve] {
            members(client, &["ann", "bob", "eve"]).await;
        }
        bob.send("room back").await;
        for client in [&mut ann, &mut eve] {
            assert_eq!(client.text().await, "back");
        }
        // It may have received what waited for Redis, or not.
        last(&mut bob, "back").await;
        let taken = ws_tests::Connect::to(there.addr.parse().expect("an address"), "/lobby/ann").end().await;
        assert_eq!(taken.close(), (1008, "member ID already in use"), "IDs are claimed anew");
        eve.leave(None).await;
        for client in [&mut ann, &mut bob] {
            assert_eq!(client.text().await, "eve left");
        }
    }
}

/// A process that is stopped for longer than its lease is considered dead, and comes back.
#[tokio::test]
async fn a_process_that_wakes_up_claims_its_ids_anew() {
    let lease = Duration::from_secs(3);
    let server = RedisServer::start().await;
    let here = Process::start(&server, lease).await;
    let there = Process::start(&server, lease).await;
    let mut ann = here.join("/lobby/ann").await;
    let mut bob = there.join("/lobby/bob").await;
    let mut zoe = there.join("/lobby/zoe").await;
    members(&mut ann, &["ann", "bob", "zoe"]).await;
    catch_up(&mut bob, &mut [&mut ann, &mut zoe]).await;
    there.signal("STOP").await;
    let mut farewells = [ann.text().await, ann.text().await];
    farewells.sort_unstable();
    assert_eq!(farewells, ["bob left", "zoe left"]);
    let mut other = here.join("/lobby/bob").await;
    there.signal("CONT").await;
    // Another process now holds what this one held.
    ends(&mut bob).await;
    assert_eq!(zoe.text().await, "bob left");
    members(&mut zoe, &["ann", "bob", "zoe"]).await;
    members(&mut ann, &["ann", "bob", "zoe"]).await;
    zoe.send("bob hello").await;
    assert_eq!(other.text().await, "hello");
}
