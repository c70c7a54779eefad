//! Stands in for `deflate` when the feature is off. Its compressor and its inflater cannot exist, so no code has to
//! check whether there are any.

use std::convert::Infallible;

#[cfg(any(feature = "client", feature = "test-client"))]
use http::HeaderMap;
use http::HeaderValue;

/// The option, which offers no choice.
#[derive(Debug, Clone, Default)]
pub(crate) struct Compression(());

#[cfg(feature = "describe")]
impl Compression {
    /// Returns `false`.
    #[allow(clippy::unused_self, reason = "the other `Compression` has a choice")]
    pub(crate) fn is_on(&self) -> bool {
        false
    }
}

/// The agreed parameters, which cannot exist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Agreed(Infallible);

pub(crate) fn accept<'a>(
    _option: &Compression,
    _offers: impl Iterator<Item = &'a [u8]>,
) -> Option<(Agreed, HeaderValue)> {
    None
}

#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) fn offer(_option: &Compression) -> Option<HeaderValue> {
    None
}

#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) fn check_answer(
    _option: &Compression,
    headers: &HeaderMap,
) -> Result<Option<Agreed>, &'static str> {
    if headers.contains_key(http::header::SEC_WEBSOCKET_EXTENSIONS) {
        return Err("it selects an extension, and none was offered");
    }
    Ok(None)
}

/// A compressor, which cannot exist.
#[derive(Debug)]
pub(crate) struct Deflater(Infallible);

/// An inflater, which cannot exist.
#[derive(Debug)]
pub(crate) struct Inflater(Infallible);

/// The error of inflating, which cannot occur.
#[derive(Debug, Clone, Copy)]
pub(crate) enum InflateError {}

impl Deflater {
    pub(crate) fn new(_option: &Compression, agreed: Agreed) -> Self {
        match agreed.0 {}
    }

    pub(crate) fn compress(&mut self, _payload: &[u8], _out: &mut Vec<u8>) -> bool {
        match self.0 {}
    }

    pub(crate) fn takes_shared(&self, _payload: &[u8]) -> bool {
        match self.0 {}
    }

    pub(crate) fn sent_shared(&mut self, _payload: &[u8]) {
        match self.0 {}
    }
}

impl Inflater {
    pub(crate) fn new(agreed: Agreed) -> Self {
        match agreed.0 {}
    }

    pub(crate) fn has_begun(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn inflate(
        &mut self,
        _input: &[u8],
        _last: bool,
        _limit: usize,
        _out: &mut Vec<u8>,
    ) -> Result<(), InflateError> {
        match self.0 {}
    }
}

pub(crate) fn compress_shared(_payload: &[u8], _out: &mut Vec<u8>) -> bool {
    false
}
