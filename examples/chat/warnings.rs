//! [`Warnings`]: what a client is told that sends too much, or what cannot be read.

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;
use ws_runtime::{CloseError, SocketError};

use super::{chat::ChatError, messages::Incoming, options::RATE_PERIOD};

/// How many messages beyond the rate limit get a warning before the next one closes the
/// connection.
const WARNINGS: u32 = 3;

/// The client went on after the warnings.
#[derive(Debug, thiserror::Error, CloseError)]
#[error("rate limit exceeded")]
#[close(1008)]
pub(crate) struct TooManyMessages;

/// How much a client may still send, and how often it has recently sent more.
pub(crate) struct Warnings {
    // The app's `rate_limit` counts everything that arrives; this one only counts what a
    // person wrote.
    allowance: DefaultDirectRateLimiter,
    count: u32,
    last: Option<Instant>,
}

impl Warnings {
    pub(crate) fn new(quota: Quota) -> Self {
        Self { allowance: RateLimiter::direct(quota), count: 0, last: None }
    }

    /// Returns a message that may be passed on, or what to tell its sender, or the error
    /// that ends the connection.
    pub(crate) fn check(
        &mut self,
        received: Result<Incoming, SocketError>,
    ) -> Result<Result<Incoming, String>, ChatError> {
        let is_message = matches!(
            received,
            Ok(_) | Err(SocketError::Invalid(_) | SocketError::ExpectedText)
        );
        if is_message && self.allowance.check().is_err() {
            return Ok(Err(self.warn()?));
        }
        let mistake = match received {
            Ok(incoming) => return Ok(Ok(incoming)),
            Err(SocketError::ExpectedText) => "Messages are text, not binary".to_owned(),
            Err(SocketError::Invalid(error)) => match error.errors() {
                [field, ..] if field.kind != "json_invalid" => format!("Invalid {field}"),
                _ => "Invalid JSON".to_owned(),
            },
            Err(SocketError::RateLimited(_)) => self.warn()?,
            Err(error) => return Err(error.into()),
        };
        Ok(Err(mistake))
    }

    fn warn(&mut self) -> Result<String, TooManyMessages> {
        if self.last.is_none_or(|last| last.elapsed() > RATE_PERIOD) {
            self.count = 0;
        }
        self.last = Some(Instant::now());
        self.count += 1;
        if self.count > WARNINGS {
            return Err(TooManyMessages);
        }
        Ok("Too many messages: that one was not delivered".to_owned())
    }
}
