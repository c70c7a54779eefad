//! Rooms that span processes, on a real Redis: what clients see while processes and Redis come and go.

#[path = "redis/cluster.rs"]
mod cluster;
#[path = "redis/history.rs"]
mod history;
#[path = "redis/holders.rs"]
mod holders;
#[path = "redis/memory.rs"]
mod memory;
#[path = "redis/outrun.rs"]
mod outrun;
#[path = "redis/sentinel.rs"]
mod sentinel;
#[path = "redis/torn.rs"]
mod torn;

use std::{
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Condvar, Mutex},
    task::{Context, Wake, Waker},
    time::Duration,
};

use tokio::{
    io::{
        AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, Lines,
    },
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use ws_runtime::{
    App, Close, Message, Result, State, WebSocket, close_code,
    rooms::{BridgeState, Redis, Rooms},
    routes, websocket,
};
use ws_tests::{
    Client, RedisServer, Server,
    room::{join, talk, until},
    signal, within,
};

/// An app with rooms on Redis.
async fn app(redis: Redis) -> (Server, Rooms) {
    let rooms = Rooms::new().redis(redis).expect("a valid URL");
    (Server::start(App::new().state(rooms.clone()).routes(routes![talk]).ping_interval(None)).await, rooms)
}

fn redis(server: &RedisServer) -> Redis {
    Redis::open(&server.url()).expect("a valid URL")
}

async fn connected(rooms: &Rooms) {
    let mut state = rooms.bridge_state().expect("there is a bridge");
    let state = state.wait_for(|state| *state == BridgeState::Connected);
    within("the bridge to be connected", state).await.expect("the bridge runs");
}

async fn away(rooms: &Rooms) {
    let mut state = rooms.bridge_state().expect("there is a bridge");
    let state = state.wait_for(|state| matches!(state, BridgeState::Reconnecting { .. }));
    within("the bridge to notice that Redis is away", state).await.expect("the bridge runs");
}

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
async fn a_new_member_knows_who_is_there() {
    let server = RedisServer::start().await;
    let (here, _) = app(redis(&server)).await;
    let (there, _) = app(redis(&server)).await;
    let _ann = join(&here, "/lobby/ann").await;
    let _bob = join(&here, "/lobby/bob").await;
    let mut eve = join(&there, "/lobby/eve").await;
    assert_eq!(eve.ask("members").await, "eve ann bob");
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
async fn an_id_is_unique_among_processes() {
    let server = RedisServer::start().await;
    let (here, _) = app(redis(&server)).await;
    let (there, _) = app(redis(&server)).await;
    let mut bob = join(&here, "/lobby/bob").await;
    let second = there.at("/lobby/bob").end().await;
    assert_eq!(second.close(), (1008, "member ID already in use"));
    assert!(second.messages.is_empty());
    assert_eq!(bob.ask("members").await, "bob");

    let mut ann = join(&there, "/lobby/ann").await;
    bob.leave(Some((1000, ""))).await;
    assert_eq!(ann.text().await, "bob left");
    let _bob = join(&there, "/lobby/bob").await;
}

/// Many processes claim an ID at the same time, and one of them gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_claim_wins() {
    let server = RedisServer::start().await;
    let mut apps = Vec::new();
    for _ in 0..4 {
        apps.push(app(redis(&server)).await);
    }
    for round in 0..20 {
        let target = format!("/{round}/bob");
        let clients = apps.iter().map(|(app, _)| {
            let connect = app.at(&target);
            tokio::spawn(async move {
                let mut client = connect.open().await;
                let first = client.next().await;
                (client, first.is_text())
            })
        });
        let mut winners = 0;
        let mut clients_open = Vec::new();
        for client in clients.collect::<Vec<_>>() {
            let (client, won) = client.await.expect("a client does not panic");
            winners += usize::from(won);
            clients_open.push(client);
        }
        assert_eq!(winners, 1, "in round {round}");
    }
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

/// Waits until the process of each of `those` has received everything from the process of `member`, including farewells.
async fn catch_up(member: &mut Client, those: &mut [&mut Client]) {
    member.send("others ready").await;
    for client in those {
        assert_eq!(client.text().await, "ready");
    }
}

/// Reads up to the Close frame of a member that is closed because its ID is taken.
async fn ends(client: &mut Client) {
    loop {
        match client.next().await {
            tokio_tungstenite::tungstenite::Message::Close(frame) => {
                let frame = frame.expect("a code");
                assert_eq!(
                    (u16::from(frame.code), frame.reason.as_str()),
                    (1008, "member ID already in use")
                );
                return;
            }
            message => assert!(message.is_text()),
        }
    }
}

/// Reads until a given text arrives, and returns what came before it.
async fn last(client: &mut Client, expected: &str) -> Vec<String> {
    let mut before = Vec::new();
    loop {
        match client.text().await {
            text if text == expected => return before,
            text => before.push(text),
        }
    }
}

/// A connection to Redis that can be cut.
struct Cable {
    addr: SocketAddr,
    redis: SocketAddr,
    carry: Option<JoinHandle<()>>,
    /// Set while the sent bytes are held back.
    stalled: watch::Sender<bool>,
}

impl Cable {
    async fn plug(redis: &RedisServer) -> Self {
        let addr = Server::listen().await.local_addr().expect("a listener has an address");
        let mut cable = Self { addr, redis: redis.addr(), carry: None, stalled: watch::Sender::new(false) };
        cable.mend().await;
        cable
    }

    async fn cut(&mut self) {
        let carry = self.carry.take().expect("it was mended");
        carry.abort();
        // The port is free again after this.
        let _ = carry.await;
        self.stalled.send_replace(false);
    }

    fn stall(&self) {
        self.stalled.send_replace(true);
    }

    /// Forwards what was held back, and continues.
    fn resume(&self) {
        self.stalled.send_replace(false);
    }

    async fn mend(&mut self) {
        let listener = TcpListener::bind(self.addr).await.expect("the port is free again");
        let (redis, stalled) = (self.redis, self.stalled.subscribe());
        self.carry = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (mut near, _) = listener.accept().await.expect("a connection");
                let stalled = stalled.clone();
                connections.spawn(async move {
                    let mut far = TcpStream::connect(redis).await.expect("redis-server runs");
                    let (near_reads, near_writes) = near.split();
                    let (far_reads, far_writes) = far.split();
                    tokio::select! {
                        () = carry(near_reads, far_writes, stalled.clone()) => {}
                        () = carry(far_reads, near_writes, stalled) => {}
                    }
                });
            }
        }));
    }
}

