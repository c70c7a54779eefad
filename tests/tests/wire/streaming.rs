//! An endpoint that always has something to send still hears its client.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader, WriteHalf},
    net::TcpStream,
    sync::mpsc,
    time::{Instant, advance},
};
use ws_runtime::{App, SocketError, WebSocket, routes, websocket};
use ws_tests::{Frame, Memory, Opening, Server, op, within};

/// How long the server may take to answer while the stream runs.
const PROMPTLY: Duration = Duration::from_millis(500);

#[websocket("/stream/<size>")]
async fn stream(size: usize, mut ws: WebSocket) -> Result<(), SocketError> {
    let bytes = bytes::Bytes::from(vec![7; size]);
    loop {
        ws.send(bytes.clone()).await?;
    }
}

/// A control frame, or the end.
enum Heard {
    Control(u8, Vec<u8>),
    End,
}

/// Reads a stream of frames as fast as it can, and reports the control frames.
async fn listen(mut io: impl AsyncRead + Unpin, tell: mpsc::UnboundedSender<Heard>) {
    let (mut bytes, mut end) = (vec![0; 512 * 1024], 0);
    while let Ok(read @ 1..) = io.read(&mut bytes[end..]).await {
        end += read;
        let mut rest = &bytes[..end];
        while let Some((opcode, payload, behind)) = frame(rest) {
            if opcode != op::BINARY {
                let _ = tell.send(Heard::Control(opcode, payload.to_vec()));
            }
            rest = behind;
        }
        let start = end - rest.len();
        bytes.copy_within(start..end, 0);
        end -= start;
    }
    let _ = tell.send(Heard::End);
}

/// Splits off the frame at the start of some bytes, and returns it with the rest.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [first, second, rest @ ..] = bytes else { return None };
    let (length, rest) = match second {
        126 => (u16::from_be_bytes(*rest.first_chunk()?).into(), &rest[2..]),
        127 => (u64::from_be_bytes(*rest.first_chunk()?), &rest[8..]),
        short => (u64::from(*short), rest),
    };
    let (payload, behind) = rest.split_at_checked(usize::try_from(length).expect("a length in memory"))?;
    Some((first & 0x0f, payload, behind))
}

async fn open(
    server: &Server,
    size: usize,
) -> (WriteHalf<BufReader<TcpStream>>, mpsc::UnboundedReceiver<Heard>) {
    let mut raw = server.raw().await;
    let response = raw.open(&Opening::new(&format!("/stream/{size}"))).await;
    assert_eq!(response.status, 101);
    let (reader, writer) = tokio::io::split(raw.into_buffered());
    let (tell, heard) = mpsc::unbounded_channel();
    tokio::spawn(listen(reader, tell));
    (writer, heard)
}

async fn hear(heard: &mut mpsc::UnboundedReceiver<Heard>) -> (u8, Vec<u8>) {
    let start = Instant::now();
    match within("a control frame", heard.recv()).await {
        Some(Heard::Control(opcode, payload)) => {
            assert!(start.elapsed() < PROMPTLY, "{:?} for opcode {opcode}", start.elapsed());
            (opcode, payload)
        }
        _ => panic!("the connection ended without a frame"),
    }
}

const SIZES: [usize; 4] = [10, 1000, 64 * 1024, 300_000];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_is_answered_while_the_stream_runs() {
    let server = Server::start(App::new().routes(routes![stream])).await;
    for size in SIZES {
        let (mut writer, mut heard) = open(&server, size).await;
        for number in 0..5_u8 {
            writer.write_all(&Frame::new(op::PING, [number]).bytes()).await.expect("an open connection");
            assert_eq!(hear(&mut heard).await, (op::PONG, vec![number]), "{size} bytes");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_is_answered_while_the_stream_runs() {
    let server = Server::start(App::new().routes(routes![stream])).await;
    for size in SIZES {
        let (mut writer, mut heard) = open(&server, size).await;
        writer.write_all(&Frame::close(4000, "enough").bytes()).await.expect("an open connection");
        assert_eq!(hear(&mut heard).await, (op::CLOSE, 4000_u16.to_be_bytes().to_vec()), "{size} bytes");
        assert!(matches!(within("the end", heard.recv()).await, Some(Heard::End)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_violation_closes_while_the_stream_runs() {
    let server = Server::start(App::new().routes(routes![stream])).await;
    for size in SIZES {
        let (mut writer, mut heard) = open(&server, size).await;
        writer.write_all(&Frame::text("x").with_rsv(1).bytes()).await.expect("an open connection");
        let (opcode, payload) = hear(&mut heard).await;
        assert_eq!((opcode, &payload[..2]), (op::CLOSE, &1002_u16.to_be_bytes()[..]), "{size} bytes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_is_not_taken_for_dead() {
    let app = App::new()
        .routes(routes![stream])
        .ping_interval(Duration::from_millis(100))
        .pong_timeout(Duration::from_millis(100));
    let server = Server::start(app).await;
    let (mut writer, mut heard) = open(&server, 64 * 1024).await;
    for _ in 0..20 {
        let (opcode, payload) = hear(&mut heard).await;
        assert_eq!(opcode, op::PING);
        writer.write_all(&Frame::new(op::PONG, payload).bytes()).await.expect("an open connection");
    }
}

/// Uses the default options, and a client that reads a lot at a time.
#[tokio::test(start_paused = true)]
async fn a_stream_of_two_minutes_is_not_cut() {
    let service = App::new().routes(routes![stream]).into_service();
    let mut memory = Memory::join(&service, 1024 * 1024).opened("/stream/65536").await;
    let (start, mut pings, mut messages) = (Instant::now(), 0, 0);
    while start.elapsed() < Duration::from_mins(2) {
        let frame = memory.raw.frame().await.expect("the stream goes on");
        match frame.opcode {
            op::BINARY => messages += 1,
            op::PING => {
                pings += 1;
                memory.raw.send(Frame::new(op::PONG, frame.payload)).await;
            }
            _ => panic!("after {:?}: {frame:?}", start.elapsed()),
        }
        if messages % 16 == 0 {
            advance(Duration::from_secs(1)).await;
        }
    }
    assert!(pings >= 4, "{pings} pings");
}
