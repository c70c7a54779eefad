//! The message that a room keeps for those who join, in all processes.

use ws_tests::{
    Client, RedisServer, Server,
    room::{join, until},
};

use super::support::{app, away, connected, redis};

#[tokio::test]
async fn those_who_join_receive_the_retained_message_of_any_process() {
    let mut server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server)).await;
    let (there, others) = app(redis(&server)).await;
    connected(&rooms).await;
    connected(&others).await;
    let lobby = rooms.room("lobby");
    lobby.retain(&"price 1".into()).unwrap();
    rooms.flush().await;
    let mut bob = there.at("/lobby/bob").open().await;
    assert_eq!(bob.text().await, "price 1");
    assert_eq!(bob.text().await, "joined");

    let mut ann = join_late(&here, "/lobby/ann", "price 1").await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    others.room("lobby").broadcast_retained(&"price 2".into()).unwrap();
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.text().await, "price 2", "once");
    }
    let _eve = join_late(&here, "/lobby/eve", "price 2").await;
    bob.send("others hello").await;
    assert_eq!(ann.text().await, "hello", "nothing comes twice");

    // Redis forgets everything, and is told anew by those who know.
    server.kill().await;
    away(&rooms).await;
    away(&others).await;
    server.restart().await;
    connected(&rooms).await;
    connected(&others).await;
    let (third, _) = app(redis(&server)).await;
    drop(join_late(&third, "/lobby/zoe", "price 2").await);

    lobby.clear_retained();
    rooms.flush().await;
    let (fourth, _) = app(redis(&server)).await;
    drop(join(&fourth, "/lobby/max").await);
}

/// Two processes retain at the same time, again and again: they agree on the last one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_agree_on_the_retained_message() {
    let server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server)).await;
    let (there, others) = app(redis(&server)).await;
    let _ann = join(&here, "/lobby/ann").await;
    let _bob = join(&there, "/lobby/bob").await;
    for round in 0..20 {
        let said = [(&rooms, "here"), (&others, "there")].map(|(rooms, who)| {
            let lobby = rooms.room("lobby");
            tokio::spawn(async move { lobby.retain(&format!("{who} {round}").into()) })
        });
        for said in said {
            said.await.unwrap().unwrap();
        }
        // A new member learns from Redis all that came before.
        rooms.flush().await;
        others.flush().await;
        let mut retained = Vec::new();
        for (server, id) in [(&here, "eve"), (&there, "zoe")] {
            let mut client = server.at(&format!("/lobby/{id}")).open().await;
            retained.push(client.text().await);
            assert_eq!(client.text().await, "joined");
            client.leave(None).await;
        }
        assert!(retained[0].ends_with(&format!(" {round}")), "{retained:?}");
        assert_eq!(retained[0], retained[1]);
    }
}

/// Joins, and receives the retained message first.
async fn join_late(server: &Server, target: &str, retained: &str) -> Client {
    let mut client = server.at(target).open().await;
    assert_eq!(client.text().await, retained);
    assert_eq!(client.text().await, "joined");
    client
}