/// Forwards what comes in, until it ends or cannot be forwarded. What is held back follows later.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut stalled: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if stalled.wait_for(|stalled| !stalled).await.is_err() || to.write_all(&bytes[..count]).await.is_err()
        {
            return;
        }
    }
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

#[tokio::test]
async fn what_waits_for_redis_is_bounded_in_bytes() {
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let redis_by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL");
    let (here, rooms) = app(redis_by_cable.queue_bytes(2500)).await;
    let (there, _) = app(redis(&server)).await;
    let mut ann = join(&here, "/lobby/ann").await;
    let mut bob = join(&there, "/lobby/bob").await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    catch_up(&mut ann, &mut [&mut bob]).await;
    cable.cut().await;
    away(&rooms).await;
    for number in 0..5 {
        assert_eq!(ann.ask(&format!("all {number:01000}")).await.len(), 1000);
    }
    assert_eq!(rooms.bridge_dropped(), 2);
    cable.mend().await;
    for number in 0..3 {
        assert_eq!(bob.text().await, format!("{number:01000}"));
    }
    ann.send("others more").await;
    assert_eq!(bob.text().await, "more", "there is room again");
}

/// Blocks every thread that wakes the task, while it is closed.
#[derive(Default)]
struct Gate {
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn set(&self, closed: bool) {
        *self.closed.lock().expect("nobody panics with it") = closed;
        self.opened.notify_all();
    }
}

impl Wake for Gate {
    fn wake(self: Arc<Self>) {
        let closed = self.closed.lock().expect("nobody panics with it");
        // A test that fails does not open it.
        let waited = self.opened.wait_timeout_while(closed, Duration::from_secs(40), |closed| *closed);
        drop(waited.expect("nobody panics with it"));
    }
}

