//! What the tests of rooms on Redis share: the app, the state of its bridge, and a connection to Redis that can be cut.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use ws_runtime::{
    App,
    rooms::{BridgeState, Redis, Rooms},
    routes,
};
use ws_tests::{Client, RedisServer, Server, room::talk, within};

/// An app with rooms on Redis.
pub(super) async fn app(redis: Redis) -> (Server, Rooms) {
    let rooms = Rooms::new().redis(redis).expect("a valid URL");
    (Server::start(App::new().state(rooms.clone()).routes(routes![talk]).ping_interval(None)).await, rooms)
}

pub(super) fn redis(server: &RedisServer) -> Redis {
    Redis::open(&server.url()).expect("a valid URL")
}

pub(super) async fn connected(rooms: &Rooms) {
    let mut state = rooms.bridge_state().expect("there is a bridge");
    let state = state.wait_for(|state| *state == BridgeState::Connected);
    within("the bridge to be connected", state).await.expect("the bridge runs");
}

pub(super) async fn away(rooms: &Rooms) {
    let mut state = rooms.bridge_state().expect("there is a bridge");
    let state = state.wait_for(|state| matches!(state, BridgeState::Reconnecting { .. }));
    within("the bridge to notice that Redis is away", state).await.expect("the bridge runs");
}

/// Waits until the process of each of `those` has received everything from the process of `member`, including farewells.
pub(super) async fn catch_up(member: &mut Client, those: &mut [&mut Client]) {
    member.send("others ready").await;
    for client in those {
        assert_eq!(client.text().await, "ready");
    }
}

/// Reads until a given text arrives, and returns what came before it.
pub(super) async fn last(client: &mut Client, expected: &str) -> Vec<String> {
    let mut before = Vec::new();
    loop {
        match client.text().await {
            text if text == expected => return before,
            text => before.push(text),
        }
    }
}

/// A connection to Redis that can be cut.
pub(super) struct Cable {
    pub(super) addr: SocketAddr,
    redis: SocketAddr,
    carry: Option<JoinHandle<()>>,
    /// Set while the sent bytes are held back.
    stalled: watch::Sender<bool>,
}

impl Cable {
    pub(super) async fn plug(redis: &RedisServer) -> Self {
        let addr = Server::listen().await.local_addr().expect("a listener has an address");
        let mut cable = Self { addr, redis: redis.addr(), carry: None, stalled: watch::Sender::new(false) };
        cable.mend().await;
        cable
    }

    pub(super) async fn cut(&mut self) {
        let carry = self.carry.take().expect("it was mended");
        carry.abort();
        // The port is free again after this.
        let _ = carry.await;
        self.stalled.send_replace(false);
    }

    pub(super) fn stall(&self) {
        self.stalled.send_replace(true);
    }

    /// Forwards what was held back, and continues.
    pub(super) fn resume(&self) {
        self.stalled.send_replace(false);
    }

    pub(super) async fn mend(&mut self) {
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
pub(super) async fn carry(
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

/// Reads up to the Close frame of a member that is closed because its ID is taken.
pub(super) async fn ends(client: &mut Client) {
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
