//! Rooms on a Redis Cluster of three servers, where one fails, and rooms on a server with TLS.

use std::{fs, time::Duration};

use rcgen::{CertificateParams, KeyPair};
use ws_runtime::{
    Message,
    rooms::{BridgeFailure, BridgeState, History, Redis, Rooms},
};
use ws_tests::{RedisServer, within};

use super::tracked::{Process, permissions, talking, until};

fn redis(url: &str) -> Redis {
    Redis::open(url).expect("a URL")
}

struct Cluster(Vec<RedisServer>);

impl Cluster {
    /// Starts three servers, each with a third of the slots.
    async fn start() -> Self {
        let mut servers = Vec::new();
        for _ in 0..3 {
            servers.push(member().await);
        }
        let slots = [(0, 5460), (5461, 10922), (10923, 16383)];
        for ((server, _), (first, last)) in servers.iter().zip(slots) {
            server.tell(&format!("CLUSTER ADDSLOTSRANGE {first} {last}")).await;
            for (other, bus) in &servers {
                server.tell(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", other.addr().port())).await;
            }
        }
        let cluster = Self(servers.into_iter().map(|(server, _)| server).collect());
        for server in &cluster.0 {
            until(server, "CLUSTER INFO", &["cluster_slots_ok:16384", "cluster_state:ok"]).await;
        }
        cluster
    }

    /// Starts a server that takes over when another one fails.
    async fn start_replica(&self, of: usize) -> RedisServer {
        let ((replica, bus), master) = (member().await, &self.0[of]);
        master.tell(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", replica.addr().port())).await;
        until(&replica, "CLUSTER INFO", &["cluster_known_nodes:4", "cluster_state:ok"]).await;
        assert_eq!(replica.tell(&format!("CLUSTER REPLICATE {}", id(master).await)).await, "+OK\r\n");
        until(&replica, "INFO replication", &["master_link_status:up"]).await;
        // Only those who all know of it let it take over.
        for server in &self.0 {
            until(server, "CLUSTER NODES", &[" slave "]).await;
        }
        replica
    }

    fn redis(&self) -> Redis {
        let urls = self.0.iter().map(RedisServer::url);
        Redis::cluster(urls).expect("URLs").timeout(Duration::from_secs(1))
    }

    /// Moves all that rooms have to another server, as `redis-cli --cluster reshard` does.
    async fn reshard(&self, from: usize, to: usize) {
        let (old, new) = (&self.0[from], &self.0[to]);
        let (old_id, new_id) = (id(old).await, id(new).await);
        let slot = old.tell("CLUSTER KEYSLOT {ws-runtime:0}").await;
        let slot = slot.lines().next().and_then(|slot| slot.strip_prefix(':')).expect("a number").to_owned();
        new.tell(&format!("CLUSTER SETSLOT {slot} IMPORTING {old_id}")).await;
        old.tell(&format!("CLUSTER SETSLOT {slot} MIGRATING {new_id}")).await;
        let listed = old.tell(&format!("CLUSTER GETKEYSINSLOT {slot} 1000")).await;
        let keys: Vec<_> = listed.lines().filter(|line| line.starts_with('{')).collect();
        assert!(!keys.is_empty(), "{listed}");
        let moved = format!("MIGRATE 127.0.0.1 {} \"\" 0 5000 KEYS {}", new.addr().port(), keys.join(" "));
        assert_eq!(old.tell(&moved).await.lines().next(), Some("+OK"), "{moved}");
        for server in [new, old].into_iter().chain(&self.0) {
            let answer = server.tell(&format!("CLUSTER SETSLOT {slot} NODE {new_id}")).await;
            assert_eq!(answer.lines().next(), Some("+OK"));
        }
    }

    /// Returns the number of the server that has the keys of rooms.
    async fn holder(&self) -> usize {
        for (number, server) in self.0.iter().enumerate() {
            if server.tell("EXISTS {ws-runtime:0}:nodes").await.starts_with(":1") {
                return number;
            }
        }
        panic!("no server has the keys")
    }
}

/// Starts a server of a cluster. Returns its port for other servers, too.
async fn member() -> (RedisServer, String) {
    // The default, 10,000 above that for clients, may be no port at all.
    let bus = RedisServer::prepare().await.addr().port().to_string();
    let arguments = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--repl-diskless-sync-delay", "0"];
    let full = ["--cluster-require-full-coverage", "no", "--cluster-node-timeout", "1000"];
    let disk = ["--appendonly", "yes", "--appendfsync", "always"];
    let mut server = RedisServer::prepare().await.with(&arguments).with(&full).with(&disk);
    server.restart().await;
    (server, bus)
}

async fn id(server: &RedisServer) -> String {
    let id = server.tell("CLUSTER MYID").await;
    id.lines().nth(1).expect("a text").to_owned()
}

#[tokio::test]
async fn rooms_move_to_the_replica_that_takes_over() {
    let mut cluster = Cluster::start().await;
    let (here, _there, mut ann, mut bob) = talking(&cluster.redis()).await;
    let holder = cluster.holder().await;
    let _replica = cluster.start_replica(holder).await;
    cluster.0[holder].kill().await;
    here.failed().await;
    ann.say("all two").await;
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.said().await, "two");
        assert_eq!(client.told.last().map(String::as_str), Some(r#"{"lost":"other_epoch"}"#));
    }
}

#[tokio::test]
async fn only_the_server_that_has_the_rooms_is_told_what_is_published() {
    let cluster = Cluster::start().await;
    for server in &cluster.0 {
        for rule in [permissions("on >secret"), permissions("+ssubscribe")] {
            assert_eq!(server.tell(rule).await.lines().next(), Some("+OK"), "{rule}");
        }
    }
    let url = format!("redis://rooms:secret@{}", cluster.0[0].addr());
    let (_here, there, _ann, _bob) = talking(&redis(&url)).await;
    let holder = cluster.holder().await;
    let channels = cluster.0[holder].tell("PUBSUB SHARDCHANNELS").await;
    assert!(channels.contains("{ws-runtime:0}:room:lobby\r\n"), "{channels}");
    for (number, server) in cluster.0.iter().enumerate() {
        assert_eq!(server.tell("PUBSUB CHANNELS").await.lines().next(), Some("*0"));
        let bus = server.tell("CLUSTER INFO").await;
        assert!(!bus.contains("messages_publish"), "{number}: {bus}");
    }
    // Nobody follows the room of somebody who left.
    let eve = there.join("/hall/eve", None).await;
    eve.client.leave(None).await;
    within("the room to be left", async {
        while cluster.0[holder].tell("PUBSUB SHARDCHANNELS").await.contains(":room:hall\r\n") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn rooms_follow_their_keys_to_another_server() {
    let cluster = Cluster::start().await;
    let (_here, _there, mut ann, mut bob) = talking(&cluster.redis()).await;
    let holder = cluster.holder().await;
    // Some of these are under way, and the rest waits.
    for number in 0..1000 {
        bob.say(&format!("all {number}")).await;
        if number == 500 {
            cluster.reshard(holder, (holder + 1) % 3).await;
        }
    }
    for number in 0..1000 {
        assert_eq!(ann.message().await, number.to_string());
        assert_eq!(bob.message().await, number.to_string());
    }
    assert_eq!(cluster.holder().await, (holder + 1) % 3);
}

#[tokio::test]
async fn rooms_span_processes_on_a_cluster_of_which_one_server_is_killed() {
    let mut cluster = Cluster::start().await;
    let (here, _there, mut ann, mut bob) = talking(&cluster.redis()).await;

    // One that others only asked for the way.
    let holder = cluster.holder().await;
    cluster.0[(holder + 1) % 3].kill().await;
    ann.say("all two").await;
    assert_eq!((ann.message().await, bob.message().await), ("two".into(), "two".into()));
    let late = Process::start(cluster.redis()).await;
    let mut eve = late.join("/lobby/eve", Some(&bob.position)).await;
    assert_eq!(eve.told, [r#"{"recovered":0}"#]);

    // The one that has the keys comes back with them.
    cluster.0[holder].kill().await;
    here.failed().await;
    ann.say("all three").await;
    cluster.0[holder].restart().await;
    for client in [&mut ann, &mut bob, &mut eve] {
        assert_eq!(client.message().await, "three");
    }
    assert_eq!((ann.position.clone(), bob.position), (eve.position, ann.position));
}

#[tokio::test]
async fn any_server_of_a_cluster_shows_the_way() {
    let cluster = Cluster::start().await;
    let mut processes = Vec::new();
    for server in &cluster.0 {
        processes.push(Process::start(redis(&server.url())).await);
    }
    let mut ann = processes[0].join("/lobby/ann", None).await;
    let mut bob = processes[1].join("/lobby/bob", None).await;
    let mut eve = processes[2].join("/lobby/eve", None).await;
    eve.say("all hello").await;
    for client in [&mut ann, &mut bob, &mut eve] {
        assert_eq!(client.message().await, "hello");
    }
}

#[tokio::test]
async fn a_server_with_tls_is_trusted_by_its_certificate() {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    let server = RedisServer::prepare().await;
    let (port, dir) = (RedisServer::prepare().await.addr().port(), server.dir());
    fs::write(dir.join("cert.pem"), &certificate).expect("a file");
    fs::write(dir.join("key.pem"), key.serialize_pem()).expect("a file");
    let tls = ["--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem", "--tls-auth-clients", "no"];
    let mut server = server.with(&["--tls-port", &port.to_string()]).with(&tls);
    server.restart().await;
    let secure = Redis::open(&format!("rediss://localhost:{port}")).expect("a URL");
    let trusting = secure.clone().certificates(certificate, None).expect("a certificate");
    let (here, there) = (Process::start(trusting).await, Process::start(redis(&server.url())).await);
    let mut ann = here.join("/lobby/ann", None).await;
    let mut bob = there.join("/lobby/bob", None).await;
    ann.say("all hello").await;
    assert_eq!((ann.message().await, bob.message().await), ("hello".into(), "hello".into()));

    // Nobody but this app trusts the certificate.
    let doubting = Rooms::<Message>::new().history(History::last(1)).redis(secure.clone()).expect("a URL");
    let _room = doubting.room("lobby");
    let mut state = doubting.bridge_state().expect("there is a bridge");
    let state = within("a refusal", state.wait_for(|state| *state != BridgeState::Connecting)).await;
    let expected = BridgeState::Reconnecting { attempts: 1, reason: BridgeFailure::Untrusted };
    assert_eq!(*state.expect("it runs"), expected);
    let error = secure.certificates("no certificate", None).map(|_| ()).expect_err("not in the PEM format");
    assert!(error.to_string().starts_with("not certificates for a Redis server: "), "{error}");
}
