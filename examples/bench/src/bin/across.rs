//! What rooms on Redis take: `cargo run --release -p bench --bin across`.
//!
//! Two processes have 25 members each in one room, and one of them speaks there at a fixed rate. For each rate, without and with
//! a history, it prints how long messages take to members in both processes, and whether all of them arrived. It needs
//! `redis-server`.

use std::{
    env,
    error::Error,
    net::{Ipv4Addr, SocketAddr, TcpListener as StdListener},
    process::Stdio,
    time::{Duration, Instant, SystemTime},
};

use bench::socket::{open, skip};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use ws_runtime::{
    App, Message, Result, State, WebSocket,
    rooms::{History, Redis, Rooms},
    routes, websocket,
};

type Failure = Box<dyn Error + Send + Sync>;

const MEMBERS: usize = 25;
/// A message: the time at which it was sent, and filler.
const SIZE: usize = 64;
const FRAME: usize = SIZE + 2;
const SECONDS: usize = 5;
/// When messages that are late count as lost.
const LATE: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [command, url, history] = arguments.as_slice()
        && command == "serve"
    {
        return serve(url, history == "history").await;
    }
    let addr = StdListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let _redis = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &addr.port().to_string(), "--save", "", "--appendonly", "no"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    while TcpStream::connect(addr).await.is_err() {
        sleep(Duration::from_millis(10)).await;
    }
    println!(
        "| messages a second | history | received a second | p50 here | p99 here | p50 there | p99 there | lost |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|---:|");
    for (number, rate) in [1000, 5000, 10_000, 14_000, 20_000].into_iter().enumerate() {
        for history in ["none", "history"] {
            measure(addr, number, rate, history).await?;
        }
    }
    Ok(())
}

async fn measure(redis: SocketAddr, number: usize, rate: usize, history: &str) -> Result<(), Failure> {
    // The IDs of processes that were killed stay taken for a while.
    let url = format!("redis://{redis}/{}", 2 * number + usize::from(history == "history"));
    let (_here, here) = start(&url, history).await?;
    let (_there, there) = start(&url, history).await?;
    let count = rate * SECONDS;
    let mut exact = Vec::new();
    let mut others = JoinSet::new();
    for (server, name) in [(here, "here"), (there, "there")] {
        exact.push(latencies(member(server, name).await?, count));
        for number in 1..MEMBERS {
            let mut stream = member(server, &format!("{name}{number}")).await?;
            others.spawn(async move { timeout(LATE, skip(&mut stream, count * FRAME)).await });
        }
    }
    let mut speaker = TcpStream::connect(here).await?;
    open(&mut speaker, &format!("/speak/{rate}")).await?;
    let start = Instant::now();
    let mut lost = 0;
    while let Some(received) = others.join_next().await {
        lost += usize::from(!matches!(received?, Ok(Ok(()))));
    }
    let mut times = Vec::new();
    for member in exact {
        times.push(member.await?);
    }
    let received = 2 * MEMBERS * count;
    let took = start.elapsed();
    let missing: usize = times.iter().map(|times| count - times.len()).sum();
    let at = |process: usize, percent: usize| -> f64 {
        let times = &times[process];
        times.get(times.len() * percent / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    };
    println!(
        "| {rate} | {history} | {:.0} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms | {} |",
        rate_of(received, took),
        at(0, 50),
        at(0, 99),
        at(1, 50),
        at(1, 99),
        if lost == 0 { missing.to_string() } else { format!("{missing}, and some of {lost} members") }
    );
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "the numbers are small")]
fn rate_of(received: usize, took: Duration) -> f64 {
    received as f64 / took.as_secs_f64()
}

/// Starts this program as a server.
async fn start(url: &str, history: &str) -> Result<(Child, SocketAddr), Failure> {
    let mut child = Command::new(env::current_exe()?)
        .args(["serve", url, history])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut line = String::new();
    let output = child.stdout.take().ok_or("the output is piped")?;
    BufReader::new(output).read_line(&mut line).await?;
    Ok((child, line.trim().parse()?))
}

async fn member(server: SocketAddr, name: &str) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(server).await?;
    open(&mut stream, &format!("/join/{name}")).await?;
    // Once it hears this, it has joined.
    skip(&mut stream, FRAME).await?;
    Ok(stream)
}

/// Returns how long messages took, in order.
fn latencies(mut stream: TcpStream, count: usize) -> JoinHandle<Vec<Duration>> {
    tokio::spawn(async move {
        let (mut times, mut frame) = (Vec::with_capacity(count), [0; FRAME]);
        while times.len() < count {
            let Ok(Ok(_)) = timeout(LATE, stream.read_exact(&mut frame)).await else { break };
            let sent = frame[2..10].try_into().map_or(0, u64::from_be_bytes);
            times.push(now().saturating_sub(Duration::from_nanos(sent)));
        }
        times.sort_unstable();
        times
    })
}

/// Returns the time that all processes share.
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

async fn serve(url: &str, has_history: bool) -> Result<(), Failure> {
    let mut rooms = Rooms::<Message>::new();
    if has_history {
        rooms = rooms.history(History::last(256));
    }
    let rooms = rooms.redis(Redis::open(url)?)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    App::new().state(rooms).routes(routes![join, speak]).serve(listener).await?;
    Ok(())
}

#[websocket("/join/<id>")]
async fn join(id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result {
    let _member = rooms.room("all").join(&id, ws.sender()).await?;
    ws.send(Message::from(vec![0; SIZE])).await?;
    loop {
        ws.recv().await?;
    }
}

/// Speaks at a rate, for a time.
#[websocket("/speak/<rate>")]
async fn speak(rate: usize, rooms: State<Rooms>, ws: WebSocket) -> Result {
    let room = rooms.room("all");
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for _ in 0..SECONDS * 1000 {
        ticks.tick().await;
        for _ in 0..rate / 1000 {
            let mut message = vec![0; SIZE];
            let sent = u64::try_from(now().as_nanos()).unwrap_or(u64::MAX);
            message[..8].copy_from_slice(&sent.to_be_bytes());
            room.broadcast(&Message::from(message))?;
        }
    }
    drop(ws);
    Ok(())
}
