//! A benchmark of WebSocket servers on loopback: the servers, the load they are put under, and the report.

pub mod load;
pub mod machine;
pub mod report;
pub mod servers;
