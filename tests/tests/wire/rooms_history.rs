//! Rooms that remember: what a client gets that comes back, and what it is told if that is not all.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::Notify, time::sleep};
use ws_runtime::{
    App, Message, MessagePack, Result, SendBuffer, State, WebSocket,
    client::{Backoff, Client as Dialer, ClientError},
    rooms::{History, Position, Recovery, Rooms, SlowMember, Tracked, WhyLost},
    routes, websocket,
};
use ws_tests::{Client, Memory, Server, Tell, ear, op, settle, within};

const SECOND: Duration = Duration::from_secs(1);

/// Joins with envelopes, and carries out commands.
#[websocket("/tracked/<room>/<id>")]
async fn tracked(
    room: String,
    id: String,
    #[query] since: Option<Position>,
    rooms: State<Rooms<String>>,
    mut ws: WebSocket<String, Tracked<String>>,
) -> Result {
    let room = rooms.room(&room);
    let member = room.join(&id, ws.sender()).since(since).replace().await?;
    ws.send(member.recovery().to_string()).await?;
    loop {
        let text = ws.recv().await?;
        let (verb, argument) = text.split_once(' ').unwrap_or((&text, ""));
        let argument = argument.to_owned();
        match verb {
            "all" => member.broadcast(&argument)?,
            "others" => member.broadcast_others(&argument)?,
            "bye" => member.set_farewell(&argument)?,
            to => match room.send_to(to, &argument) {
                Ok(()) => {}
                Err(error) => ws.send(error.to_string()).await?,
            },
        }
    }
}

/// Joins without envelopes, for a client that keeps no position.
#[websocket("/plain/<room>/<id>")]
async fn plain(
    room: String,
    id: String,
    #[query] since: Option<Position>,
    rooms: State<Rooms<String>>,
    mut ws: WebSocket<String, String>,
) -> Result {
    let room = rooms.room(&room);
    let member = room.join(&id, ws.sender()).since(since).await?;
    ws.send(member.recovery().to_string()).await?;
    loop {
        member.broadcast(&ws.recv().await?)?;
    }
}

fn history() -> History {
    History::last(256).within(120 * SECOND)
}

async fn server(rooms: &Rooms<String>) -> Server {
    let app = App::new().state(rooms.clone()).routes(routes![tracked, plain]).ping_interval(None);
    Server::start(app).await
}

/// A client that looks at envelopes.
struct Tracker {
    client: Client,
    position: Option<String>,
}

impl Tracker {
    /// Joins, and returns what the client was told of messages that it missed: by the room, and by the endpoint.
    async fn join(server: &Server, target: &str, since: Option<&str>) -> (Self, Value) {
        let target = since.map_or_else(|| target.to_owned(), |since| format!("{target}?since={since}"));
        let mut tracker = Self { client: server.at(&target).open().await, position: None };
        let told = tracker.next().await;
        (tracker, told)
    }

    async fn next(&mut self) -> Value {
        let mut envelope: Value = serde_json::from_str(&self.client.text().await).expect("an envelope");
        if let Some(Value::String(position)) = envelope["position"].take_if_some() {
            self.position = Some(position);
        }
        envelope.as_object_mut().expect("an object").retain(|name, _| name != "position");
        envelope
    }

    async fn message(&mut self) -> String {
        let envelope = self.next().await;
        envelope["message"].as_str().unwrap_or_else(|| panic!("not a message: {envelope}")).to_owned()
    }

    async fn say(&mut self, text: &str) {
        self.client.send(json!(text).to_string()).await;
    }

    fn position(&self) -> String {
        self.position.clone().expect("a position")
    }

    async fn leave(self) -> String {
        let position = self.position();
        self.client.leave(None).await;
        position
    }
}

trait TakeIfSome {
    fn take_if_some(&mut self) -> Option<Value>;
}

impl TakeIfSome for Value {
    fn take_if_some(&mut self) -> Option<Value> {
        (!self.is_null()).then(|| self.take())
    }
}