/// A process cannot keep up with what Redis pushes. The backlog is bounded, and the members of the room are known all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_redis_pushes_is_bounded_and_counted() {
    const MESSAGES: usize = 200;
    let server = RedisServer::start().await;
    let (here, rooms) = app(redis(&server)).await;
    let others: Rooms = Rooms::new().redis(redis(&server).receive_buffer(20_000)).expect("a valid URL");
    let service = App::new().state(others.clone()).routes(routes![talk]).ping_interval(None).into_service();
    connected(&others).await;

    // Bob's connection runs as long as it is polled here, and every thread that wakes it waits at the gate.
    let gate = Arc::new(Gate::default());
    let waker = Waker::from(Arc::clone(&gate));
    let (client, transport) = tokio::io::duplex(1024 * 1024);
    let mut serving = Box::pin(async move { service.serve_connection(transport, None).await });
    let mut bob = ws_tests::Raw::over(client);
    bob.write(ws_tests::Opening::new("/lobby/bob").bytes()).await;
    within("bob to join", async {
        while !others.room("lobby").contains("bob") {
            assert!(serving.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let mut ann = join(&here, "/lobby/ann").await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    until(&others, "lobby", &["ann", "bob"]).await;
    // The task has nothing left to do, so the next message wakes it.
    assert!(serving.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    gate.set(true);
    for number in 0..MESSAGES {
        ann.send(format!("others {number:01000}")).await;
    }
    let _eve = join(&here, "/lobby/eve").await;
    rooms.flush().await;
    within("messages to be missed", async {
        while others.bridge_missed() < MESSAGES as u64 - 25 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    gate.set(false);
    until(&others, "lobby", &["ann", "bob", "eve"]).await;
    let missed = usize::try_from(others.bridge_missed()).expect("few");
    assert!((MESSAGES - 25..MESSAGES - 10).contains(&missed), "{missed} were missed");
}

/// Does not notice that its client has left.
#[websocket("/<room>/<id>/busy")]
async fn busy(room: String, id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let member = rooms.room(&room).join(&id, ws.sender()).await?;
    member.set_farewell(&format!("{id} left").into())?;
    ws.send_text("joined").await?;
    std::future::pending().await
}

#[tokio::test]
async fn a_member_whose_connection_is_over_leaves_in_all_processes() {
    let server = RedisServer::start().await;
    let rooms = Rooms::<Message>::new().redis(redis(&server)).expect("a valid URL");
    let busy = App::new()
        .state(rooms.clone())
        .routes(routes![busy])
        .ping_interval(None)
        .close_timeout(Duration::from_millis(200));
    let here = Server::start(busy).await;
    let (there, others) = app(redis(&server)).await;
    let mut ann = join(&there, "/lobby/ann").await;
    let bob = join(&here, "/lobby/bob/busy").await;
    until(&others, "lobby", &["ann", "bob"]).await;
    bob.leave(None).await;
    until(&rooms, "lobby", &["ann"]).await;
    assert_eq!(ann.text().await, "bob left");
    until(&others, "lobby", &["ann"]).await;
    join(&there, "/lobby/bob").await;
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
async fn a_member_that_moved_unseen_has_left_before_it_joins() {
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let redis_by_cable = Redis::open(&format!("redis://{}", cable.addr)).expect("a URL");
    let (here, rooms) = app(redis_by_cable).await;
    let (there, others) = app(redis(&server)).await;
    let mut ann = join(&here, "/lobby/ann").await;
    let mut bob = join(&there, "/lobby/bob").await;
    until(&rooms, "lobby", &["ann", "bob"]).await;
    catch_up(&mut bob, &mut [&mut ann]).await;
    cable.cut().await;
    away(&rooms).await;
    bob.leave(None).await;
    until(&others, "lobby", &["ann"]).await;
    others.flush().await;
    cable.mend().await;
    connected(&rooms).await;
    let mut bob = join(&here, "/lobby/bob").await;
    assert_eq!(ann.text().await, "bob left");
    assert_eq!(bob.ask("all back").await, "back");
    assert_eq!(ann.text().await, "back");
    assert_eq!(ann.ask("members").await, "ann bob");
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

/// `roomed` as a separate process.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    addr: String,
}

impl Process {
    async fn start(server: &RedisServer, lease: Duration) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_roomed"))
            .args([server.url(), lease.as_millis().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program was built");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut process = Self { child, lines, addr: String::new() };
        process.addr = process.line().await;
        process.says("Connected").await;
        process
    }

    async fn line(&mut self) -> String {
        let line = within("a line of the process", self.lines.next_line()).await;
        line.expect("it writes text").expect("it runs")
    }

    /// Waits until the process reports it.
    async fn says(&mut self, expected: &str) {
        while !self.line().await.starts_with(expected) {}
    }

    async fn join(&self, target: &str) -> Client {
        let mut client = ws_tests::Connect::to(self.addr.parse().expect("an address"), target).open().await;
        assert_eq!(client.text().await, "joined");
        client
    }

    async fn signal(&self, name: &str) {
        signal(self.child.id().expect("it runs"), name).await;
    }
}

/// Asks until the room has exactly these members, in any order.
async fn members(client: &mut Client, expected: &[&str]) {
    within("the members to be those expected", async {
        loop {
            let answer = client.ask("members").await;
            let mut members: Vec<&str> = answer.split(' ').collect();
            members.sort_unstable();
            if members == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

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
