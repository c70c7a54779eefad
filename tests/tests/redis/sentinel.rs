//! Rooms on a Redis that Sentinels watch, where a replica takes over.

use std::{net::SocketAddr, time::Duration};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use ws_runtime::rooms::{BridgeFailure, Redis};
use ws_tests::{RedisServer, Server};

use super::tracked::{Process, permissions, talking, until};

const SECOND: Duration = Duration::from_secs(1);

/// Starts a server, its replica and a Sentinel that knows both.
async fn watched() -> (RedisServer, RedisServer, RedisServer) {
    let mut master = RedisServer::prepare().await.with(&["--repl-diskless-sync-delay", "0"]);
    master.restart().await;
    let port = master.addr().port().to_string();
    let mut replica = RedisServer::prepare().await.with(&["--replicaof", "127.0.0.1", &port]);
    replica.restart().await;
    until(&master, "INFO replication", &["state=online"]).await;
    let sentinel = RedisServer::sentinel("mymaster", &master).await;
    until(&sentinel, "SENTINEL REPLICAS mymaster", &["master-link-status\r\n$2\r\nok"]).await;
    (master, replica, sentinel)
}

#[tokio::test]
async fn rooms_move_to_the_replica_that_takes_over() {
    let (mut master, replica, sentinel) = watched().await;
    for server in [&master, &replica] {
        for rule in [permissions("on >secret"), permissions("+role")] {
            assert_eq!(server.tell(rule).await.lines().next(), Some("+OK"), "{rule}");
        }
    }
    // The URL says how to connect, and one Sentinel that can be reached is enough.
    let gone = Server::listen().await.local_addr().expect("it has an address");
    let sentinels = [format!("redis://{gone}"), sentinel.url()];
    let redis = Redis::sentinel("redis://rooms:secret@mymaster", sentinels).expect("URLs").timeout(SECOND);
    let (here, _there, mut ann, mut bob) = talking(&redis).await;
    let since = bob.position.clone();

    master.kill().await;
    here.failed().await;
    ann.say("all two").await;
    // What the replica had not been given is lost, so members are told.
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.said().await, "two");
        assert_eq!(client.told.last().map(String::as_str), Some(r#"{"lost":"other_epoch"}"#));
    }
    assert_ne!(replica.keys().await, 0);
    let late = Process::start(redis).await;
    let eve = late.join("/lobby/eve", Some(&since)).await;
    assert_eq!(eve.told, [r#"{"lost":"other_epoch"}"#]);
}

/// Starts a Sentinel that always names this server. Returns its URL.
async fn naming(server: SocketAddr) -> String {
    let listener = Server::listen().await;
    let addr = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = vec![0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut bytes).await {
                    let asked = String::from_utf8_lossy(&bytes[..length]).into_owned();
                    let port = server.port().to_string();
                    let named = format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len());
                    let answers = [("HELLO", "%0\r\n"), ("SETINFO", "+OK\r\n"), ("SENTINEL", named.as_str())];
                    for (command, answer) in answers {
                        let answers = answer.repeat(asked.matches(command).count());
                        stream.write_all(answers.as_bytes()).await.expect("it is read");
                    }
                }
            });
        }
    });
    format!("redis://{addr}")
}

#[tokio::test]
async fn what_a_sentinel_does_not_know_is_told() {
    let (_master, replica, sentinel) = watched().await;
    let other = Redis::sentinel("redis://other", [sentinel.url()]).expect("URLs");
    assert_eq!(Process::start(other).await.failed().await, BridgeFailure::Unreachable);
    // A Sentinel that has not learned yet who took over names a server that takes no writes.
    let stale = Redis::sentinel("redis://mymaster", [naming(replica.addr()).await]).expect("URLs");
    assert_eq!(Process::start(stale).await.failed().await, BridgeFailure::Refused);
    assert_eq!(replica.keys().await, 0);
}

#[test]
fn urls_of_sentinels_are_needed() {
    let error = Redis::sentinel("redis://mymaster", Vec::<String>::new()).expect_err("no URL");
    assert!(error.to_string().contains("there is no URL"), "{error}");
    let error = Redis::sentinel("redis+unix:///run/redis.sock", ["redis://localhost"]).expect_err("no name");
    assert!(error.to_string().contains("its host is the name"), "{error}");
}
