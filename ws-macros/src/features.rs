//! Features that change what every use of a macro expands to.

/// Returns `true` if endpoints get requests, and errors are recognized by their close.
#[cfg(not(test))]
pub(crate) fn has_requests() -> bool {
    cfg!(feature = "request")
}

/// Snapshots show requests in forms of their own only, because all others would repeat them.
#[cfg(test)]
pub(crate) fn has_requests() -> bool {
    tests::HAS_REQUESTS.get()
}

/// Returns `true` if endpoints and errors are described.
#[cfg(not(test))]
pub(crate) fn has_descriptions() -> bool {
    cfg!(feature = "describe")
}

/// Snapshots show descriptions in forms of their own only, too.
#[cfg(test)]
pub(crate) fn has_descriptions() -> bool {
    tests::DESCRIBES.get()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    thread_local! {
        pub(crate) static DESCRIBES: Cell<bool> = const { Cell::new(false) };
        pub(crate) static HAS_REQUESTS: Cell<bool> = const { Cell::new(false) };
    }
}
