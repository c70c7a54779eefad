//! Stands in for `deflate` where the feature is off: there is no compressor and no inflater, so that none has to be asked
//! for whether there are any.

use std::convert::Infallible;

#[cfg(any(feature = "client", feature = "test-client"))]
use http::HeaderMap;
use http::HeaderValue;

/// The option without a choice.
#[derive(Debug, Clone, Default)]
pub(crate) struct Compression(());

/// Nothing, as nothing is agreed on.
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

/// Compresses nothing, as there is none.
#[derive(Debug)]
pub(crate) struct Deflater(Infallible);

/// Inflates nothing, as there is none.
#[derive(Debug)]
pub(crate) struct Inflater(Infallible);

/// No error, as nothing is inflated.
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
