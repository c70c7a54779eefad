//! [`Options`]: what the command line says.

const USAGE: &str = "\
usage: torture [OPTION]...
  --seconds S    how long faults happen (60)
  --seed N       which faults happen, and when (1)
  --clients N    clients; every third one keeps its position by itself (12)
  --processes N  server processes (3)
  --rooms N      rooms (2)
  --only NAMES   only these faults, separated by commas: reset, kill, stop, partition, redis-stop, redis-cut,
                 redis-restart, redis-empty";

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) seconds: u64,
    pub(crate) seed: u64,
    pub(crate) clients: usize,
    pub(crate) processes: usize,
    pub(crate) rooms: usize,
    pub(crate) only: Option<Vec<String>>,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, &'static str> {
        let mut options = Self { seconds: 60, seed: 1, clients: 12, processes: 3, rooms: 2, only: None };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let value = arguments.next().ok_or(USAGE)?;
            let number = || value.parse::<usize>().ok().filter(|number| *number > 0).ok_or(USAGE);
            match argument.as_str() {
                "--seconds" => options.seconds = value.parse().map_err(|_| USAGE)?,
                "--seed" => options.seed = value.parse().map_err(|_| USAGE)?,
                "--clients" => options.clients = number()?,
                "--processes" => options.processes = number()?,
                "--rooms" => options.rooms = number()?,
                "--only" => options.only = Some(value.split(',').map(str::to_owned).collect()),
                _ => return Err(USAGE),
            }
        }
        Ok(options)
    }
}
