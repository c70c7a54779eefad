//! [`Broker`]: who has subscribed to what.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use mqttbytes::{QoS, matches, v4::Publish};
use ws_runtime::Sender;

/// How many filters one client may subscribe to.
const MAX_FILTERS: usize = 100;

#[derive(Clone, Default)]
pub(crate) struct Broker(Arc<Mutex<Sessions>>);

#[derive(Default)]
struct Sessions {
    next: u64,
    open: HashMap<u64, (Sender, BTreeSet<String>)>,
}

/// One client, which is forgotten with this value.
pub(crate) struct Session {
    broker: Broker,
    id: u64,
}

impl Broker {
    pub(crate) fn begin(&self, sender: Sender) -> Session {
        let mut sessions = self.sessions();
        sessions.next += 1;
        let id = sessions.next;
        sessions.open.insert(id, (sender, BTreeSet::new()));
        Session { broker: self.clone(), id }
    }

    /// Sends a message to all who have subscribed to its topic, each of them once.
    pub(crate) async fn publish(&self, topic: &str, payload: &[u8]) {
        let mut out = BytesMut::new();
        if Publish::new(topic, QoS::AtMostOnce, payload).write(&mut out).is_err() {
            return;
        }
        let bytes: Bytes = out.freeze();
        let receivers: Vec<Sender> = {
            let sessions = self.sessions();
            let interested = |filters: &BTreeSet<String>| {
                filters.iter().any(|filter| matches(topic, filter))
            };
            sessions
                .open
                .values()
                .filter(|(_, filters)| interested(filters))
                .map(|(sender, _)| sender.clone())
                .collect()
        };
        for receiver in receivers {
            // A client that has just left is not the publisher's concern.
            let _ = receiver.send_binary(bytes.clone()).await;
        }
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Returns `false` if the client has too many filters.
    pub(crate) fn subscribe(&mut self, filter: &str) -> bool {
        self.filters(|filters| {
            let fits = filters.len() < MAX_FILTERS || filters.contains(filter);
            if fits {
                filters.insert(filter.to_owned());
            }
            fits
        })
    }

    pub(crate) fn unsubscribe(&mut self, filter: &str) {
        self.filters(|filters| filters.remove(filter));
    }

    fn filters(&mut self, change: impl FnOnce(&mut BTreeSet<String>) -> bool) -> bool {
        let mut sessions = self.broker.sessions();
        sessions.open.get_mut(&self.id).is_some_and(|(_, filters)| change(filters))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.broker.sessions().open.remove(&self.id);
    }
}
