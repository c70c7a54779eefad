//! Captures what is logged on a test's thread while the test runs.

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex, Once},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry,
};

/// Captures every event of the thread, and therefore of a current-thread runtime, until it is dropped.
#[must_use]
pub struct Logs {
    records: Arc<Mutex<Vec<Record>>>,
    _guard: DefaultGuard,
}

/// One event.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its level.
    pub level: Level,
    /// The target that it comes from.
    pub target: String,
    /// Its message, and its fields as `name=value`.
    pub text: String,
}

impl Logs {
    /// Starts to capture.
    pub fn capture() -> Self {
        // Whether an event is of interest is asked once for all threads. Without a subscriber for all of them, the answer may
        // be that of a thread that has none.
        static EVERY_THREAD: Once = Once::new();
        EVERY_THREAD.call_once(|| {
            tracing::subscriber::set_global_default(registry()).expect("nobody else sets one");
        });
        let records = Arc::<Mutex<Vec<Record>>>::default();
        let layer = Capture(Arc::clone(&records));
        Self { records, _guard: tracing::subscriber::set_default(registry().with(layer)) }
    }

    /// Returns the events of a level.
    #[must_use]
    pub fn at(&self, level: Level) -> Vec<Record> {
        let records = self.records.lock().expect("nobody panics with the lock");
        records.iter().filter(|record| record.level == level).cloned().collect()
    }

    /// Returns the events of the crate under test that an operator sees by default: info, warnings and errors.
    #[must_use]
    pub fn loud(&self) -> Vec<Record> {
        let records = self.records.lock().expect("nobody panics with the lock");
        // Every connection has a line in the access log, which says nothing of what a test asks for.
        let is_access = |record: &&Record| record.target == "ws_runtime::access";
        records.iter().filter(|record| record.level <= Level::INFO && !is_access(record)).cloned().collect()
    }

    /// Fails the test if anything was logged above debug.
    pub fn assert_quiet(&self) {
        assert!(self.loud().is_empty(), "logged above debug: {:#?}", self.loud());
    }

    /// Returns the only event of a level. Fails the test if there is none or more than one.
    #[must_use]
    pub fn only(&self, level: Level) -> Record {
        match <[Record; 1]>::try_from(self.at(level)) {
            Ok([record]) => record,
            Err(records) => panic!("expected one event of {level}: {records:#?}"),
        }
    }
}

struct Capture(Arc<Mutex<Vec<Record>>>);

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &Event<'_>, _cx: Context<'_, S>) {
        let metadata = event.metadata();
        let mut text = Text::default();
        event.record(&mut text);
        // A server reports the address that it serves whenever its task gets to run.
        if metadata.target().starts_with("ws_runtime::serve") && text.0.starts_with("serving ") {
            return;
        }
        let record = Record { level: *metadata.level(), target: metadata.target().to_owned(), text: text.0 };
        self.0.lock().expect("nobody panics with the lock").push(record);
    }
}

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let separator = if self.0.is_empty() { "" } else { " " };
        match field.name() {
            "message" => write!(self.0, "{separator}{value:?}"),
            name => write!(self.0, "{separator}{name}={value:?}"),
        }
        .expect("a string takes everything");
    }
}
