//! [`Options`], which come from the command line.

use std::{num::NonZeroU32, time::Duration};

use governor::Quota;

/// The period in which a client may send [`Options::rate`] messages.
pub(crate) const RATE_PERIOD: Duration = Duration::from_secs(10);

/// A chat room, with a page to use it with
#[derive(Clone, clap::Parser)]
pub(crate) struct Options {
    /// Where to listen
    #[arg(default_value = "127.0.0.1:8000")]
    pub(crate) address: String,
    /// The time between two heartbeats
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub(crate) heartbeat: Duration,
    /// How long a user may be silent
    #[arg(long, value_name = "SECONDS", default_value = "1800", value_parser = seconds)]
    pub(crate) inactivity: Duration,
    /// How many messages a user may send in 10 seconds
    #[arg(long, value_name = "MESSAGES", default_value = "20")]
    pub(crate) rate: NonZeroU32,
    /// Share the room with all processes that use this Redis (needs the feature `redis`)
    #[arg(long, value_name = "URL")]
    pub(crate) redis: Option<String>,
    /// How long a process that died holds its names in Redis
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    pub(crate) lease: Duration,
    /// Print the client of the page in TypeScript, and end
    #[arg(long)]
    pub(crate) typescript: bool,
}

impl Options {
    /// How many messages and answers to heartbeats a client may send in [`RATE_PERIOD`].
    pub(crate) fn most_frames(&self) -> NonZeroU32 {
        // One more is for messages that were delayed on the way, and arrive together.
        let answers = RATE_PERIOD.as_secs() / self.heartbeat.as_secs().max(1) + 1;
        self.rate.saturating_add(u32::try_from(answers).unwrap_or(u32::MAX))
    }

    /// [`rate`](Self::rate), at once or spread over the time.
    pub(crate) fn quota(&self) -> Quota {
        let period = RATE_PERIOD / self.rate.get();
        Quota::with_period(period)
            .unwrap_or(Quota::per_second(self.rate))
            .allow_burst(self.rate)
    }
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse::<NonZeroU32>().map(|seconds| Duration::from_secs(seconds.get().into()))
}
