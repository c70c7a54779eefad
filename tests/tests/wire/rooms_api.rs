//! Rooms that close, members that are kicked or have no ID of their own, and the message for those who come late.

use std::collections::HashSet;

use ws_runtime::{
    App, Close, CloseCode, Message, Result, State, WebSocket, close_code, rooms::Rooms, routes, websocket,
};
use ws_tests::{
    Server,
    room::{join, talk, until},
};

#[websocket("/anonymous")]
async fn anonymous(rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let member = rooms.room("lobby").join_anonymous(ws.sender()).await?;
    ws.send_text(member.id().to_owned()).await?;
    ws.closed().await;
    Ok(())
}

#[websocket("/number")]
async fn number(mut ws: WebSocket) -> Result {
    assert_eq!(ws.id(), ws.handshake().connection_id());
    ws.send_text(ws.id().to_string()).await?;
    Ok(())
}

async fn server(rooms: &Rooms) -> Server {
    let app = App::new().state(rooms.clone()).routes(routes![number, anonymous, talk]);
    Server::start(app.ping_interval(None)).await
}

#[tokio::test]
async fn a_room_that_closes_closes_all_its_members() {
    let rooms = Rooms::new();
    let server = server(&rooms).await;
    let ann = join(&server, "/lobby/ann").await;
    let bob = join(&server, "/lobby/bob").await;
    let mut far = join(&server, "/elsewhere/ann").await;
    let lobby = rooms.room("lobby");
    lobby.broadcast(&"last words".into()).unwrap();
    // The parts for HTTP are of no use to an open connection.
    lobby.close(Close::new(close_code!(4000), "auction over").with_status(http::StatusCode::GONE));
    assert!(lobby.is_empty(), "members that are closed are not listed");
    lobby.broadcast(&"too late".into()).unwrap();
    for client in [ann, bob] {
        let end = client.end().await;
        assert_eq!(end.close(), (4000, "auction over"));
        assert_eq!(end.messages, ["last words"], "what came before, no farewell, nothing after");
    }
    assert_eq!(far.ask("members").await, "ann", "other rooms go on");
    let mut again = join(&server, "/lobby/ann").await;
    assert_eq!(again.ask("members").await, "ann", "the room can be joined again");
}

#[tokio::test]
async fn a_member_that_is_kicked_leaves_with_its_farewell() {
    let rooms = Rooms::new();
    let server = server(&rooms).await;
    let mut ann = join(&server, "/lobby/ann").await;
    let bob = join(&server, "/lobby/bob").await;
    let lobby = rooms.room("lobby");
    lobby.kick("bob", Close::new(close_code!(4001), "rude")).unwrap();
    assert!(!lobby.contains("bob"), "at once");
    assert_eq!(bob.end().await.close(), (4001, "rude"));
    assert_eq!(ann.text().await, "bob left");
    let error = lobby.kick("bob", CloseCode::POLICY_VIOLATION).unwrap_err();
    assert_eq!(error.to_string(), "no such member");
    assert_eq!(lobby.kick("nobody", CloseCode::POLICY_VIOLATION), Err(error));
    assert_eq!(ann.ask("members").await, "ann", "nobody else is affected");
}

#[tokio::test]
async fn anonymous_members_have_different_ids() {
    let rooms = Rooms::new();
    let server = server(&rooms).await;
    let mut ids = HashSet::new();
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = server.at("/anonymous").open().await;
        ids.insert(client.text().await);
        clients.push(client);
    }
    let listed: HashSet<_> = rooms.room("lobby").members().into_iter().collect();
    assert_eq!((ids.len(), &listed), (5, &ids));
    let id = ids.iter().next().unwrap();
    assert_eq!(
        server.at(&format!("/lobby/{id}")).end().await.close(),
        (1008, "member ID already in use"),
        "they are IDs as all others"
    );
}

#[tokio::test]
async fn those_who_join_receive_the_retained_message_first() {
    let rooms = Rooms::new();
    let server = server(&rooms).await;
    let lobby = rooms.room("lobby");
    lobby.retain(&"price 1".into()).unwrap();
    let mut ann = server.at("/lobby/ann").open().await;
    assert_eq!((ann.text().await, ann.text().await), ("price 1".into(), "joined".into()));
    lobby.retain(&Message::from(vec![2])).unwrap();
    let mut bob = server.at("/lobby/bob").open().await;
    assert_eq!(bob.next().await.into_data(), [2][..], "the last value alone, of its kind");
    assert_eq!(bob.text().await, "joined");
    lobby.broadcast_retained(&"price 3".into()).unwrap();
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.text().await, "price 3", "only what is broadcast reaches current members");
    }
    let mut eve = server.at("/lobby/eve").open().await;
    assert_eq!((eve.text().await, eve.text().await), ("price 3".into(), "joined".into()));
    lobby.clear_retained();
    drop(join(&server, "/lobby/zoe").await);
    drop(join(&server, "/elsewhere/ann").await);
}

#[tokio::test]
async fn a_retained_message_goes_with_its_room() {
    let rooms = Rooms::new();
    let server = server(&rooms).await;
    rooms.room("lobby").retain(&"nobody holds the room".into()).unwrap();
    let ann = join(&server, "/lobby/ann").await;
    rooms.room("lobby").retain(&"ann holds the room".into()).unwrap();
    let mut bob = server.at("/lobby/bob").open().await;
    assert_eq!(bob.text().await, "ann holds the room");
    assert_eq!(bob.text().await, "joined");
    ann.leave(None).await;
    assert_eq!(bob.text().await, "ann left");
    bob.leave(None).await;
    until(&rooms, "lobby", &[]).await;
    drop(join(&server, "/lobby/eve").await);
}

/// A broadcast that is retained reaches a member that joins meanwhile once, as the message of before or after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_receives_a_retained_message_twice_or_misses_it() {
    let rooms = Rooms::new();
    let server = server(&rooms).await;
    let lobby = rooms.room("lobby");
    lobby.retain(&"0".into()).unwrap();
    let teller = tokio::spawn(async move {
        for number in 1..=500 {
            lobby.broadcast_retained(&number.to_string().into()).unwrap();
            tokio::task::yield_now().await;
        }
        lobby
    });
    let mut clients = Vec::new();
    for id in 0..20 {
        clients.push(server.at(&format!("/lobby/{id}")).open().await);
    }
    let _lobby = teller.await.unwrap();
    for client in &mut clients {
        let mut last = None;
        while last != Some(500) {
            let text = client.text().await;
            let Ok(number) = text.parse::<u32>() else { continue };
            assert!(last.is_none_or(|last| number == last + 1), "{number} after {last:?}");
            last = Some(number);
        }
    }
}

#[tokio::test]
async fn each_connection_has_a_number() {
    let server = server(&Rooms::new()).await;
    let mut numbers = HashSet::new();
    for _ in 0..5 {
        numbers.insert(server.at("/number").open().await.text().await.parse::<u64>().unwrap());
    }
    assert_eq!(numbers.len(), 5);
}
