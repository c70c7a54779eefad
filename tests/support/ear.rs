//! A channel through which endpoints report to the test what they saw.

use std::fmt::{Debug, Display};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::within;

/// The sending end, which endpoints hold as the app's state.
#[derive(Debug, Clone)]
pub struct Tell(UnboundedSender<String>);

/// The receiving end, which the test holds.
#[derive(Debug)]
pub struct Ear(UnboundedReceiver<String>);

/// Returns both ends.
#[must_use]
pub fn ear() -> (Tell, Ear) {
    let (tell, ear) = unbounded_channel();
    (Tell(tell), Ear(ear))
}

impl Tell {
    /// Reports a line. The test may have stopped listening.
    pub fn say(&self, line: impl Display) {
        let _ = self.0.send(line.to_string());
    }

    /// Reports a value as `Debug` formats it.
    pub fn show(&self, value: &impl Debug) {
        self.say(format!("{value:?}"));
    }

    /// Reports `line` when the returned guard is dropped, together with the future that holds it.
    #[must_use]
    pub fn when_dropped(&self, line: &str) -> impl Send + Sync + use<> {
        Dropped(self.clone(), line.to_owned())
    }
}

struct Dropped(Tell, String);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.say(&self.1);
    }
}

impl Ear {
    /// Waits for the next line.
    pub async fn next(&mut self) -> String {
        within("an endpoint to tell something", self.0.recv()).await.expect("an endpoint holds the other end")
    }

    /// Waits for this many lines.
    pub async fn take(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.len() < count {
            lines.push(self.next().await);
        }
        lines
    }

    /// Returns the lines that have been reported and not read yet.
    pub fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}
