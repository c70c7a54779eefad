//! Rooms within one process: who receives what, in which order, and how slow or vanished members affect the others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize, Serializer};
use tokio::{
    io::AsyncReadExt as _,
    sync::Notify,
    time::{Instant, sleep},
};
use ws_runtime::{
    App, Close, CloseCode, ErrorContext, Message, Result, SendBuffer, State, WebSocket,
    rooms::{MemberTaken, Rooms, SlowMember},
    routes, websocket,
};
use ws_tests::{
    Connect, Frame, Memory, Raw, Server, Tell, assert_elapsed, ear, op,
    room::{join, talk, until},
    settle, within,
};

const SECOND: Duration = Duration::from_secs(1);

async fn server(rooms: &Rooms) -> Server {
    Server::start(App::new().state(rooms.clone()).routes(routes![talk]).ping_interval(None)).await
}

#[tokio::test]
async fn a_message_is_for_everyone_or_all_but_one_or_one() {
    let server = server(&Rooms::new()).await;
    let mut ann = join(&server, "/lobby/ann").await;
    let mut bob = join(&server, "/lobby/bob").await;
    let mut eve = join(&server, "/lobby/eve").await;
    let mut far = join(&server, "/elsewhere/bob").await;

    ann.send("all one").await;
    ann.send("others two").await;
    ann.send("but-bob three").await;
    ann.send("bob four").await;
    ann.send("room five").await;
    ann.send("members").await;
    for expected in ["one", "three", "five", "ann bob eve"] {
        assert_eq!(ann.text().await, expected);
    }
    for expected in ["one", "two", "four", "five"] {
        assert_eq!(bob.text().await, expected);
    }
    for expected in ["one", "two", "three", "five"] {
        assert_eq!(eve.text().await, expected);
    }
    assert_eq!(far.ask("members").await, "bob", "rooms have nothing to do with each other");
}

#[tokio::test]
async fn the_kind_of_a_message_is_kept() {
    let server = server(&Rooms::new()).await;
    let mut ann = join(&server, "/lobby/ann").await;
    ann.send("bytes \u{1}\u{2}").await;
    assert_eq!(ann.next().await.into_data(), b"\x01\x02"[..]);
}

#[tokio::test]
async fn nobody_of_that_id_is_a_typed_error() {
    let server = server(&Rooms::new()).await;
    let mut ann = join(&server, "/lobby/ann").await;
    assert_eq!(ann.ask("bob hello").await, "no such member");
}

#[tokio::test]
async fn a_taken_id_closes_with_1008() {
    let server = server(&Rooms::new()).await;
    let mut bob = join(&server, "/lobby/bob").await;
    let second = server.at("/lobby/bob").end().await;
    assert_eq!(second.close(), (1008, "member ID already in use"));
    assert!(second.messages.is_empty());
    join(&server, "/elsewhere/bob").await;
    assert_eq!(bob.ask("members").await, "bob", "the first is untouched, and heard no farewell");
}

#[tokio::test]
async fn a_handler_chooses_how_a_taken_id_closes() {
    let app = App::new().state(Rooms::<Message>::new()).routes(routes![talk]).on_error(
        async |_: MemberTaken, _: ErrorContext| {
            Close::new(CloseCode::POLICY_VIOLATION, "User ID already in use")
        },
    );
    let server = Server::start(app).await;
    let _bob = join(&server, "/lobby/bob").await;
    assert_eq!(server.at("/lobby/bob").end().await.close(), (1008, "User ID already in use"));
}

#[tokio::test]
async fn a_member_that_leaves_says_farewell_to_those_who_remain() {
    let rooms = Rooms::new();
    let server = server(&rooms).await;
    let mut ann = join(&server, "/lobby/ann").await;

    for (command, code) in [("return", 1000), ("error", 1008), ("panic", 1011)] {
        let mut bob = join(&server, "/lobby/bob").await;
        bob.send("others last words").await;
        bob.send(command).await;
        assert_eq!(ann.text().await, "last words");
        assert_eq!(ann.text().await, "bob left", "after {command}");
        let end = bob.end().await;
        assert_eq!((end.code, end.messages), (Some(code), vec![]), "no farewell to oneself");
    }

    join(&server, "/lobby/bob").await.leave(Some((1001, "bye"))).await;
    assert_eq!(ann.text().await, "bob left");

    // The transport ends, with a FIN and with a reset.
    for reset in [false, true] {
        let mut bob = server.raw_open("/lobby/bob").await;
        assert_eq!(bob.text().await, "joined");
        bob.send(Frame::text("others last words")).await;
        assert_eq!(ann.text().await, "last words");
        bob.abandon(reset);
        assert_eq!(ann.text().await, "bob left", "after a reset: {reset}");
    }
    assert_eq!(ann.ask("members").await, "ann");
}

