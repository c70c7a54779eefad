//! Rooms that span processes and remember: the order of messages, and what is recovered after faults.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::Semaphore,
    task::JoinSet,
};
use ws_runtime::{
    App,
    client::Client as Dialer,
    rooms::{BridgeFailure, History, PresenceChange, Recovery, Redis, Tracked},
    routes,
};
use ws_tests::{RedisServer, Server, within};

use super::{
    support::redis,
    tracked::{Process, permissions, tracked},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_processes_have_one_order_and_the_same_positions() {
    let server = RedisServer::start().await;
    let (here, there) = (Process::start(redis(&server)).await, Process::start(redis(&server)).await);
    let mut ann = here.join("/lobby/ann", None).await;
    let mut bob = there.join("/lobby/bob", None).await;
    for number in 0..200 {
        ann.say(&format!("all a{number}")).await;
        bob.say(&format!("all b{number}")).await;
    }
    let mut heard = Vec::new();
    for client in [&mut ann, &mut bob] {
        let start = client.offset();
        let mut all = Vec::new();
        for number in 1..=400 {
            let text = client.message().await;
            assert_eq!(client.offset(), start + number, "{text}");
            all.push((text, client.position.clone()));
        }
        heard.push(all);
    }
    assert_eq!(heard[0], heard[1]);
    for name in ["a", "b"] {
        let of_one: Vec<_> =
            heard[0].iter().map(|(text, _)| text).filter(|text| text.starts_with(name)).collect();
        let expected: Vec<_> = (0..200).map(|number| format!("{name}{number}")).collect();
        assert!(of_one.into_iter().eq(&expected), "in the order in which they were sent");
    }
}

#[tokio::test]
async fn a_client_gets_what_it_missed_in_whichever_process_it_comes_back_to() {
    let server = RedisServer::start().await;
    let (here, there) = (Process::start(redis(&server)).await, Process::start(redis(&server)).await);
    let mut ann = here.join("/lobby/ann", None).await;
    let mut bob = here.join("/lobby/bob", None).await;
    ann.say("all one").await;
    assert_eq!((ann.message().await, bob.message().await), ("one".into(), "one".into()));
    let since = bob.position.clone();
    bob.client.leave(None).await;
    assert_eq!(ann.message().await, "bob left", "a farewell has a place, too");
    for text in ["all two", "bob private", "others three", "ann mine"] {
        ann.say(text).await;
    }
    assert_eq!((ann.message().await, ann.message().await), ("two".into(), "mine".into()));
    // This process has not heard of the room yet.
    let mut bob = there.join("/lobby/bob", Some(&since)).await;
    assert_eq!(bob.told, [r#"{"recovered":4}"#, "bob left", "two", "private", "three"]);
    ann.say("all four").await;
    assert_eq!((ann.message().await, bob.message().await), ("four".into(), "four".into()));
    // It takes its ID from another process, without a farewell.
    let since = bob.position.clone();
    let mut back = here.join("/lobby/bob", Some(&since)).await;
    assert_eq!(back.told, [r#"{"recovered":0}"#]);
    assert_eq!(bob.client.end().await.close(), (4001, "replaced by a newer connection"));
    ann.say("bob hello").await;
    assert_eq!(back.message().await, "hello");
    back.say("all last").await;
    assert_eq!((ann.message().await, back.message().await), ("last".into(), "last".into()));
    let lost = there.join("/lobby/eve", Some(&format!("{}-99", &since[..16]))).await;
    assert_eq!(lost.told, [r#"{"lost":"never_was"}"#]);
}

/// Sends numbered messages from one process, and lets `fault` happen in the midst of them.
async fn nothing_is_lost(mut server: RedisServer, fault: impl AsyncFnOnce(&mut RedisServer)) {
    server.restart().await;
    let quick = |server: &RedisServer| {
        redis(server).timeout(Duration::from_millis(500)).lease(Duration::from_secs(3))
    };
    let (here, there) = (Process::start(quick(&server)).await, Process::start(quick(&server)).await);
    let mut ann = here.join("/lobby/ann", None).await;
    let mut bob = there.join("/lobby/bob", None).await;
    let room = here.rooms.room("lobby");
    let sending = tokio::spawn(async move {
        for number in 0..1000 {
            room.broadcast(&number.to_string()).expect("text");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert_eq!((ann.message().await, bob.message().await), ("0".into(), "0".into()));
    fault(&mut server).await;
    within("all to be sent", sending).await.expect("no panic");
    for client in [&mut ann, &mut bob] {
        let start = client.offset();
        for number in 1..1000 {
            assert_eq!(within("a message", client.message()).await, number.to_string());
            assert_eq!(client.offset(), start + number);
        }
    }
    assert_eq!((here.rooms.bridge_dropped(), there.rooms.bridge_missed()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_comes_twice_while_redis_is_stopped() {
    nothing_is_lost(RedisServer::prepare().await, async |server| {
        server.signal("STOP").await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        server.signal("CONT").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_comes_twice_while_redis_is_killed_and_keeps_its_data() {
    // Otherwise it may not have written what it has confirmed.
    let server = RedisServer::prepare().await.with(&["--appendonly", "yes", "--appendfsync", "always"]);
    nothing_is_lost(server, async |server| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.restart().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_comes_twice_while_connections_are_cut() {
    nothing_is_lost(RedisServer::prepare().await, async |server| {
        for _ in 0..3 {
            server.tell("CLIENT KILL TYPE pubsub\nCLIENT KILL TYPE normal").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

/// Receives until `end`, and returns the numbers that were said, and how often the client came back. Tells when it is in
/// the room.
async fn hear_all(
    mut client: Dialer<Tracked<String>, String>,
    joined: Arc<Semaphore>,
) -> (Vec<String>, usize) {
    let (mut heard, mut returns) = (Vec::new(), 0);
    loop {
        match within("a message", client.recv()).await.expect("the client comes back by itself") {
            // The endpoint itself speaks without a position, and members say goodbye.
            Tracked::Message { position: None, .. } => {}
            Tracked::Message { message, .. } if message == "end" => return (heard, returns),
            Tracked::Message { message, .. } if message.ends_with("left") => {}
            Tracked::Message { message, .. } => heard.push(message),
            Tracked::Joined { recovery: Recovery::New, .. } => joined.add_permits(1),
            Tracked::Joined { recovery, .. } => {
                assert!(recovery.is_recovered(), "{recovery}");
                returns += 1;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_a_process_restarts_under_its_clients() {
    const CLIENTS: u32 = 200;
    let server = RedisServer::start().await;
    let (old, new) = (Process::start(redis(&server)).await, Process::start(redis(&server)).await);
    let old_app = App::new().state(old.rooms.clone()).routes(routes![tracked]).handle_signals(false);
    let old_app = old_app.shutdown_spread(Duration::from_millis(500));
    let ending = old_app.shutdown_handle();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addresses = [listener.local_addr().expect("it is bound"), new.server.addr()];
    let serving = tokio::spawn(old_app.serve(listener));
    let (mut hearing, joined) = (JoinSet::new(), Arc::new(Semaphore::new(0)));
    for number in 0..CLIENTS {
        // The balancer has taken the old process out as soon as it drains.
        let builder = Dialer::builder("ws://localhost/").before_connect(move |attempt| async move {
            let address = addresses[usize::from(attempt.number() > 1)];
            Ok(attempt.url(format!("ws://{address}/lobby/m{number}")))
        });
        hearing.spawn(hear_all(builder.connect().await.expect("it connects"), Arc::clone(&joined)));
    }
    within("all to join", joined.acquire_many(CLIENTS)).await.expect("it is open").forget();
    // The one who speaks is in a process that goes on.
    let room = new.rooms.room("lobby");
    let mut said = Vec::new();
    for number in 0..300 {
        if number == 100 {
            ending.shutdown();
        }
        room.broadcast(&number.to_string()).expect("text");
        said.push(number.to_string());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    within("the old process to end", serving).await.expect("no panic").expect("it served");
    room.broadcast(&"end".to_owned()).expect("text");
    while let Some(heard) = hearing.join_next().await {
        assert_eq!(heard.expect("no panic"), (said.clone(), 1));
    }
}

#[tokio::test]
async fn a_redis_that_starts_empty_is_a_new_epoch() {
    let mut server = RedisServer::start().await;
    let process = Process::start(redis(&server)).await;
    let mut ann = process.join("/lobby/ann", None).await;
    ann.say("all one").await;
    assert_eq!(ann.message().await, "one");
    let before = ann.position.clone();
    server.kill().await;
    process.failed().await;
    // What is sent meanwhile is heard when Redis is back.
    ann.say("all two").await;
    server.restart().await;
    process.connected().await;
    assert_eq!(ann.next().await, None);
    assert_eq!(ann.told.last().map(String::as_str), Some(r#"{"lost":"other_epoch"}"#));
    assert_eq!(ann.message().await, "two");
    assert_ne!(ann.position[..16], before[..16]);
    assert_eq!(ann.offset(), 1);
    let bob = process.join("/lobby/bob", Some(&before)).await;
    assert_eq!(bob.told, [r#"{"lost":"other_epoch"}"#]);
}

#[tokio::test]
async fn a_room_without_redis_cannot_recover_and_says_so() {
    let server = RedisServer::prepare().await;
    let process = Process::start(redis(&server).timeout(Duration::from_millis(50))).await;
    let ann = process.join("/lobby/ann", Some("0123456789abcdef-1")).await;
    assert_eq!(ann.told, [r#"{"lost":"unavailable"}"#]);
    assert_eq!(ann.position, "");
}

#[tokio::test]
async fn what_redis_keeps_is_bounded() {
    let server = RedisServer::start().await;
    let process = Process::with(redis(&server), History::last(20).bytes(4000)).await;
    let mut ann = process.join("/lobby/ann", None).await;
    let room = process.rooms.room("lobby");
    let start = ann.position.clone();
    for number in 0..100 {
        room.broadcast(&number.to_string()).expect("text");
        assert_eq!(ann.message().await, number.to_string());
    }
    let length =
        |answer: String| answer.lines().next().expect("a line")[1..].parse::<u32>().expect("a number");
    let log = "XLEN {ws-runtime:0}:log:lobby";
    let few = length(server.tell(log).await);
    assert!((20..=28).contains(&few), "{few}");
    for _ in 0..20 {
        room.broadcast(&"x".repeat(1000)).expect("text");
        ann.message().await;
    }
    let few = length(server.tell(log).await);
    assert!((1..=3).contains(&few), "{few}");
    let bob = process.join("/lobby/bob", Some(&start)).await;
    assert_eq!(bob.told, [r#"{"lost":"too_old"}"#]);
    // Processes come and go, and nothing of them stays.
    for key in ["log:lobby", "head:lobby", "last:*:lobby"] {
        let script = "local key = redis.call('KEYS', ARGV[1]); return {#key, redis.call('PTTL', key[1])}";
        let answer = server.tell(&format!("EVAL \"{script}\" 0 {{ws-runtime:0}}:{key}")).await;
        let lines: Vec<_> = answer.lines().collect();
        assert_eq!(lines[1], ":1", "{key}: {answer}");
        assert!(lines[2][1..].parse::<i64>().expect("a number") > 0, "{key} ends by itself: {answer}");
    }
    assert!(!server.tell("HKEYS {ws-runtime:0}:head:lobby").await.contains("n:"));
}

#[tokio::test]
async fn databases_are_kept_apart() {
    let server = RedisServer::start().await;
    let zero = Process::start(redis(&server)).await;
    let three = Process::start(Redis::open(&format!("{}/3", server.url())).expect("a URL")).await;
    let mut ann = zero.join("/lobby/ann", None).await;
    let mut same = three.join("/lobby/ann", None).await;
    ann.say("all zero").await;
    assert_eq!(ann.message().await, "zero");
    zero.rooms.flush().await;
    same.say("all three").await;
    assert_eq!(same.message().await, "three", "and nothing before it");
}

#[tokio::test]
async fn what_members_tell_of_themselves_is_known_elsewhere() {
    let server = RedisServer::start().await;
    let (here, there) = (Process::start(redis(&server)).await, Process::start(redis(&server)).await);
    let mut ann = here.join("/lobby/ann", None).await;
    ann.say("meta busy").await;
    let bob = there.join("/lobby/bob", None).await;
    let mut presence = there.rooms.room("lobby").presence();
    let mut told = Vec::new();
    // The members of this process come first, and the metadata of the other may come with it or after it.
    within("the metadata", async {
        while there.rooms.room("lobby").meta("ann").is_none_or(|meta| meta.json() != r#""busy""#) {
            told.push(presence.next().await);
        }
    })
    .await;
    ann.say("meta away").await;
    within("a change", async {
        loop {
            match presence.next().await {
                PresenceChange::Changed { id, meta: Some(meta) } if meta.json() == r#""away""# => {
                    break assert_eq!(id, "ann");
                }
                _ => {}
            }
        }
    })
    .await;
    // Who joins later knows it as well, and the farewell is not mixed up with it.
    let third = Process::start(redis(&server)).await;
    let mut eve = third.join("/lobby/eve", None).await;
    assert_eq!(third.rooms.room("lobby").meta("ann").expect("metadata").json(), r#""away""#);
    ann.client.leave(None).await;
    assert_eq!(eve.message().await, "ann left");
    drop(bob);
}

#[tokio::test]
async fn why_there_is_no_connection_is_said() {
    let server = RedisServer::start().await;
    let failure = async |url: String| {
        let process = Process::start(Redis::open(&url).expect("a URL").timeout(Duration::from_secs(1))).await;
        process.failed().await
    };
    assert_eq!(failure(format!("{}/9999", server.url())).await, BridgeFailure::WrongDatabase);
    let addr = server.addr();
    assert_eq!(failure(format!("redis://ann:wrong@{addr}")).await, BridgeFailure::WrongPassword);
    let locked = RedisServer::prepare().await.with(&["--requirepass", "secret"]);
    let mut locked = locked;
    locked.restart().await;
    assert_eq!(failure(locked.url()).await, BridgeFailure::WrongPassword, "it wants one");
    assert_eq!(failure(format!("redis://:wrong@{}", locked.addr())).await, BridgeFailure::WrongPassword);

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let http = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    assert_eq!(failure(format!("redis://{http}")).await, BridgeFailure::NotRedis);
    let free = Server::listen().await.local_addr().expect("it has an address");
    assert_eq!(failure(format!("redis://{free}")).await, BridgeFailure::Unreachable);
}

#[tokio::test]
async fn the_documented_permissions_suffice() {
    let rule = permissions("on >secret");
    let server = RedisServer::start().await;
    assert_eq!(server.tell(rule).await.lines().next(), Some("+OK"), "{rule}");
    let redis = Redis::open(&format!("redis://rooms:secret@{}", server.addr())).expect("a URL");
    let process = Process::start(redis.clone()).await;
    process.connected().await;
    let mut ann = process.join("/lobby/ann", None).await;
    ann.say("all one").await;
    assert_eq!(ann.message().await, "one");
    let bob = process.join("/lobby/bob", Some(&ann.position)).await;
    assert_eq!(bob.told, [r#"{"recovered":0}"#]);
    bob.client.leave(None).await;
    assert_eq!(ann.message().await, "bob left");

    server.tell("ACL SETUSER less reset on >secret ~* &* +hello +info +subscribe").await;
    let denied = Redis::open(&format!("redis://less:secret@{}", server.addr())).expect("a URL");
    assert_eq!(Process::start(denied).await.failed().await, BridgeFailure::NotPermitted);
}

#[tokio::test]
async fn what_a_member_told_of_itself_does_not_stay_behind() {
    let server = RedisServer::start().await;
    let (here, there) = (Process::start(redis(&server)).await, Process::start(redis(&server)).await);
    // The room goes on without her.
    let room = here.rooms.room("lobby");
    let mut ann = here.join("/lobby/ann", None).await;
    ann.say("meta busy").await;
    within("the metadata", async {
        let mut presence = room.presence();
        while room.meta("ann").is_none() {
            presence.changed().await;
        }
    })
    .await;
    let moved = there.join("/lobby/ann", None).await;
    assert_eq!(ann.client.end().await.code, Some(4001));
    let _back = here.join("/lobby/ann", None).await;
    assert_eq!(moved.client.end().await.code, Some(4001));
    assert_eq!(room.meta("ann"), None);
}
