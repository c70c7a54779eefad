//! Rooms that span processes, on a real Redis: what clients see while processes and Redis come and go.

mod bounds;
mod cluster;
mod history;
mod holders;
mod ids;
mod leases;
mod memory;
mod messages;
mod outages;
mod outrun;
mod retained;
mod roomed;
mod sentinel;
mod support;
mod torn;
mod tracked;
mod windows;
