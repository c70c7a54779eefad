//! Rooms on a Redis Cluster of three servers, where one fails, and rooms on a server with TLS.

use std::{fs, time::Duration};

use rcgen::{CertificateParams, KeyPair};
use ws_runtime::{
    Message,
    rooms::{BridgeFailure, BridgeState, History, Redis, Rooms},
};
use ws_tests::{RedisServer, within};

use super::history::{Process, redis};

struct Cluster(Vec<RedisServer>);

impl Cluster {
    /// Starts three servers, each with a third of the slots.
    async fn start() -> Self {
        let mut servers = Vec::new();
        for _ in 0..3 {
            // The default port for the bus, 10,000 above that for clients, may be no port at all.
            let bus = RedisServer::prepare().await.addr().port().to_string();
            let arguments = ["--cluster-enabled", "yes", "--cluster-port", &bus];
            let full = ["--cluster-require-full-coverage", "no", "--cluster-node-timeout", "1000"];
            let disk = ["--appendonly", "yes", "--appendfsync", "always"];
            let mut server = RedisServer::prepare().await.with(&arguments).with(&full).with(&disk);
            server.restart().await;
            servers.push((server, bus));
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
            within("the servers to know one another", async {
                let complete =
                    |info: &str| info.contains("cluster_slots_ok:16384") && info.contains("cluster_state:ok");
                while !complete(&server.tell("CLUSTER INFO").await) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
            .await;
        }
        cluster
    }

    fn redis(&self) -> Redis {
        let urls = self.0.iter().map(RedisServer::url);
        Redis::cluster(urls).expect("URLs").timeout(Duration::from_secs(1))
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

#[tokio::test]
async fn rooms_span_processes_on_a_cluster_of_which_one_server_is_killed() {
    let mut cluster = Cluster::start().await;
    let (here, there) = (Process::start(cluster.redis()).await, Process::start(cluster.redis()).await);
    let mut ann = here.join("/lobby/ann", None).await;
    let mut bob = there.join("/lobby/bob", None).await;
    ann.say("all one").await;
    assert_eq!((ann.message().await, bob.message().await), ("one".into(), "one".into()));

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
        processes.push(Process::start(redis(server)).await);
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
    let (here, there) = (Process::start(trusting).await, Process::start(redis(&server)).await);
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
