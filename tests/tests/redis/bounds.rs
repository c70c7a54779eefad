//! The bounds on what waits for Redis, and on what comes from it.

use std::{
    sync::{Arc, Condvar, Mutex},
    task::{Context, Wake, Waker},
    time::Duration,
};

use ws_runtime::{
    App,
    rooms::{Redis, Rooms},
    routes,
};
use ws_tests::{
    RedisServer,
    room::{join, talk, until},
    within,
};

use super::support::{Cable, app, away, catch_up, connected, redis};

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
        // What the runtime has on this thread, such as the task that was woken last, goes on elsewhere.
        tokio::task::block_in_place(|| {
            let closed = self.closed.lock().expect("nobody panics with it");
            // A test that fails does not open it.
            let waited = self.opened.wait_timeout_while(closed, Duration::from_secs(40), |closed| *closed);
            drop(waited.expect("nobody panics with it"));
        });
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
    // Once this is answered, all of it has been sent, and none comes before what the server says to Eve.
    ann.ask("members").await;
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
