//! Mutexes and atomics of the outbox and the inbox: loom's, while the hand-over between handles and driver is model-checked.

#[cfg(ws_loom)]
pub(super) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU8},
};
#[cfg(not(ws_loom))]
pub(super) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU8},
};