#[tokio::test]
async fn who_comes_back_gets_what_it_missed_before_all_else() {
    let rooms = Rooms::new().history(history());
    let server = server(&rooms).await;
    let (mut ann, told) = Tracker::join(&server, "/tracked/lobby/ann", None).await;
    assert_eq!(told, json!({}), "a position alone");
    assert_eq!(ann.message().await, "new");
    let (mut bob, _) = Tracker::join(&server, "/tracked/lobby/bob", None).await;
    assert_eq!(bob.message().await, "new");
    ann.say("all one").await;
    assert_eq!((ann.message().await, bob.message().await), ("one".into(), "one".into()));
    let since = bob.leave().await;

    ann.say("all two").await;
    ann.say("bob private").await;
    ann.say("others three").await;
    ann.say("eve nobody").await;
    ann.say("ann myself").await;
    assert_eq!(ann.message().await, "two");
    assert_eq!(ann.message().await, "no such member", "nobody of that ID was ever here");
    assert_eq!(ann.message().await, "myself");

    let (mut bob, told) = Tracker::join(&server, "/tracked/lobby/bob", Some(&since)).await;
    assert_eq!(told, json!({"recovered": 3}));
    for expected in ["two", "private", "three", "recovered 3"] {
        assert_eq!(bob.message().await, expected);
    }
    ann.say("all four").await;
    assert_eq!((ann.message().await, bob.message().await), ("four".into(), "four".into()));

    // The sender of a message to the others does not get it later either, and nobody gets what is for another.
    let since = ann.leave().await;
    let (mut ann, told) = Tracker::join(&server, "/tracked/lobby/ann", Some(&since)).await;
    assert_eq!((told, ann.message().await), (json!({"recovered": 0}), "recovered 0".into()));
    let start = format!("{}-0", &since[..16]);
    let (mut ann, told) = Tracker::join(&server, "/tracked/lobby/ann", Some(&start)).await;
    assert_eq!(told, json!({"recovered": 4}));
    for expected in ["one", "two", "myself", "four"] {
        assert_eq!(ann.message().await, expected);
    }
}

#[tokio::test]
async fn offsets_have_no_gap_and_private_messages_come_between_them() {
    let rooms = Rooms::new().history(history());
    let server = server(&rooms).await;
    let (mut ann, _) = Tracker::join(&server, "/tracked/lobby/ann", None).await;
    let epoch = ann.position()[..16].to_owned();
    assert_eq!(ann.position(), format!("{epoch}-0"));
    assert_eq!(ann.message().await, "new");
    for (command, position) in [("all", "1"), ("ann", "1.1"), ("ann", "1.2"), ("all", "2"), ("all", "3")] {
        ann.say(&format!("{command} text")).await;
        assert_eq!(ann.message().await, "text");
        assert_eq!(ann.position(), format!("{epoch}-{position}"));
    }
    // A private message that was received does not come again, and the next one is not missed.
    for (since, missed) in [("1", 4), ("1.1", 3), ("1.2", 2), ("2", 1)] {
        let since = format!("{epoch}-{since}");
        let (_, told) = Tracker::join(&server, "/tracked/lobby/ann", Some(&since)).await;
        assert_eq!(told, json!({"recovered": missed}), "{since}");
    }
    let position: Position = ann.position().parse().expect("a position");
    assert_eq!((position.offset(), Some(position)), (3, rooms.room("lobby").position()));
}

/// Asks for a position, and returns why it cannot be recovered from.
async fn lost(server: &Server, since: &str) -> String {
    let (mut client, told) = Tracker::join(server, "/tracked/lobby/who", Some(since)).await;
    let why = told["lost"].as_str().unwrap_or_else(|| panic!("not lost: {told}")).to_owned();
    assert!(client.message().await.starts_with("lost: "));
    why
}

