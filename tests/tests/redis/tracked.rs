//! An app whose rooms remember, and its clients, for the tests of rooms on Redis with a history.

use std::time::Duration;

use serde_json::{Value, json};
use ws_runtime::{
    App, Result, State, WebSocket,
    rooms::{BridgeFailure, BridgeState, History, Position, Redis, Rooms, Tracked},
    routes, websocket,
};
use ws_tests::{Client, RedisServer, Server, within};

/// Joins with envelopes, in place of an older connection, and carries out commands.
#[websocket("/<room>/<id>")]
pub(super) async fn tracked(
    room: String,
    id: String,
    #[query] since: Option<Position>,
    rooms: State<Rooms<String>>,
    mut ws: WebSocket<String, Tracked<String>>,
) -> Result {
    let room = rooms.room(&room);
    let member = room.join(&id, ws.sender()).since(since).replace().await?;
    member.set_farewell(&format!("{id} left"))?;
    ws.send(format!("joined: {}", member.recovery())).await?;
    loop {
        let text = ws.recv().await?;
        match text.split_once(' ') {
            Some(("all", text)) => member.broadcast(&text.to_owned())?,
            Some(("meta", text)) => member.set_meta(text)?,
            Some(("others", text)) => member.broadcast_others(&text.to_owned())?,
            Some((to, text)) => room.send_to(to, &text.to_owned())?,
            None => return Ok(()),
        }
    }
}

pub(super) struct Process {
    pub(super) server: Server,
    pub(super) rooms: Rooms<String>,
}

impl Process {
    pub(super) async fn start(redis: Redis) -> Self {
        Self::with(redis, History::last(10_000).within(Duration::from_mins(2))).await
    }

    pub(super) async fn with(redis: Redis, history: History) -> Self {
        let rooms = Rooms::<String>::new().history(history).redis(redis).expect("a valid URL");
        let app = App::new().state(rooms.clone()).routes(routes![tracked]).ping_interval(None);
        Self { server: Server::start(app).await, rooms }
    }

    async fn state(&self, expected: impl Fn(&BridgeState) -> bool) -> BridgeState {
        let mut state = self.rooms.bridge_state().expect("there is a bridge");
        *within("a state of the bridge", state.wait_for(|state| expected(state))).await.expect("it runs")
    }

    pub(super) async fn connected(&self) {
        self.state(|state| *state == BridgeState::Connected).await;
    }

    pub(super) async fn failed(&self) -> BridgeFailure {
        match self.state(|state| matches!(state, BridgeState::Reconnecting { .. })).await {
            BridgeState::Reconnecting { reason, .. } => reason,
            state => unreachable!("{state:?}"),
        }
    }

    /// Opens a connection, without waiting until it has joined.
    pub(super) async fn open(&self, target: &str) -> Client {
        self.server.at(target).open().await
    }

    pub(super) async fn join(&self, target: &str, since: Option<&str>) -> Tracker {
        let query = since.map(|since| format!("?since={since}")).unwrap_or_default();
        let client = self.server.at(&format!("{target}{query}")).open().await;
        let mut tracker = Tracker { client, position: String::new(), told: Vec::new() };
        loop {
            match tracker.next().await {
                Some(text) if text.starts_with("joined: ") => return tracker,
                Some(text) => tracker.told.push(text),
                None => {}
            }
        }
    }
}

/// A client that looks at envelopes.
pub(super) struct Tracker {
    pub(super) client: Client,
    pub(super) position: String,
    /// What came before the endpoint spoke.
    pub(super) told: Vec<String>,
}

impl Tracker {
    /// Returns a message, or `None` if something was told.
    pub(super) async fn next(&mut self) -> Option<String> {
        let envelope: Value = serde_json::from_str(&self.client.text().await).expect("an envelope");
        if let Some(position) = envelope["position"].as_str() {
            position.clone_into(&mut self.position);
        }
        if let Some(text) = envelope["message"].as_str() {
            return Some(text.to_owned());
        }
        let mut rest = envelope;
        rest.as_object_mut().expect("an object").remove("position");
        self.told.push(rest.to_string());
        None
    }

    /// Returns the next message, and skips what the client is told about positions and losses.
    pub(super) async fn said(&mut self) -> String {
        loop {
            if let Some(text) = self.next().await {
                return text;
            }
        }
    }

    pub(super) async fn message(&mut self) -> String {
        self.next().await.unwrap_or_else(|| panic!("told {:?}", self.told))
    }

    pub(super) async fn say(&mut self, text: &str) {
        self.client.send(json!(text).to_string()).await;
    }

    pub(super) fn offset(&self) -> u64 {
        self.position[17..].parse().expect("a number")
    }
}

/// Starts two processes, with a member each who have heard one message.
pub(super) async fn talking(redis: &Redis) -> (Process, Process, Tracker, Tracker) {
    let (here, there) = (Process::start(redis.clone()).await, Process::start(redis.clone()).await);
    let mut ann = here.join("/lobby/ann", None).await;
    let mut bob = there.join("/lobby/bob", None).await;
    ann.say("all one").await;
    assert_eq!((ann.message().await, bob.message().await), ("one".into(), "one".into()));
    (here, there, ann, bob)
}

/// Waits until the answer of a server contains all of these.
pub(super) async fn until(server: &RedisServer, command: &str, parts: &[&str]) {
    within("the servers to know one another", async {
        loop {
            let answer = server.tell(command).await;
            if parts.iter().all(|part| answer.contains(part)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// Returns a rule that the documentation gives, by how it begins.
pub(super) fn permissions(begin: &str) -> &'static str {
    let docs = include_str!("../../../ws-runtime/docs/rooms_on_redis.md");
    let begin = format!("ACL SETUSER rooms {begin}");
    docs.lines().find(|line| line.starts_with(&begin)).expect("the documentation has the rule")
}
