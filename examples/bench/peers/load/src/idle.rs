//! Idle connections: how much memory each of them takes in the server.

use std::{
    io::{self, Write},
    net::TcpStream,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    connection::Connection,
    messages::Messages,
    meter::{Figures, resident_bytes},
    options::Options,
    receiver::Receiver,
    wire::{open, read_some},
};

/// The first connections, which include everything that is allocated only once.
const FIRST: usize = 32;

/// How long the server has to become idle.
const REST: Duration = Duration::from_millis(500);

pub(crate) fn measure(options: &Options) -> io::Result<Figures> {
    let pid = options.pid.ok_or_else(|| io::Error::other("memory is measured of a `--pid`"))?;
    let messages = Messages::for_echo(options, Connection::probe(options, "/echo")?)?;
    let begin = Instant::now();
    let mut compressed = 0;
    let mut open_one = |number: usize| {
        let (stream, is_compressed) = exchange(options, number, &messages)?;
        compressed += u64::from(is_compressed);
        Ok(stream)
    };
    let _first = (0..FIRST).map(&mut open_one).collect::<io::Result<Vec<TcpStream>>>()?;
    sleep(REST);
    let before = resident_bytes(pid)?;
    let is_in_time = |_: &usize| begin.elapsed() < options.limit;
    let numbers = (FIRST..FIRST + options.connections).take_while(is_in_time);
    let streams = numbers.map(&mut open_one).collect::<io::Result<Vec<TcpStream>>>()?;
    let opened = begin.elapsed().saturating_sub(REST);
    sleep(REST);
    let after = resident_bytes(pid)?;

    let count = streams.len() as f64;
    let mut figures = Figures::default();
    figures.add("conns", count);
    figures.add("rss_before", before as f64);
    figures.add("rss_after", after as f64);
    figures.add("bytes_per_conn", after.saturating_sub(before) as f64 / count);
    figures.add("open_seconds", opened.as_secs_f64());
    figures.add("compressed", compressed as f64 / (count + FIRST as f64));
    Ok(figures)
}

/// Opens a connection, sends a message and receives its echo. Returns `true` if the echo was compressed.
fn exchange(options: &Options, number: usize, messages: &Messages) -> io::Result<(TcpStream, bool)> {
    let (mut stream, _agreement) = open(options.address, "/echo", options.offer)?;
    let mut receiver = Receiver::new(number, true);
    stream.write_all(messages.bytes(messages.offset(number), messages.length(number, 1)))?;
    let mut buffer = [0; 4096];
    loop {
        let read = read_some(&mut stream, &mut buffer)?;
        let read = read.ok_or_else(|| io::Error::other("the echo did not come"))?;
        if receiver.feed(&buffer[..read], messages)? > 0 {
            return Ok((stream, receiver.counts.compressed > 0));
        }
    }
}