#[tokio::test]
async fn what_cannot_be_recovered_is_said() {
    let rooms = Rooms::new().history(History::last(3).bytes(2000));
    let server = server(&rooms).await;
    let room = rooms.room("lobby");
    let epoch = room.position().expect("a history").to_string()[..16].to_owned();
    for text in ["1", "2", "3", "4"] {
        room.broadcast(&text.to_owned()).expect("text");
    }
    let at = |offset: &str| format!("{epoch}-{offset}");
    assert_eq!(lost(&server, &at("0")).await, "too_old", "the first of four is forgotten");
    let (_, told) = Tracker::join(&server, "/tracked/lobby/who", Some(&at("1"))).await;
    assert_eq!(told, json!({"recovered": 3}), "but only the first");
    assert_eq!(lost(&server, &at("5")).await, "never_was");
    assert_eq!(lost(&server, &at("4.1")).await, "never_was");
    assert_eq!(lost(&server, "0123456789abcdef-4").await, "other_epoch");
    room.broadcast(&"x".repeat(1900)).expect("text");
    assert_eq!(lost(&server, &at("3")).await, "too_old", "bytes are bounded");
    room.broadcast(&"x".repeat(5000)).expect("text");
    let (_, told) = Tracker::join(&server, "/tracked/lobby/who", Some(&at("5"))).await;
    assert_eq!(told, json!({"recovered": 1}), "the last one is remembered even if it is large");

    let rooms = Rooms::new().history(history().only(|name| name != "lobby"));
    assert!(rooms.room("lobby").position().is_none() && rooms.room("other").position().is_some());
    let server = self::server(&rooms).await;
    assert_eq!(lost(&server, &at("4")).await, "no_history");
}