/// Counts how often it is encoded.
struct Counted(Arc<AtomicUsize>);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0.fetch_add(1, Ordering::Relaxed) as u64)
    }
}

#[websocket("/count/<id>")]
async fn count(id: u8, rooms: State<Rooms<Counted>>, mut ws: WebSocket<Message, Counted>) -> Result {
    let _member = rooms.room("count").join(&id.to_string(), ws.sender()).await?;
    loop {
        ws.recv().await?;
    }
}

#[tokio::test]
async fn a_message_is_encoded_once_however_many_receive_it() {
    let rooms = Rooms::<Counted>::new();
    let server = Server::start(App::new().state(rooms.clone()).routes(routes![count])).await;
    let room = rooms.room("count");
    let mut presence = room.presence();
    let mut clients = Vec::new();
    for id in 0..10 {
        clients.push(server.at(&format!("/count/{id}")).open().await);
    }
    within("all to join", async {
        while presence.members().len() < 10 {
            presence.changed().await;
        }
    })
    .await;

    let encoded = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        room.broadcast(&Counted(Arc::clone(&encoded))).expect("it serializes");
    }
    for client in &mut clients {
        for expected in ["0", "1", "2"] {
            assert_eq!(client.text().await, expected);
        }
    }
    assert_eq!(encoded.load(Ordering::Relaxed), 3);
}

