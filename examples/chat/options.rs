//! [`Options`], which come from the command line.

use std::{env, num::NonZeroU32, str::FromStr, time::Duration};

use governor::Quota;

/// The period in which a client may send [`Options::rate`] messages.
pub(crate) const RATE_PERIOD: Duration = Duration::from_secs(10);

/// The settings of the chat.
#[derive(Clone)]
pub(crate) struct Options {
    /// The address that it listens on.
    pub(crate) address: String,
    /// The time between two heartbeats.
    pub(crate) heartbeat: Duration,
    /// How long a user may be silent.
    pub(crate) inactivity: Duration,
    /// How many messages a user may send in [`RATE_PERIOD`].
    pub(crate) rate: NonZeroU32,
    /// The Redis server through which the room spans processes.
    pub(crate) redis: Option<String>,
    /// How long a process that died holds its names in Redis.
    pub(crate) lease: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:8000".to_owned(),
            heartbeat: Duration::from_secs(20),
            inactivity: Duration::from_mins(30),
            rate: NonZeroU32::new(20).unwrap_or(NonZeroU32::MIN),
            redis: None,
            lease: Duration::from_secs(15),
        }
    }
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

    /// Reads the arguments of the program.
    pub(crate) fn from_args() -> Result<Self, String> {
        let mut options = Self::default();
        let mut args = env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--heartbeat" => options.heartbeat = seconds(&arg, &value()?)?,
                "--inactivity" => options.inactivity = seconds(&arg, &value()?)?,
                "--redis" => options.redis = Some(value()?),
                "--lease" => options.lease = seconds(&arg, &value()?)?,
                "--rate" => options.rate = number(&arg, &value()?)?,
                _ if arg.starts_with('-') => return Err(format!("unknown option {arg}")),
                _ => options.address = arg,
            }
        }
        Ok(options)
    }
}

fn seconds(option: &str, value: &str) -> Result<Duration, String> {
    number::<NonZeroU32>(option, value)
        .map(|seconds| Duration::from_secs(seconds.get().into()))
}

fn number<T: FromStr>(option: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{option} takes a number from 1 on, not {value}"))
}
