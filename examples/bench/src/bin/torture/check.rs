//! [`Record`]: what one client received, and what is wrong with it. [`Tally`]: that of all clients.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};
use ws_runtime::rooms::{Position, Recovery};

use crate::serve::Said;

/// How long clients have, after the last fault, to receive something again.
const SETTLE: Duration = Duration::from_secs(30);

/// How many faults are described.
const DESCRIBED: u64 = 40;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    gaps: AtomicU64,
    duplicates: AtomicU64,
    reordered: AtomicU64,
    recovered: AtomicU64,
    missed: AtomicU64,
    lost: AtomicU64,
    messages: AtomicU64,
    replaced: AtomicU64,
    described: AtomicU64,
    /// The messages by their epochs and offsets: all clients must receive the same.
    all: Mutex<HashMap<(u64, u64), u64>>,
    /// When each client last received a message.
    heard: Mutex<HashMap<String, Instant>>,
}

impl Tally {
    pub(crate) fn is_clean(&self) -> bool {
        [&self.gaps, &self.duplicates, &self.reordered].iter().all(|count| get(count) == 0)
    }

    pub(crate) fn messages(&self) -> u64 {
        get(&self.messages)
    }

    pub(crate) fn missed(&self) -> u64 {
        get(&self.missed)
    }

    /// Returns how often a connection of a client was closed because another one of its own took its ID.
    pub(crate) fn replacements(&self) -> u64 {
        get(&self.replaced)
    }

    pub(crate) fn replaced(&self) {
        add(&self.replaced, 1);
    }

    /// Waits until all clients receive messages again. A client that does not has a gap.
    pub(crate) async fn settle(&self, clients: usize) {
        let start = Instant::now();
        loop {
            let silent = {
                let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
                let missing = clients - heard.len();
                let silent = heard.iter().filter(|(_, last)| **last < start + Duration::from_secs(2));
                let mut silent: Vec<_> = silent.map(|(name, _)| name.clone()).collect();
                silent.extend((0..missing).map(|_| "one that never heard anything".to_owned()));
                silent
            };
            if silent.is_empty() {
                return;
            }
            if start.elapsed() > SETTLE {
                return silent
                    .iter()
                    .for_each(|name| self.fault(&self.gaps, 1, name, "hears nothing any more"));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn fault(&self, kind: &AtomicU64, count: u64, name: &str, what: &str) {
        kind.fetch_add(count, Ordering::Relaxed);
        if self.described.fetch_add(1, Ordering::Relaxed) < DESCRIBED {
            eprintln!("{name}: {what}");
        }
    }
}

/// The last line of the output.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "gaps {} duplicates {} reordered {} recovered {} lost-told {}",
            get(&self.gaps),
            get(&self.duplicates),
            get(&self.reordered),
            get(&self.recovered),
            get(&self.lost)
        )
    }
}