#[tokio::test]
async fn a_position_is_a_validated_parameter() {
    let server = server(&Rooms::new().history(history())).await;
    for since in ["", "x", "0123456789abcdef-", "0123456789abcdef-1.0", "0123456789ABCDEF-1"] {
        let end = server.at(&format!("/tracked/lobby/ann?since={since}")).end().await;
        assert_eq!(end.close(), (1008, r#"[{"type":"value_error","loc":["query","since"]}]"#), "{since:?}");
    }
}

#[tokio::test]
async fn members_without_envelopes_get_what_they_missed_as_it_was() {
    let rooms = Rooms::new().history(history());
    let server = server(&rooms).await;
    let since = rooms.room("lobby").position().expect("a history");
    rooms.room("lobby").broadcast(&"one".to_owned()).expect("text");
    let mut ann = server.at(&format!("/plain/lobby/ann?since={since}")).open().await;
    for expected in ["one", "recovered 1"] {
        assert_eq!(ann.text().await, json!(expected).to_string());
    }
    let (mut bob, _) = Tracker::join(&server, "/tracked/lobby/bob", None).await;
    assert_eq!(bob.message().await, "new");
    ann.send(r#""two""#).await;
    assert_eq!((ann.text().await, bob.message().await), (r#""two""#.into(), "two".into()));
}

#[tokio::test]
async fn a_farewell_is_remembered() {
    let rooms = Rooms::new().history(history());
    let server = server(&rooms).await;
    let (mut ann, _) = Tracker::join(&server, "/tracked/lobby/ann", None).await;
    let (mut bob, _) = Tracker::join(&server, "/tracked/lobby/bob", None).await;
    ann.say("bye ann left").await;
    ann.say("all hello").await;
    assert_eq!((bob.message().await, bob.message().await), ("new".into(), "hello".into()));
    let since = bob.leave().await;
    ann.client.leave(None).await;
    within("the farewell", async {
        while rooms.room("lobby").position().expect("a history").offset() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let (mut bob, told) = Tracker::join(&server, "/tracked/lobby/bob", Some(&since)).await;
    assert_eq!((told, bob.message().await), (json!({"recovered": 1}), "ann left".into()));
}

/// Joins, says what became of what was missed, and waits.
#[websocket("/wait/<id>", send_buffer = SendBuffer::bytes(16 * 1024))]
async fn wait(
    id: String,
    #[query] since: Option<Position>,
    rooms: State<Rooms<String>>,
    tell: State<Tell>,
    ws: WebSocket<String, Tracked<String>>,
) -> Result {
    let member = rooms.room("lobby").join(&id, ws.sender()).since(since).await?;
    tell.say(member.recovery());
    ws.closed().await;
    Ok(())
}

async fn envelope(memory: &mut Memory) -> Value {
    let frame = memory.raw.frame().await.expect("a frame");
    assert_eq!(frame.opcode, op::TEXT);
    serde_json::from_slice(&frame.payload).expect("an envelope")
}

/// A client that is away while 100 messages of 1 KiB are sent.
async fn slow_return(history: History) -> (Rooms<String>, Memory, ws_tests::Ear, Position) {
    let (tell, ear) = ear();
    let rooms = Rooms::new().history(history);
    let service = App::new().state(rooms.clone()).state(tell).routes(routes![wait]).ping_interval(None);
    let service = service.into_service();
    let room = rooms.room("lobby");
    let since = room.position().expect("a history");
    for number in 0..100 {
        room.broadcast(&format!("{number} {}", "x".repeat(1024))).expect("text");
    }
    let client = Memory::enter(&service, &format!("/wait/slow?since={since}")).await;
    settle().await;
    (rooms, client, ear, since)
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_gets_what_it_missed_at_its_own_pace() {
    let (rooms, mut slow, mut ear, since) = slow_return(history()).await;
    let room = rooms.room("lobby");
    assert_eq!(room.members(), ["slow"], "it is a member already");
    // These are sent while its buffer is full, and wait behind the rest.
    for number in 100..150 {
        room.broadcast(&format!("{number} {}", "x".repeat(1024))).expect("text");
    }
    settle().await;
    assert!(ear.rest().is_empty(), "it has not got everything yet");
    assert_eq!(envelope(&mut slow).await, json!({"position": since, "recovered": 100}));
    for number in 0..150 {
        let envelope = envelope(&mut slow).await;
        let message = envelope["message"].as_str().expect("a message");
        assert!(message.starts_with(&format!("{number} ")), "{number}: {message}");
    }
    assert_eq!(ear.next().await, "recovered 100");
    room.broadcast(&"live".to_owned()).expect("text");
    assert_eq!(envelope(&mut slow).await["message"], "live");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_the_history_leaves_behind_is_told() {
    let (rooms, mut slow, mut ear, _) = slow_return(History::last(100)).await;
    let room = rooms.room("lobby");
    for number in 100..300 {
        room.broadcast(&format!("{number} {}", "x".repeat(1024))).expect("text");
    }
    assert_eq!(envelope(&mut slow).await["recovered"], 100);
    let mut next = 0;
    let position = loop {
        let envelope = envelope(&mut slow).await;
        let Some(message) = envelope["message"].as_str() else {
            assert_eq!(envelope["lost"], "too_slow");
            break envelope["position"].clone();
        };
        assert!(message.starts_with(&format!("{next} ")), "{next}: {message}");
        next += 1;
    };
    assert!((5..150).contains(&next), "{next} messages fit into its pipe and buffer");
    assert_eq!(position, json!(room.position()));
    assert_eq!(ear.next().await, "lost: the member reads too slowly");
    room.broadcast(&"live".to_owned()).expect("text");
    assert_eq!(envelope(&mut slow).await["message"], "live");
}

#[tokio::test(start_paused = true)]
async fn a_member_that_misses_a_live_message_is_told() {
    let (tell, mut ear) = ear();
    let rooms =
        Rooms::<String>::new().history(history()).slow_member(SlowMember::Drop).slow_after(Duration::ZERO);
    let app = App::new().state(rooms.clone()).state(tell).routes(routes![wait]).ping_interval(None);
    let mut slow = Memory::enter(&app.into_service(), "/wait/slow").await;
    assert_eq!(ear.next().await, "new");
    let room = rooms.room("lobby");
    for number in 0..300 {
        room.broadcast(&format!("{number} {}", "x".repeat(1024))).expect("text");
        tokio::task::yield_now().await;
    }
    assert!(envelope(&mut slow).await["message"].is_null());
    let mut next = 0;
    loop {
        // It reads, so there is room for the next message.
        if next % 10 == 9 {
            room.broadcast(&"later".to_owned()).expect("text");
        }
        settle().await;
        let envelope = envelope(&mut slow).await;
        match envelope["message"].as_str() {
            Some("later") => panic!("it does not know that it missed something"),
            Some(message) => assert!(message.starts_with(&format!("{next} ")), "{message}"),
            None => {
                assert_eq!(envelope, json!({"lost": "too_slow"}));
                break;
            }
        }
        next += 1;
    }
    assert_eq!(envelope(&mut slow).await["message"], "later");
}

#[tokio::test(start_paused = true)]
async fn messages_are_forgotten_with_time() {
    let (tell, mut ear) = ear();
    let rooms = Rooms::<String>::new().history(history().keep_empty(60 * SECOND));
    let service = App::new().state(rooms.clone()).state(tell).routes(routes![wait]).into_service();
    let ask = async |since: Position, ear: &mut ws_tests::Ear| {
        let client = Memory::enter(&service, &format!("/wait/who?since={since}")).await;
        let told = ear.next().await;
        drop(client);
        settle().await;
        told
    };
    let room = rooms.room("lobby");
    let since = room.position().expect("a history");
    room.broadcast(&"one".to_owned()).expect("text");
    sleep(119 * SECOND).await;
    room.broadcast(&"two".to_owned()).expect("text");
    assert_eq!(ask(since, &mut ear).await, "recovered 2");
    sleep(2 * SECOND).await;
    assert_eq!(ask(since, &mut ear).await, "lost: the history does not reach back that far");

    // Nobody holds the room.
    let since = room.position().expect("a history");
    room.broadcast(&"three".to_owned()).expect("text");
    drop(room);
    sleep(59 * SECOND).await;
    assert_eq!(ask(since, &mut ear).await, "recovered 1");
    sleep(61 * SECOND).await;
    assert_eq!(ask(since, &mut ear).await, "lost: the history began anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_missed_while_others_speak_at_full_speed() {
    const MESSAGES: u64 = 5_000;
    let rooms = Rooms::<String>::new().history(History::last(100_000).bytes(64 * 1024 * 1024));
    let server = server(&rooms).await;
    let mut clients = tokio::task::JoinSet::new();
    for id in 0..4 {
        let addr = server.addr();
        clients.spawn(async move {
            let (mut since, mut next, mut returns): (Option<String>, u64, u32) = (None, 1, 0);
            while next <= MESSAGES {
                let query = since.as_ref().map(|since| format!("?since={since}")).unwrap_or_default();
                let mut client =
                    ws_tests::Connect::to(addr, &format!("/tracked/lobby/{id}{query}")).open().await;
                // It leaves after a number of messages, in the midst of them.
                for _ in 0..7 + (returns * 37) % 400 {
                    let envelope: Value = serde_json::from_str(&client.text().await).expect("an envelope");
                    assert!(envelope["lost"].is_null(), "{envelope}");
                    let Some(position) = envelope["position"].as_str() else { continue };
                    since = Some(position.to_owned());
                    let Some(message) = envelope["message"].as_str() else {
                        if returns == 0 {
                            next = position[17..].parse::<u64>().expect("an offset") + 1;
                        }
                        continue;
                    };
                    assert_eq!((message, &position[17..]), (&*next.to_string(), &*next.to_string()));
                    next += 1;
                    if next > MESSAGES {
                        break;
                    }
                }
                returns += 1;
                drop(client);
            }
            returns
        });
    }
    let room = rooms.room("lobby");
    within("all to be there", async {
        while room.len() < 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for number in 1..=MESSAGES {
        room.broadcast(&number.to_string()).expect("text");
        if number % 16 == 0 {
            tokio::task::yield_now().await;
        }
    }
    while let Some(returns) = within("a client to have everything", clients.join_next()).await {
        assert!(returns.expect("no panic") > 10);
    }
}

/// Joins in MessagePack.
#[websocket("/packed/<id>")]
async fn packed(
    id: String,
    #[query] since: Option<Position>,
    rooms: State<Rooms<Vec<u32>, MessagePack>>,
    mut ws: WebSocket<Vec<u32>, Tracked<Vec<u32>>, MessagePack>,
) -> Result {
    let member = rooms.room("lobby").join(&id, ws.sender()).since(since).await?;
    loop {
        member.broadcast(&ws.recv().await?)?;
    }
}

#[tokio::test]
async fn a_client_returns_with_its_position_by_itself() {
    let rooms = Rooms::<String>::new().history(history());
    let packed_rooms = Rooms::<Vec<u32>, MessagePack>::new().history(history());
    let app = App::new().state(rooms.clone()).state(packed_rooms.clone()).routes(routes![tracked, packed]);
    let server = Server::start(app).await;
    let url = |target: &str| format!("ws://{}{target}", server.addr());
    let cut = Arc::new(Notify::new());
    let proxy = Cuts::start(server.addr(), Arc::clone(&cut)).await;
    let dial = |target: &str| {
        Dialer::builder(format!("ws://{proxy}{target}"))
            .backoff(Backoff::new().min_delay(Duration::from_millis(1)))
    };

    let mut client: Dialer<Tracked<String>, String> =
        dial("/tracked/lobby/bob").connect().await.expect("it connects");
    assert!(matches!(client.recv().await, Ok(Tracked::Joined { recovery: Recovery::New, .. })));
    assert_eq!(client.recv().await.expect("a message").into_message().as_deref(), Some("new"));
    let mut packed: Dialer<Tracked<Vec<u32>>, Vec<u32>, MessagePack> =
        dial("/packed/bob").connect().await.expect("it connects");
    assert!(matches!(packed.recv().await, Ok(Tracked::Joined { recovery: Recovery::New, .. })));

    for round in 0..3 {
        cut.notify_waiters();
        let (left, right) = (rooms.room("lobby"), packed_rooms.room("lobby"));
        within("both to leave", async {
            while !left.is_empty() || !right.is_empty() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        for number in 0..5 {
            left.broadcast(&format!("{round} {number}")).expect("text");
            right.broadcast(&vec![round, number]).expect("numbers");
        }
        // Both have missed everything, or come back meanwhile.
        for number in 0..5 {
            assert_eq!(said(&mut client).await, format!("{round} {number}"));
            assert_eq!(said_packed(&mut packed).await, [round, number]);
        }
    }
    let position = client.position().expect("it has one");
    drop(client);
    rooms.room("lobby").broadcast(&"meanwhile".to_owned()).expect("text");
    let builder = Dialer::builder(url("/tracked/lobby/bob")).since(position);
    let mut client: Dialer<Tracked<String>, String> = builder.connect().await.expect("it connects");
    assert_eq!(said(&mut client).await, "meanwhile");
    // What it cannot recover, it is told.
    let stranger =
        Dialer::builder(url("/tracked/lobby/eve")).since("0123456789abcdef-7".parse().expect("a position"));
    let mut stranger: Dialer<Tracked<String>, String> = stranger.connect().await.expect("it connects");
    let told = stranger.recv().await.expect("an event");
    assert_eq!(told.recovery(), Some(Recovery::Lost { why: WhyLost::OtherEpoch }));
    assert_eq!(stranger.position(), rooms.room("lobby").position());
}

/// Returns the next message of the room.
async fn said(client: &mut Dialer<Tracked<String>, String>) -> String {
    loop {
        match within("a message", client.recv()).await {
            Ok(Tracked::Message { position: Some(_), message }) => return message,
            Ok(Tracked::Joined { recovery: Recovery::Lost { why }, .. }) => panic!("{why}"),
            Ok(_) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn said_packed(client: &mut Dialer<Tracked<Vec<u32>>, Vec<u32>, MessagePack>) -> Vec<u32> {
    loop {
        match within("a message", client.recv()).await {
            Ok(Tracked::Message { position: Some(_), message }) => return message,
            Ok(Tracked::Joined { recovery: Recovery::Lost { why }, .. }) => panic!("{why}"),
            Ok(_) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// A proxy that cuts all of its connections when it is told.
struct Cuts;

impl Cuts {
    async fn start(to: std::net::SocketAddr, cut: Arc<Notify>) -> std::net::SocketAddr {
        let listener = Server::listen().await;
        let addr = listener.local_addr().expect("a listener has an address");
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let cut = Arc::clone(&cut);
                tokio::spawn(async move {
                    let Ok(mut far) = tokio::net::TcpStream::connect(to).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        () = cut.notified() => {}
                    }
                });
            }
        });
        addr
    }
}

#[tokio::test]
async fn the_older_connection_makes_way_without_a_farewell() {
    let rooms = Rooms::new().history(history());
    let server = server(&rooms).await;
    let (mut ann, _) = Tracker::join(&server, "/tracked/lobby/ann", None).await;
    assert_eq!(ann.message().await, "new");
    let (mut old, _) = Tracker::join(&server, "/tracked/lobby/bob", None).await;
    assert_eq!(old.message().await, "new");
    old.say("bye bob left").await;
    old.say("all hello").await;
    assert_eq!((old.message().await, ann.message().await), ("hello".into(), "hello".into()));
    let (mut new, told) = Tracker::join(&server, "/tracked/lobby/bob", Some(&old.position())).await;
    assert_eq!((told, new.message().await), (json!({"recovered": 0}), "recovered 0".into()));
    assert_eq!(old.client.end().await.close(), (4001, "replaced by a newer connection"));
    new.say("all still here").await;
    assert_eq!((ann.message().await, new.message().await), ("still here".into(), "still here".into()));
    assert_eq!(rooms.room("lobby").members(), ["ann", "bob"]);
    // Nor is the next one that is lost without anybody noticing.
    let raw = server.raw_open("/tracked/lobby/bob").await;
    new.client.end().await;
    let (_new, _) = Tracker::join(&server, "/tracked/lobby/bob", None).await;
    ann.say("all last").await;
    assert_eq!(ann.message().await, "last");
    drop(raw);
}

/// Shares its ID with others.
#[websocket("/windows/<id>")]
async fn windows(id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let member = rooms.room("lobby").join(&id, ws.sender()).share().await?;
    member.set_farewell(&format!("{id} left").into())?;
    ws.send_text("joined").await?;
    loop {
        member.broadcast(&ws.recv().await?)?;
    }
}

#[tokio::test]
async fn several_connections_are_one_member() {
    let rooms = Rooms::<Message>::new();
    let server = Server::start(App::new().state(rooms.clone()).routes(routes![windows])).await;
    let mut ann = server.at("/windows/ann").open().await;
    let mut first = server.at("/windows/bob").open().await;
    let mut second = server.at("/windows/bob").open().await;
    for client in [&mut ann, &mut first, &mut second] {
        assert_eq!(client.text().await, "joined");
    }
    let room = rooms.room("lobby");
    assert_eq!((room.len(), room.members()), (2, vec!["ann".to_owned(), "bob".to_owned()]));
    room.send_to("bob", &"private".into()).expect("a member");
    room.broadcast_except("bob", &"not for bob".into()).expect("text");
    room.broadcast(&"all".into()).expect("text");
    for client in [&mut first, &mut second] {
        assert_eq!(client.text().await, "private");
        assert_eq!(client.text().await, "all");
    }
    assert_eq!((ann.text().await, ann.text().await), ("not for bob".into(), "all".into()));
    first.leave(None).await;
    second.send("still here").await;
    assert_eq!((ann.text().await, second.text().await), ("still here".into(), "still here".into()));
    assert_eq!(room.members(), ["ann", "bob"]);
    second.leave(None).await;
    assert_eq!(ann.text().await, "bob left");
    assert_eq!(room.members(), ["ann"]);
}

/// Joins when its connection has been over for longer than anybody waits for it.
#[websocket("/late/<id>")]
async fn late(id: String, tell: State<Tell>, rooms: State<Rooms<String>>, ws: WebSocket<(), String>) {
    ws.closed().await;
    sleep(20 * SECOND).await;
    let member = rooms.room("lobby").join(&id, ws.sender()).await;
    tell.say(format!("{}", member.is_ok()));
}

#[tokio::test(start_paused = true)]
async fn somebody_who_tried_to_come_back_is_still_awaited() {
    let rooms = Rooms::<String>::new().history(history());
    let (tell, mut ear) = ear();
    let app = App::new().state(rooms.clone()).state(tell).routes(routes![tracked, late]).ping_interval(None);
    let server = Server::start(app).await;
    let (_ann, _) = Tracker::join(&server, "/tracked/lobby/ann", None).await;
    let (mut bob, _) = Tracker::join(&server, "/tracked/lobby/bob", None).await;
    assert_eq!(bob.message().await, "new");
    let since = bob.leave().await;
    server.at("/late/bob").open().await.leave(None).await;
    assert_eq!(ear.next().await, "true");
    rooms.room("lobby").send_to("bob", &"are you there?".to_owned()).expect("he may come back");
    let (mut bob, told) = Tracker::join(&server, "/tracked/lobby/bob", Some(&since)).await;
    assert_eq!((told, bob.message().await), (json!({"recovered": 1}), "are you there?".into()));
}

#[tokio::test]
async fn a_client_error_is_not_a_position() {
    let server = server(&Rooms::new()).await;
    let url = format!("ws://{}/plain/lobby/ann", server.addr());
    let mut client: Dialer<Tracked<String>, String> =
        Dialer::builder(url).connect().await.expect("it connects");
    assert!(matches!(client.recv().await, Err(ClientError::Message(_))));
    assert_eq!(client.position(), None);
}
