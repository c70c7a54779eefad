//! The options of the command line.

use std::{
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use crate::payload::Payload;

pub(crate) const USAGE: &str = "\
usage: load WORK --port PORT [OPTION]...
works: echo, fanout, connect, reject, idle, fairness
  --pid PID           the server's process, for its CPU time and memory
  --conns N           connections, or members of the room (echo 64, connect and reject 32, fanout 200, idle 10000);
                      connections that flood (fairness 4)
  --depth N           messages in flight on each connection (1)
  --window N          published messages that not every member has yet (8)
  --size BYTES        size of a message (64, fairness 10)
  --kind KIND         text or binary (text)
  --payload PAYLOAD   letters, words (with characters of up to 4 bytes) or json (messages of a chat) (letters)
  --deflate           offer permessage-deflate as browsers do, and send compressed messages
  --no-takeover       offer client_no_context_takeover too
  --seconds S         length of the measurement (3)
  --warmup S          length of a turn before it that does not count (0.5)
  --limit S           how long opening idle connections may take (60)
  --turns             keep the connections, and measure once for each line of the input, which holds seconds";

#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) work: Work,
    pub(crate) address: SocketAddr,
    /// The server's process.
    pub(crate) pid: Option<u32>,
    pub(crate) connections: usize,
    /// The number of messages in flight on each connection.
    pub(crate) depth: usize,
    /// The number of published messages that not every member has yet.
    pub(crate) window: usize,
    /// The bytes of a message.
    pub(crate) size: usize,
    pub(crate) is_binary: bool,
    pub(crate) payload: Payload,
    /// The offer in `Sec-WebSocket-Extensions`.
    pub(crate) offer: Option<&'static str>,
    pub(crate) duration: Duration,
    pub(crate) warm_up: Duration,
    /// How long opening idle connections may take.
    pub(crate) limit: Duration,
    /// Set if the input says when to measure, and how long.
    pub(crate) turns: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Echo,
    FanOut,
    Connect,
    Reject,
    Idle,
    Fairness,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let (work, arguments) = arguments.split_first().ok_or("what to do?")?;
        let (work, connections) = match work.as_str() {
            "echo" => (Work::Echo, 64),
            "fanout" => (Work::FanOut, 200),
            "connect" => (Work::Connect, 32),
            "reject" => (Work::Reject, 32),
            "idle" => (Work::Idle, 10_000),
            "fairness" => (Work::Fairness, 4),
            other => return Err(format!("there is no work `{other}`")),
        };
        let mut options = Self {
            work,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            pid: None,
            connections,
            depth: 1,
            window: 8,
            size: 64,
            is_binary: false,
            payload: Payload::Letters,
            offer: None,
            duration: Duration::from_secs(3),
            warm_up: Duration::from_millis(500),
            limit: Duration::from_mins(1),
            turns: false,
        };
        if work == Work::Fairness {
            options.size = 10;
        }
        let (mut deflate, mut no_takeover) = (false, false);
        let mut arguments = arguments.iter();
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("`{option}` needs a value"));
            match option.as_str() {
                "--port" => options.address.set_port(parse(option, value()?)?),
                "--pid" => options.pid = Some(parse(option, value()?)?),
                "--conns" => options.connections = parse(option, value()?)?,
                "--depth" => options.depth = parse(option, value()?)?,
                "--window" => options.window = parse(option, value()?)?,
                "--size" => options.size = parse(option, value()?)?,
                "--kind" => {
                    options.is_binary = match value()?.as_str() {
                        "text" => false,
                        "binary" => true,
                        other => return Err(format!("there is no kind `{other}`")),
                    }
                }
                "--payload" => options.payload = Payload::parse(value()?)?,
                "--deflate" => deflate = true,
                "--no-takeover" => no_takeover = true,
                "--seconds" => options.duration = seconds(option, value()?)?,
                "--warmup" => options.warm_up = seconds(option, value()?)?,
                "--limit" => options.limit = seconds(option, value()?)?,
                "--turns" => options.turns = true,
                _ => return Err(format!("there is no option `{option}`")),
            }
        }
        options.offer = match (deflate, no_takeover) {
            (false, false) => None,
            (true, false) => Some("permessage-deflate; client_max_window_bits"),
            (true, true) => Some("permessage-deflate; client_no_context_takeover; client_max_window_bits"),
            (false, true) => return Err("`--no-takeover` needs `--deflate`".to_owned()),
        };
        options.check()?;
        Ok(options)
    }

    fn check(&self) -> Result<(), String> {
        if self.address.port() == 0 {
            return Err("`--port` is missing".to_owned());
        }
        if self.connections == 0 || self.depth == 0 || self.window == 0 {
            return Err("zero connections, depth or window measure nothing".to_owned());
        }
        if self.size < self.payload.smallest() {
            return Err(format!("such a payload has at least {} bytes", self.payload.smallest()));
        }
        Ok(())
    }
}

fn parse<T: FromStr>(option: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("`{option}` cannot be `{value}`"))
}

fn seconds(option: &str, value: &str) -> Result<Duration, String> {
    Duration::try_from_secs_f64(parse(option, value)?).map_err(|_| format!("`{option}` cannot be `{value}`"))
}