/// Forwards what it receives.
#[websocket("/relay/<id>")]
async fn relay(id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let member = rooms.room("relay").join(&id, ws.sender()).await?;
    ws.send_text("joined").await?;
    loop {
        member.broadcast(&ws.recv().await?)?;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_members_hear_the_messages_in_the_same_order() {
    const EACH: usize = 200;
    let server = Server::start(App::new().state(Rooms::<Message>::new()).routes(routes![relay])).await;
    let mut clients = Vec::new();
    for id in 0..8 {
        clients.push(join(&server, &format!("/relay/{id}")).await);
    }
    let tasks: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(id, mut client)| {
            tokio::spawn(async move {
                for number in 0..EACH {
                    client.send(format!("{id} {number}")).await;
                }
                let mut heard = Vec::new();
                while heard.len() < 8 * EACH {
                    heard.push(client.text().await);
                }
                heard
            })
        })
        .collect();
    let mut first = None;
    for task in tasks {
        let heard = task.await.expect("a client does not panic");
        assert_eq!(first.get_or_insert_with(|| heard.clone()), &heard);
    }
}

/// How large the messages to slow members are.
const CHUNK: usize = 16 * 1024;

/// How many bytes a slow member's pipe and send buffer hold, and by how much more these may be exceeded.
const BOUND: usize = 3 * 64 * 1024 + 2 * CHUNK;

fn flooded(rooms: &Rooms) -> App {
    let app = App::new().state(rooms.clone()).routes(routes![talk]).ping_interval(None);
    app.send_buffer(SendBuffer::bytes(64 * 1024))
}

/// Sends 100 messages to a room with one member that reads and one that does not.
async fn flood(rooms: &Rooms, slow: &mut Memory, quick: &mut Memory) {
    assert_eq!(slow.raw.text().await, "joined");
    assert_eq!(quick.raw.text().await, "joined");
    let room = rooms.room("lobby");
    for number in 0..100 {
        room.broadcast(&vec![number; CHUNK].into()).expect("bytes need no encoding");
        let frame = quick.raw.frame().await.expect("a message");
        assert_eq!(frame.payload, vec![number; CHUNK], "the slow delay nobody");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_member_misses_messages() {
    let rooms = Rooms::new().slow_member(SlowMember::Drop).slow_after(Duration::ZERO);
    let service = flooded(&rooms).into_service();
    let mut slow = Memory::enter(&service, "/lobby/slow").await;
    let mut quick = Memory::enter(&service, "/lobby/quick").await;
    let start = Instant::now();
    flood(&rooms, &mut slow, &mut quick).await;
    assert_eq!(start.elapsed(), Duration::ZERO);

    let mut numbers = Vec::new();
    while numbers.last() != Some(&255) {
        settle().await;
        rooms.room("lobby").send_to("slow", &vec![255].into()).expect("it is a member still");
        numbers.push(slow.raw.frame().await.expect("a message").payload[0]);
    }
    let waited = numbers.iter().filter(|number| **number != 255).count();
    assert!((4..=BOUND / CHUNK).contains(&waited), "{waited} messages waited");
    assert!(numbers[..waited].iter().copied().eq(0..u8::try_from(waited).expect("few")), "{numbers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_member_is_closed() {
    let rooms = Rooms::new().slow_after(Duration::ZERO);
    let service = flooded(&rooms).into_service();
    let mut slow = Memory::enter(&service, "/lobby/slow").await;
    let mut quick = Memory::enter(&service, "/lobby/quick").await;
    assert_eq!(slow.raw.text().await, "joined");
    assert_eq!(quick.raw.text().await, "joined");
    let room = rooms.room("lobby");
    let mut farewell = None;
    for number in 0..100 {
        room.broadcast(&vec![number; CHUNK].into()).expect("bytes need no encoding");
        loop {
            let frame = quick.raw.frame().await.expect("a message");
            if frame.opcode == op::BINARY {
                assert_eq!(frame.payload, vec![number; CHUNK]);
                break;
            }
            assert_eq!(frame.payload, b"slow left");
            assert_eq!(farewell.replace(number), None);
        }
    }
    assert!(farewell.is_some(), "the member left while the room went on");
    assert_eq!(room.members(), ["quick"]);

    let mut waited = 0;
    let close = loop {
        let frame = slow.raw.frame().await.expect("a frame");
        if frame.opcode == op::CLOSE {
            break frame.into_close();
        }
        waited += frame.payload.len();
    };
    assert_eq!(close, (Some(1013), "too slow".to_owned()));
    assert!(waited <= BOUND, "{waited} bytes waited");
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_the_slow_can_be_set() {
    let close = Close::new(CloseCode::POLICY_VIOLATION, "keep up");
    let rooms = Rooms::new().slow_member(SlowMember::Close(close)).slow_after(Duration::ZERO);
    let service = flooded(&rooms).into_service();
    let mut slow = Memory::enter(&service, "/lobby/slow").await;
    assert_eq!(slow.raw.text().await, "joined");
    for _ in 0..5 {
        rooms.room("lobby").broadcast(&vec![0; CHUNK].into()).expect("bytes need no encoding");
    }
    for _ in 0..4 {
        assert_eq!(slow.raw.frame().await.expect("a message").opcode, op::BINARY);
    }
    assert_eq!(slow.raw.closed().await, (Some(1008), "keep up".to_owned()));
}

/// Reads so many bytes, and nothing after them.
async fn swallow(memory: &mut Memory, mut bytes: usize) {
    while bytes > 0 {
        let frame = memory.raw.frame().await.expect("a message");
        assert_eq!(frame.opcode, op::BINARY, "{frame:?}");
        bytes -= frame.payload.len();
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_closes_nobody_who_reads() {
    const TOTAL: usize = 64 * 1024 * 1024;
    let rooms = Rooms::<Message>::new();
    let service = flooded(&rooms).into_service();
    let mut members = Vec::new();
    for number in 0..10 {
        let mut member = Memory::enter(&service, &format!("/lobby/{number}")).await;
        assert_eq!(member.raw.text().await, "joined");
        members.push(member);
    }
    let room = rooms.room("lobby");
    let message = Message::from(vec![7; 4 * CHUNK]);
    for _ in 0..TOTAL / message.len() {
        room.broadcast(&message).expect("bytes need no encoding");
    }
    // Each message counts with its header.
    let mut rest = TOTAL / message.len() * (message.len() + 10);
    let mut members: Vec<_> = members.into_iter().map(|member| member.raw.into_inner()).collect();
    let mut bytes = vec![0; 4 * CHUNK];
    while rest > 0 {
        let most = bytes.len().min(rest);
        for member in &mut members {
            member.read_exact(&mut bytes[..most]).await.expect("a member survives");
        }
        rest -= most;
    }
    assert_eq!(room.len(), 10);
    room.broadcast(&"still here".into()).expect("text needs no encoding");
    for member in members {
        assert_eq!(Raw::over(member).text().await, "still here");
    }
}

/// The messages arrive at once, and each is broadcast by itself. An endpoint that always has one does not wait in between.
#[tokio::test]
async fn a_burst_of_one_member_closes_none_of_the_others() {
    let rooms = Rooms::<Message>::new();
    let server = Server::start(App::new().state(rooms.clone()).routes(routes![relay])).await;
    let mut members = Vec::new();
    for id in 0..10 {
        members.push(join(&server, &format!("/relay/{id}")).await);
    }
    let mut publisher = server.raw_open("/relay/publisher").await;
    assert_eq!(publisher.text().await, "joined");
    let text = "x".repeat(4000);
    publisher.write(Frame::text(&text).bytes().repeat(100)).await;
    for member in &mut members {
        for _ in 0..100 {
            assert_eq!(member.text().await, text);
        }
    }
}

/// Sends one message per second to a member that reads nothing, until that member is closed.
async fn drip(rooms: &Rooms) -> Duration {
    let service = flooded(rooms).into_service();
    let mut member = Memory::enter(&service, "/lobby/slow").await;
    assert_eq!(member.raw.text().await, "joined");
    let room = rooms.room("lobby");
    // More than its pipe and its buffer hold.
    for _ in 0..3 * 64 * 1024 / CHUNK {
        room.broadcast(&vec![0; CHUNK].into()).expect("bytes need no encoding");
    }
    // Until now it has taken what its pipe holds.
    settle().await;
    room.broadcast(&vec![0; 10].into()).expect("bytes need no encoding");
    let start = Instant::now();
    while room.contains("slow") {
        sleep(SECOND).await;
        room.broadcast(&vec![0; 10].into()).expect("bytes need no encoding");
    }
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_for_a_time_is_slow() {
    assert_eq!(drip(&Rooms::new()).await, 5 * SECOND);
    assert_eq!(drip(&Rooms::new().slow_after(20 * SECOND)).await, 20 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn who_takes_a_buffer_in_that_time_is_not_slow() {
    let rooms = Rooms::<Message>::new();
    let service = flooded(&rooms).into_service();
    let mut member = Memory::enter(&service, "/lobby/slow").await;
    assert_eq!(member.raw.text().await, "joined");
    let room = rooms.room("lobby");
    let mut behind = 0;
    // The backlog grows all the time.
    for _ in 0..20 {
        for _ in 0..8 {
            room.broadcast(&vec![0; CHUNK].into()).expect("bytes need no encoding");
            behind += CHUNK;
        }
        sleep(4 * SECOND).await;
        swallow(&mut member, 5 * CHUNK).await;
        behind -= 5 * CHUNK;
    }
    swallow(&mut member, behind).await;
    // It stops reading, and is given the time once more.
    for _ in 0..3 * 64 * 1024 / CHUNK {
        room.broadcast(&vec![0; CHUNK].into()).expect("bytes need no encoding");
    }
    sleep(4 * SECOND).await;
    room.broadcast(&"not slow".into()).expect("text needs no encoding");
    swallow(&mut member, 3 * 64 * 1024).await;
    assert_eq!(member.raw.text().await, "not slow");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_member_is_bounded() {
    const MOST: usize = 1024 * 1024;
    let rooms = Rooms::<Message>::new().max_backlog(MOST);
    let service = flooded(&rooms).into_service();
    let mut member = Memory::enter(&service, "/lobby/slow").await;
    assert_eq!(member.raw.text().await, "joined");
    for _ in 0..100 {
        rooms.room("lobby").broadcast(&vec![0; CHUNK].into()).expect("bytes need no encoding");
    }
    assert!(!rooms.room("lobby").contains("slow"), "it is slow at once");
    let mut waited = 0;
    let close = loop {
        let frame = member.raw.frame().await.expect("a frame");
        if frame.opcode == op::CLOSE {
            break frame.into_close();
        }
        waited += frame.payload.len();
    };
    assert_eq!(close, (Some(1013), "too slow".to_owned()));
    assert!((MOST..=MOST + 64 * 1024 + 2 * CHUNK).contains(&waited), "{waited} bytes waited");
}

/// A real socket holds megabytes, and nobody notices its end while nobody reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_never_reads_does_not_stall_a_room_on_tcp() {
    let rooms = Rooms::new().max_backlog(4 * 1024 * 1024);
    let server = server(&rooms).await;
    let stuck = server.raw_open("/lobby/stuck").await;
    let mut ann = join(&server, "/lobby/ann").await;
    until(&rooms, "lobby", &["ann", "stuck"]).await;
    let line = "x".repeat(CHUNK);
    let mut farewells = 0;
    within("a room to go on", async {
        for _ in 0..1000 {
            ann.send(format!("all {line}")).await;
            loop {
                let text = ann.text().await;
                if text == line {
                    break;
                }
                assert_eq!(text, "stuck left");
                farewells += 1;
            }
        }
    })
    .await;
    assert_eq!(farewells, 1, "16 MiB are more than its socket holds");
    drop(stuck);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_that_comes_back_at_once_finds_its_id_free() {
    let rooms = Rooms::new();
    let server = server(&rooms).await;
    let mut ann = join(&server, "/lobby/ann").await;
    for _ in 0..200 {
        let end = join(&server, "/lobby/bob").await.leave(Some((1000, ""))).await;
        assert_eq!(end.code, Some(1000));
        assert_eq!(ann.text().await, "bob left", "once for each time");
    }
    until(&rooms, "lobby", &["ann"]).await;
}

/// Does not notice that its client is gone until it is told.
#[websocket("/busy/<id>")]
async fn busy(
    id: String,
    rooms: State<Rooms>,
    tell: State<Tell>,
    wake: State<Arc<Notify>>,
    mut ws: WebSocket,
) -> Result {
    let member = rooms.room("lobby").join(&id, ws.sender()).await?;
    member.set_farewell(&"busy left".into())?;
    ws.send_text("joined").await?;
    wake.notified().await;
    tell.show(&member.broadcast(&"a ghost".into()).map_err(|error| error.to_string()));
    drop(member);
    tell.say("gone");
    Ok(())
}

#[tokio::test]
async fn a_member_whose_connection_is_closed_makes_way() {
    let rooms = Rooms::<Message>::new();
    let (tell, mut ear) = ear();
    let wake = Arc::new(Notify::new());
    let app =
        App::new().state(rooms.clone()).state(tell).state(Arc::clone(&wake)).routes(routes![talk, busy]);
    let server = Server::start(app).await;
    let mut ann = join(&server, "/lobby/ann").await;
    let end = join(&server, "/busy/bob").await.leave(Some((1000, ""))).await;
    assert_eq!(end.code, Some(1000));
    assert_eq!(ann.ask("members").await, "ann", "its endpoint is not over");
    assert_eq!(ann.ask("bob hello").await, "no such member", "and nobody hears it");

    let mut bob = join(&server, "/lobby/bob").await;
    assert_eq!(ann.text().await, "busy left");
    wake.notify_one();
    assert_eq!(ear.next().await, r#"Err("the peer closed the connection (1000)")"#);
    assert_eq!(ear.next().await, "gone");
    bob.send("all here").await;
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.text().await, "here", "neither a ghost nor a second farewell");
        assert_eq!(client.ask("members").await, "ann bob");
    }
}

/// Joins, and says goodbye to its room by itself when its client has left.
#[websocket("/goodbye/<id>")]
async fn goodbye(id: String, rooms: State<Rooms>, wake: State<Arc<Notify>>, mut ws: WebSocket) {
    let member = rooms.room("lobby").join(&id, ws.sender()).await.expect("the ID is free");
    member.set_farewell(&format!("{id} left").into()).expect("text needs no encoding");
    let _ = ws.send_text("joined").await;
    while ws.recv().await.is_ok() {}
    let _ = member.broadcast(&"goodbye".into());
    wake.notified().await;
    let _ = member.broadcast(&"much later".into());
}

#[tokio::test]
async fn a_member_is_not_listed_once_its_connection_is_over() {
    let rooms = Rooms::<Message>::new();
    let (tell, _ear) = ear();
    let app = App::new()
        .state(rooms.clone())
        .state(tell)
        .state(Arc::<Notify>::default())
        .routes(routes![talk, busy])
        .ping_interval(None)
        // Its endpoint may keep running for that long, and is not removed earlier.
        .close_timeout(Duration::from_hours(1));
    let server = Server::start(app).await;
    let room = rooms.room("lobby");
    let _ann = join(&server, "/lobby/ann").await;
    for way in 0..4 {
        let mut presence = room.presence();
        let mut bob = server.raw_open("/busy/bob").await;
        assert_eq!(bob.text().await, "joined");
        assert_eq!(presence.members(), ["ann", "bob"]);
        match way {
            0 => bob.leave().await,
            1 => bob.abandon(false),
            2 => bob.abandon(true),
            // A violation.
            _ => {
                bob.send(Frame::text("x").with_rsv(1)).await;
                assert_eq!(bob.closed().await.0, Some(1002));
            }
        }
        // The endpoint is still waiting for something else.
        until(&rooms, "lobby", &["ann"]).await;
        within("the change to be seen", presence.changed()).await;
        assert_eq!((room.len(), room.contains("bob")), (1, false), "way {way}");
        assert!(room.send_to("bob", &"x".into()).is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_time_to_say_goodbye_to_its_room() {
    let rooms = Rooms::<Message>::new();
    let wake = Arc::new(Notify::new());
    let app = App::new()
        .state(rooms.clone())
        .state(Arc::clone(&wake))
        .routes(routes![talk, goodbye])
        .ping_interval(None)
        .close_timeout(3 * SECOND);
    let service = app.into_service();
    let mut ann = Memory::enter(&service, "/lobby/ann").await;
    let mut bob = Memory::enter(&service, "/goodbye/bob").await;
    for member in [&mut ann, &mut bob] {
        assert_eq!(member.raw.text().await, "joined");
    }
    bob.raw.leave().await;
    let start = Instant::now();
    assert_eq!(ann.raw.text().await, "goodbye");
    assert_elapsed(start, Duration::ZERO);
    assert_eq!(rooms.room("lobby").members(), ["ann"]);
    assert_eq!(ann.raw.text().await, "bob left");
    assert_elapsed(start, 3 * SECOND);
    // It has left, even if its endpoint still sends.
    wake.notify_one();
    settle().await;
    rooms.room("lobby").broadcast(&"next".into()).expect("text needs no encoding");
    assert_eq!(ann.raw.text().await, "next");
}

#[derive(Deserialize)]
struct Said {
    message: String,
}

#[derive(Serialize)]
struct Event {
    user: String,
    message: String,
}

#[websocket("/typed/<user>")]
async fn typed(user: String, rooms: State<Rooms<Event>>, mut ws: WebSocket<Said, Event>) -> Result {
    let member = rooms.room("typed").join(&user, ws.sender()).await?;
    loop {
        let message = ws.recv().await?.message;
        member.broadcast(&Event { user: user.clone(), message })?;
    }
}

#[tokio::test]
async fn messages_have_the_type_of_the_room() {
    let server = Server::start(App::new().state(Rooms::<Event>::new()).routes(routes![typed])).await;
    let mut ann = server.at("/typed/ann").open().await;
    assert_eq!(ann.ask(r#"{"message":"hello"}"#).await, r#"{"user":"ann","message":"hello"}"#);
}

#[tokio::test]
async fn presence_is_watched() {
    let rooms = Rooms::new();
    let server = server(&rooms).await;
    until(&rooms, "lobby", &[]).await;
    let ann = join(&server, "/lobby/ann").await;
    let bob = join(&server, "/lobby/bob").await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    let room = rooms.room("lobby");
    assert!(room.contains("ann") && !room.contains("eve"));
    assert_eq!((room.len(), room.members()), (2, vec!["ann".to_owned(), "bob".to_owned()]));
    assert_eq!(rooms.names(), ["lobby"]);
    ann.leave(None).await;
    until(&rooms, "lobby", &["bob"]).await;
    bob.leave(None).await;
    until(&rooms, "lobby", &[]).await;
}

/// Returns how many rooms are kept, including empty ones.
fn kept(rooms: &Rooms) -> String {
    format!("{rooms:?}").split([' ', ',']).nth(3).expect("a number").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn empty_rooms_are_forgotten() {
    let rooms = Rooms::new();
    let app = App::new().state(rooms.clone()).routes(routes![talk]).ping_interval(None);
    let (end, listener) = (app.shutdown_handle(), Server::listen().await);
    let addr = listener.local_addr().expect("a listener has an address");
    let serving = tokio::spawn(app.serve(listener));
    let handle = rooms.room("held");
    let mut tasks = Vec::new();
    for task in 0..4 {
        tasks.push(tokio::spawn(async move {
            for number in 0..50 {
                // Half of them share their rooms with the other tasks.
                let room = if number % 2 == 0 { number } else { number + 100 * task };
                let mut client = Connect::to(addr, &format!("/{room}/{task}")).open().await;
                // A member receives from others from its first moment on, even before it can send.
                while client.text().await != "joined" {}
                client.send("all hello").await;
                while client.text().await != "hello" {}
                client.leave(None).await;
            }
        }));
    }
    for task in tasks {
        task.await.expect("a client does not panic");
    }
    for room in rooms.names() {
        until(&rooms, &room, &[]).await;
    }
    // When the server has ended, the endpoints have ended too, with their handles.
    end.shutdown();
    within("the server to end", serving).await.expect("no panic").expect("it served");
    assert_eq!(kept(&rooms), "1");
    drop(handle);
    assert_eq!(kept(&rooms), "0");
}
