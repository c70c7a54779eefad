//! Writes a client of an app in TypeScript: [`Description::typescript`].

mod endpoint;
mod types;

use std::collections::BTreeSet;

use types::Types;

use crate::description::Description;

/// The part of the file that is the same for every app.
const RUNTIME: &str = include_str!("runtime.ts");

/// The types that the runtime declares, and those of JavaScript that it names. A type of the app must not hide them.
const TAKEN: [&str; 26] = [
    "AbortSignal",
    "ArrayBuffer",
    "AsyncIterable",
    "AsyncIterator",
    "CloseEvent",
    "Closed",
    "Closes",
    "Connection",
    "Endpoint",
    "Failure",
    "Given",
    "Lost",
    "MessageEvent",
    "More",
    "Options",
    "Partial",
    "Promise",
    "Readonly",
    "Record",
    "Recovery",
    "ReturnType",
    "State",
    "Text",
    "URL",
    "Uint8Array",
    "WebSocket",
];

impl Description {
    /// Returns a client in TypeScript: one file without dependencies, which TypeScript 5.7 and later compile
    /// under `--strict`.
    ///
    /// For each endpoint it has a function that connects, such as `connectItem({ id: 5, q: 1 })`, the types of its
    /// messages, and its close codes as a type and as a table. A connection sends typed messages, keeps them while it
    /// reconnects, and waits longer after each attempt. An endpoint whose messages are [`Tracked`](crate::rooms::Tracked)
    /// JSON sends it what it missed. [The guide](crate::guide::typescript_client) shows how it is used.
    ///
    /// Integers are JavaScript's numbers, which are exact up to 2^53. A message whose integers may be larger should
    /// write them as text, for example with `#[serde(with = "…")]`.
    #[must_use]
    pub fn typescript(&self) -> String {
        let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
        let types = Types::new(&self.schemas, &mut taken);
        // The comment ends with its line.
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut text = format!(
            "// The client of {} {}. It is generated: `App::typescript` of ws-runtime writes it.\n\n",
            one_line(&self.info.title),
            one_line(&self.info.version)
        );
        text.push_str(&types.declare());
        for description in &self.endpoints {
            text.push_str(&endpoint::endpoint(description, &types, &mut taken));
        }
        text.push_str(RUNTIME);
        text
    }
}
