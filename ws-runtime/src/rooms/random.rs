//! Numbers that nobody can guess, and that no two processes share.

/// Returns a random number from the operating system.
///
/// # Panics
///
/// Panics if the operating system has none.
pub(super) fn random() -> u64 {
    getrandom::u64().expect("the operating system has random numbers")
}
