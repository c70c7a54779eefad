//! A benchmark of WebSocket servers on loopback: the servers, their load, and the report.

pub mod load;
pub mod machine;
pub mod report;
pub mod servers;
pub mod socket;