fn get(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// A place in an epoch: the number of broadcasts, and that of private messages since.
type Place = (u64, u64);

/// What one client received.
pub(crate) struct Record {
    name: String,
    tally: Arc<Tally>,
    position: Option<Position>,
    /// Set if the last word was that messages are lost: the next one has any position.
    is_lost: bool,
    /// The number of the last message of each speaker.
    speakers: HashMap<String, u64>,
    /// What clients said.
    clients: HashSet<(String, u64)>,
}

impl Record {
    pub(crate) fn new(name: &str, tally: Arc<Tally>) -> Self {
        Self {
            name: name.to_owned(),
            tally,
            position: None,
            is_lost: false,
            speakers: HashMap::new(),
            clients: HashSet::new(),
        }
    }

    /// Returns the position to come back with.
    pub(crate) fn since(&self) -> Option<Position> {
        self.position
    }

    /// Records that the client will not come back, which nothing here justifies.
    pub(crate) fn ended(&self, why: &str) {
        self.tally.fault(&self.tally.gaps, 1, &self.name, &format!("ended: {why}"));
    }

    /// Records that another connection of the client took its ID.
    pub(crate) fn replaced(&self) {
        self.tally.replaced();
    }

    pub(crate) fn joined(&mut self, position: Option<Position>, recovery: Recovery) {
        let was_lost = std::mem::take(&mut self.is_lost);
        match recovery {
            Recovery::Recovered { missed } => {
                add(&self.tally.recovered, 1);
                add(&self.tally.missed, missed);
                if position != self.position {
                    self.gap(1, &format!("recovers from {position:?}, having {:?}", self.position));
                }
            }
            Recovery::Lost { .. } => {
                add(&self.tally.lost, 1);
                self.is_lost = true;
                self.speakers.clear();
                self.clients.clear();
            }
            _ if self.position.is_some() && position != self.position && !was_lost => {
                self.gap(1, &format!("starts at {position:?}, having {:?}", self.position));
            }
            _ => {}
        }
        // If a server knows no position yet, the client may come back with the one that it had.
        self.position = position.or(self.position);
    }

    pub(crate) fn message(&mut self, position: Option<Position>, said: &Said) {
        add(&self.tally.messages, 1);
        self.tally
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(self.name.clone(), Instant::now());
        let Some(position) = position else { return self.gap(1, "a message without a position") };
        let (before, now) = (self.position.replace(position), place(position));
        let was_lost = std::mem::take(&mut self.is_lost);
        if let Some(before) = before.filter(|_| !was_lost) {
            self.compare(before, position);
        }
        if now.1 == 0 {
            let mut hasher = DefaultHasher::new();
            (&said.by, said.number).hash(&mut hasher);
            let mut all = self.tally.all.lock().unwrap_or_else(PoisonError::into_inner);
            let differs = match all.entry((position.epoch(), now.0)) {
                Entry::Occupied(known) => *known.get() != hasher.finish(),
                Entry::Vacant(place) => {
                    place.insert(hasher.finish());
                    false
                }
            };
            drop(all);
            if differs {
                self.reordered(&format!("others received something else at {position}"));
            }
        }
        self.hear(said);
    }

    fn compare(&self, before: Position, position: Position) {
        let ((last, inner), (offset, private)) = (place(before), place(position));
        if before.epoch() != position.epoch() {
            self.gap(1, &format!("goes from {before} to {position} without a word"));
        } else if (offset, private) <= (last, inner) {
            self.duplicate(&format!("receives {position} after {before}"));
        } else if private == 0 && offset != last + 1 || private > 0 && offset != last {
            self.gap(offset - last, &format!("receives {position} after {before}"));
        }
    }

    /// Compares a message with the earlier ones of its speaker.
    fn hear(&mut self, said: &Said) {
        let last = self.speakers.insert(said.by.clone(), said.number);
        let what = format!("hears {} of {} after {last:?}", said.number, said.by);
        // What a client says may be lost with its connection, or wait in a server while the client speaks to another.
        let is_client = said.by.starts_with('c');
        let is_again = is_client && !self.clients.insert((said.by.clone(), said.number));
        match last {
            _ if is_again => self.duplicate(&what),
            _ if is_client => {}
            Some(last) if said.number == last => self.duplicate(&what),
            Some(last) if said.number < last => self.reordered(&what),
            Some(last) if said.number > last + 1 => self.gap(said.number - last - 1, &what),
            _ => {}
        }
    }

    fn duplicate(&self, what: &str) {
        self.tally.fault(&self.tally.duplicates, 1, &self.name, what);
    }

    fn gap(&self, count: u64, what: &str) {
        self.tally.fault(&self.tally.gaps, count, &self.name, what);
    }

    fn reordered(&self, what: &str) {
        self.tally.fault(&self.tally.reordered, 1, &self.name, what);
    }
}

fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

/// Only the text of a position has the number of a private message.
fn place(position: Position) -> Place {
    let text = position.to_string();
    let private = text.rsplit_once('.').and_then(|(_, private)| private.parse().ok());
    (position.offset(), private.unwrap_or(0))
}
