//! What a room pays for its history: `cargo run --release -p bench --bin history`.
//!
//! It prints how many messages a second 50 members receive without and with a history, how long a client takes to get 256
//! messages of 200 bytes that it missed, and what these take in memory.

use std::{error::Error, fs, time::Duration};

use bench::socket::{open, skip};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::Instant,
};
use ws_runtime::{
    App, Message, Result, State, WebSocket,
    rooms::{History, Position, Rooms},
    routes, websocket,
};

const MEMBERS: usize = 50;
const MESSAGES: usize = 100_000;
const ROUNDS: usize = 5;

#[websocket("/<room>/<id>")]
async fn member(
    room: String,
    id: String,
    #[query] since: Option<Position>,
    rooms: State<Rooms>,
    mut ws: WebSocket,
) -> Result {
    let _member = rooms.room(&room).join(&id, ws.sender()).since(since).await?;
    loop {
        ws.recv().await?;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let message = Message::from(vec![b'x'; 200]);
    let settings = || History::last(256).within(Duration::from_mins(2));
    let (without, with) = (Rooms::<Message>::new(), Rooms::<Message>::new().history(settings()));
    let mut best = [0.0_f64; 2];
    for _ in 0..ROUNDS {
        for (rooms, best) in [&without, &with].into_iter().zip(&mut best) {
            *best = best.max(broadcast(rooms, &message).await?);
        }
    }
    println!("messages received a second by {MEMBERS} members together");
    println!("  without a history {:>12.0}", best[0]);
    println!("  with a history    {:>12.0}  {:.2} of that", best[1], best[1] / best[0]);

    let server = serve(&with).await?;
    let room = with.room("missed");
    let since = room.position().ok_or("a history")?;
    for _ in 0..256 {
        room.broadcast(&message)?;
    }
    let mut times = Vec::new();
    for number in 0..100 {
        let mut stream = TcpStream::connect(server).await?;
        let start = Instant::now();
        open(&mut stream, &format!("/missed/{number}?since={since}")).await?;
        skip(&mut stream, 256 * FRAME).await?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!(
        "recovery of 256 messages of 200 bytes, with the handshake: {:?} at the median, {:?} at most",
        times[50], times[99]
    );

    let rooms = Rooms::<Message>::new().history(settings().total_bytes(usize::MAX));
    let before = resident()?;
    let kept: Vec<_> = (0..2000).map(|number| rooms.room(&number.to_string())).collect();
    for room in &kept {
        for _ in 0..256 {
            room.broadcast(&message)?;
        }
    }
    let taken = (resident()? - before) / kept.len();
    println!(
        "memory for 256 messages of 200 bytes: {taken} bytes a room, {:.2} of the messages",
        ratio(taken)
    );
    Ok(())
}

/// A message of 200 bytes with its header.
const FRAME: usize = 204;

#[allow(clippy::cast_precision_loss, reason = "the numbers are small")]
fn ratio(taken: usize) -> f64 {
    taken as f64 / (256.0 * 200.0)
}

async fn serve(rooms: &Rooms) -> Result<std::net::SocketAddr, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let app = App::new().state(rooms.clone()).routes(routes![member]);
    tokio::spawn(async move { app.serve(listener).await.map_err(|error| error.to_string()) });
    Ok(addr)
}

/// Returns how many messages a second all members together received.
#[allow(clippy::cast_precision_loss, reason = "the numbers are small")]
async fn broadcast(rooms: &Rooms, message: &Message) -> Result<f64, Box<dyn Error>> {
    let server = serve(rooms).await?;
    let room = rooms.room("all");
    let mut members = JoinSet::new();
    for number in 0..MEMBERS {
        let mut stream = TcpStream::connect(server).await?;
        open(&mut stream, &format!("/all/{number}")).await?;
        members.spawn(async move { skip(&mut stream, MESSAGES * FRAME).await });
    }
    while room.len() < MEMBERS {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    for number in 0..MESSAGES {
        room.broadcast(message)?;
        if number % 16 == 0 {
            tokio::task::yield_now().await;
        }
    }
    while let Some(received) = members.join_next().await {
        received??;
    }
    let rate = (MEMBERS * MESSAGES) as f64 / start.elapsed().as_secs_f64();
    while !room.is_empty() {
        tokio::task::yield_now().await;
    }
    Ok(rate)
}

fn resident() -> Result<usize, Box<dyn Error>> {
    let pages = fs::read_to_string("/proc/self/statm")?;
    Ok(pages.split(' ').nth(1).ok_or("a number of pages")?.parse::<usize>()? * 4096)
}
