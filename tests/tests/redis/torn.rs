//! What a Redis that lost some of its history cannot hide.

use ws_runtime::rooms::Redis;
use ws_tests::RedisServer;

use super::{
    support::{Cable, redis},
    tracked::{Process, Tracker},
};

async fn by(cable: &Cable) -> Process {
    Process::start(Redis::open(&format!("redis://{}", cable.addr)).expect("a URL")).await
}

/// Redis writes to disk once a second, and loses what it did not write. Another message then has the place of a lost one.
#[tokio::test]
async fn another_message_in_the_place_of_a_lost_one_is_noticed() {
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let here = by(&cable).await;
    let mut ann = here.join("/lobby/ann", None).await;
    for text in ["one", "two"] {
        ann.say(&format!("all {text}")).await;
        assert_eq!(ann.message().await, text);
    }
    cable.cut().await;
    here.failed().await;
    let forget = "local first = redis.call('XRANGE', KEYS[1], '1-0', '1-0')[1][2] \
                  redis.call('DEL', KEYS[1]) redis.call('XADD', KEYS[1], '1-0', unpack(first)) \
                  return redis.call('HSET', KEYS[2], 'offset', 1, 'time', first[2])";
    let keys = "{ws-runtime:0}:log:lobby {ws-runtime:0}:head:lobby";
    let answer = server.tell(&format!("EVAL \"{forget}\" 2 {keys}")).await;
    assert_eq!(answer.lines().next(), Some(":0"), "{answer}");
    let there = Process::start(redis(&server)).await;
    let mut bob = there.join("/lobby/bob", None).await;
    assert_eq!(bob.offset(), 1);
    for text in ["other", "more"] {
        bob.say(&format!("all {text}")).await;
        assert_eq!(bob.message().await, text);
    }
    cable.mend().await;
    assert_eq!(lost(&mut ann).await, r#"{"lost":"other_epoch"}"#);
    bob.say("all last").await;
    assert_eq!(lost(&mut bob).await, r#"{"lost":"other_epoch"}"#);
    assert_eq!((ann.message().await, bob.message().await), ("last".into(), "last".into()));
}

/// Redis forgets a log that is too old as a whole.
#[tokio::test]
async fn messages_that_ended_with_their_log_are_noticed() {
    let server = RedisServer::start().await;
    let mut cable = Cable::plug(&server).await;
    let (here, there) = (by(&cable).await, Process::start(redis(&server)).await);
    let mut ann = here.join("/lobby/ann", None).await;
    let mut bob = there.join("/lobby/bob", None).await;
    cable.cut().await;
    here.failed().await;
    for text in ["one", "two"] {
        bob.say(&format!("all {text}")).await;
        assert_eq!(bob.message().await, text);
    }
    server.tell("DEL {ws-runtime:0}:log:lobby").await;
    bob.say("all three").await;
    assert_eq!(bob.message().await, "three");
    cable.mend().await;
    assert_eq!(lost(&mut ann).await, r#"{"lost":"too_old"}"#);
    assert_eq!((ann.message().await, ann.offset()), ("three".into(), bob.offset()));
}

async fn lost(client: &mut Tracker) -> String {
    assert_eq!(client.next().await, None, "told {:?}", client.told);
    client.told.pop().expect("something was told")
}
