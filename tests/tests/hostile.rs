//! Hostile or broken peers: none of them costs the server much, and other peers are served as before.

use std::{fs, io, sync::Arc, time::Duration};

use socket2::SockRef;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    sync::{Mutex, Notify, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use ws_runtime::{
    App, Closed, PeerClose, SendBuffer, Sender, SocketError, State, WebSocket, routes, websocket,
};
use ws_tests::{Ear, Frame, Logs, Memory, Opening, Raw, Server, Tell, ear, echo::echo, op, settle, within};

const MIB: usize = 1024 * 1024;

/// Sends 100 MiB, and reports each message that was queued.
#[websocket("/flood")]
async fn flood(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    for _ in 0..100 {
        for _ in 0..64 {
            ws.send_binary(vec![7; MIB / 64]).await?;
        }
        tell.say("queued 1 MiB");
    }
    Ok(())
}

#[websocket("/asleep")]
async fn asleep(wake: State<Arc<Notify>>, mut ws: WebSocket) -> Result<(), SocketError> {
    wake.notified().await;
    ws.send_text("awake").await
}

/// Joins a room, and sends each message to all of its members.
type Room = Arc<Mutex<Vec<Sender>>>;

#[websocket("/room")]
async fn room(room: State<Room>, mut ws: WebSocket) -> Result<(), SocketError> {
    room.lock().await.push(ws.sender());
    ws.send_text("entered").await?;
    loop {
        let message = ws.recv().await?;
        for member in &*room.lock().await {
            // A member that has left does not concern the others.
            let _ = member.send(message.clone()).await;
        }
    }
}

struct Scene {
    logs: Logs,
    ear: Ear,
    server: Server,
}

async fn scene() -> Scene {
    let (tell, ear) = ear();
    let app = App::new()
        .routes(routes![echo, flood, asleep, room])
        .state(tell)
        .state(Room::default())
        .state(Arc::new(Notify::new()))
        .send_buffer(SendBuffer::bytes(64 * 1024).drop_when_full());
    Scene { logs: Logs::capture(), ear, server: Server::start(app).await }
}

/// Memory of the process can only be measured by one test at a time; all other tests run in parallel.
static ALONE: RwLock<()> = RwLock::const_new(());

async fn alone() -> RwLockWriteGuard<'static, ()> {
    // Each of the others is bounded by itself.
    ALONE.write().await
}

async fn beside() -> RwLockReadGuard<'static, ()> {
    ALONE.read().await
}

/// Returns the memory that the process holds, in bytes.
fn memory() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("this is Linux");
    let pages: usize =
        statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    pages * 4096
}

/// Fails the test if the process holds much more memory than before.
fn assert_grown_by_less_than(limit: usize, before: usize) {
    let grown = memory().saturating_sub(before);
    assert!(grown < limit, "the memory has grown by {} KiB", grown / 1024);
}

/// Returns how many descriptors the process has open.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("this is Linux").count()
}

/// Connects with small kernel buffers on the client's side.
async fn connect_small(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(16 * 1024).expect("a socket takes the option");
    socket.set_send_buffer_size(16 * 1024).expect("a socket takes the option");
    socket.connect(server.addr()).await.expect("the server listens")
}

/// Opens such a connection, and reads nothing after the 101.
async fn open_small(server: &Server, target: &str) -> TcpStream {
    let mut stream = connect_small(server).await;
    stream.write_all(&Opening::new(target).bytes()).await.expect("the server reads");
    stream
}

/// Writes the same bytes repeatedly until the server stops reading. Returns how many it took, up to a limit.
async fn write_until_stalled(stream: &TcpStream, bytes: &[u8], limit: usize) -> usize {
    let (mut written, mut stalled) = (0, 0);
    while stalled < 100 && written < limit {
        // Frames are not cut.
        let from = written % bytes.len();
        match stream.try_write(&bytes[from..]) {
            Ok(count) => {
                written += count;
                stalled = 0;
            }
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock, "{error}");
                stalled += 1;
                settle().await;
            }
        }
    }
    written
}

async fn assert_serves(server: &Server) {
    let mut raw = server.raw_open("/echo").await;
    raw.send(Frame::text("still served")).await;
    assert_eq!(raw.text().await, "still served");
    raw.leave().await;
}

#[tokio::test]
async fn a_client_that_never_reads_100_mib_costs_little_memory() {
    let _alone = alone().await;
    let mut scene = scene().await;
    assert_serves(&scene.server).await;
    scene.ear.rest();
    let before = memory();
    let mut slow = Vec::new();
    for _ in 0..10 {
        slow.push(open_small(&scene.server, "/flood").await);
    }
    for _ in 0..100 {
        settle().await;
    }
    // It would be 1000 MiB if it continued.
    let queued = scene.ear.rest().len();
    assert!(queued < 100, "{queued} MiB were queued");
    assert_grown_by_less_than(8 * MIB, before);
    assert_serves(&scene.server).await;
    drop(slow);
}

#[tokio::test]
async fn a_client_that_sends_and_never_reads_is_not_read_on() {
    let _alone = alone().await;
    let scene = scene().await;
    assert_serves(&scene.server).await;
    let before = memory();
    let stream = open_small(&scene.server, "/echo").await;
    let message = Frame::new(op::BINARY, vec![7; 16 * 1024]).bytes();
    let written = write_until_stalled(&stream, &message, 100 * MIB).await;
    assert!(written < 50 * MIB, "the server took {} MiB", written / MIB);
    assert_grown_by_less_than(8 * MIB, before);
    assert_serves(&scene.server).await;

    // When the client reads again, it is served as if nothing had happened.
    let mut raw = Raw::over(stream);
    assert_eq!(raw.response().await.status, 101);
    for _ in 0..written / message.len() {
        assert_eq!(raw.frame().await.map(|frame| frame.payload.len()), Some(16 * 1024));
    }
}

#[tokio::test]
async fn a_ping_flood_by_a_peer_that_never_reads_costs_little_memory() {
    let _alone = alone().await;
    let scene = scene().await;
    assert_serves(&scene.server).await;
    for target in ["/echo", "/asleep"] {
        let before = memory();
        let stream = open_small(&scene.server, target).await;
        let pings = Frame::new(op::PING, [7; 125]).bytes().repeat(100);
        let written = write_until_stalled(&stream, &pings, 100 * MIB).await;
        assert!(written < 50 * MIB, "{target}: the server took {} MiB", written / MIB);
        assert_grown_by_less_than(8 * MIB, before);
        assert_serves(&scene.server).await;
    }
}

#[tokio::test]
async fn every_ping_of_a_peer_that_reads_is_answered_in_order() {
    const PINGS: u32 = 20_000;

    let _beside = beside().await;
    for target in ["/echo", "/asleep"] {
        let scene = scene().await;
        let mut stream = TcpStream::connect(scene.server.addr()).await.expect("the server listens");
        stream.write_all(&Opening::new(target).bytes()).await.expect("the server reads");
        let (reader, mut writer) = stream.into_split();
        let mut raw = Raw::over(tokio::io::join(reader, tokio::io::sink()));
        assert_eq!(raw.response().await.status, 101);
        let write = async {
            for number in 0..PINGS {
                let ping = Frame::new(op::PING, number.to_be_bytes()).bytes();
                writer.write_all(&ping).await.expect("the server reads");
            }
        };
        let read = async {
            for number in 0..PINGS {
                let pong = Frame::new(op::PONG, number.to_be_bytes()).unmasked();
                assert_eq!(raw.frame().await, Some(pong), "{target}");
            }
        };
        tokio::join!(within("the server to read", write), read);
    }
}

#[tokio::test]
async fn a_client_that_sends_byte_by_byte_is_served() {
    let _beside = beside().await;
    let mut scene = scene().await;
    let mut raw = scene.server.raw().await;
    for byte in Opening::new("/echo").bytes() {
        raw.write([byte]).await;
        settle().await;
    }
    assert_eq!(raw.response().await.status, 101);
    let fragmented = [Frame::text("grü").unfinished(), Frame::new(op::CONTINUATION, "ße")];
    let frames = [
        Frame::new(op::BINARY, [7; 200]).bytes(),
        Frame::new(op::PING, "are you there?").bytes(),
        fragmented.iter().flat_map(Frame::bytes).collect(),
        Frame::close(4321, "tschüss").bytes(),
    ];
    for byte in frames.concat() {
        raw.write([byte]).await;
        settle().await;
    }
    assert_eq!(raw.frame().await, Some(Frame::new(op::BINARY, [7; 200]).unmasked()));
    assert_eq!(raw.frame().await, Some(Frame::new(op::PONG, "are you there?").unmasked()));
    assert_eq!(raw.text().await, "grüße");
    assert_eq!(raw.frame().await.map(Frame::into_close), Some((Some(4321), String::new())));
    raw.eof().await;
    let seen = Closed::Peer(Some(PeerClose::new(4321, "tschüss")));
    assert_eq!(scene.ear.next().await, format!("{:?}", SocketError::Closed(seen)));
}

#[tokio::test]
async fn two_thousand_connects_and_aborts_leave_no_descriptor_behind() {
    let _alone = alone().await;
    let scene = scene().await;
    assert_serves(&scene.server).await;
    let before = descriptors();
    let head = Opening::new("/echo").bytes();
    for round in 0..2000 {
        let mut raw = scene.server.raw().await;
        let reset = round % 2 == 0;
        match round % 10 / 2 {
            0 => {}
            1 => raw.write(&head[..40]).await,
            2 => raw.write(&head).await,
            3 => {
                raw.open(&Opening::new("/echo")).await;
            }
            _ => {
                raw.open(&Opening::new("/echo")).await;
                raw.write(&Frame::text("half").bytes()[..4]).await;
            }
        }
        raw.abandon(reset);
    }
    let back = async {
        while descriptors() > before {
            settle().await;
        }
    };
    within("the descriptors to be closed", back).await;
    assert_serves(&scene.server).await;
    scene.logs.assert_quiet();
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_frame_is_a_lost_connection() {
    let _beside = beside().await;
    let whole = Frame::new(op::BINARY, vec![7; 100_000]).bytes();
    for cut in [1, 2, 5, 14, 1000, 99_000] {
        let mut scene = scene().await;
        let mut raw = scene.server.raw_open("/echo").await;
        raw.write(&whole[..cut]).await;
        settle().await;
        raw.reset();
        let lost = SocketError::Closed(Closed::Lost);
        assert_eq!(scene.ear.next().await, format!("{lost:?}"), "{cut}");
        scene.logs.assert_quiet();
        assert_serves(&scene.server).await;
    }
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_handshake_is_quiet() {
    let _beside = beside().await;
    let head = Opening::new("/echo").bytes();
    for cut in [0, 1, 20, head.len() - 1] {
        let mut scene = scene().await;
        let stream = TcpStream::connect(scene.server.addr()).await.expect("the server listens");
        let written = stream.try_write(&head[..cut]).expect("the buffer is empty");
        assert_eq!(written, cut);
        settle().await;
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket takes the option");
        drop(stream);
        settle().await;
        assert!(scene.ear.rest().is_empty(), "no endpoint ran");
        scene.logs.assert_quiet();
        assert_serves(&scene.server).await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_does_not_slow_others() {
    let _beside = beside().await;
    let scene = scene().await;
    let _slow = open_small(&scene.server, "/flood").await;
    let mut raw = scene.server.raw_open("/echo").await;
    for number in 0..1000 {
        raw.send(Frame::text(&number.to_string())).await;
        assert_eq!(raw.text().await, number.to_string());
    }
}

#[tokio::test]
async fn a_member_of_a_room_that_stops_reading_does_not_stall_the_others() {
    let _beside = beside().await;
    let scene = scene().await;
    let _slow = open_small(&scene.server, "/room").await;
    let mut first = scene.server.raw_open("/room").await;
    let mut second = scene.server.raw_open("/room").await;
    assert_eq!((first.text().await, second.text().await), ("entered".to_owned(), "entered".to_owned()));
    // The room sends 20 MiB, and the slow member reads nothing.
    for number in 0..1280_u32 {
        let mut message = vec![7; 16 * 1024];
        message[..4].copy_from_slice(&number.to_be_bytes());
        let message = Frame::new(op::BINARY, message);
        first.send(message.clone()).await;
        let message = Some(message.unmasked());
        assert!(first.frame().await == message);
        assert!(second.frame().await == message);
    }
}

#[tokio::test]
async fn a_bad_gateway_is_seen_and_echoed() {
    let _beside = beside().await;
    let longest = "x".repeat(123);
    for reason in ["", "upstream is gone", &longest] {
        for before in [Vec::new(), Frame::text("hi").bytes()] {
            let mut scene = scene().await;
            let mut raw = scene.server.raw_open("/echo").await;
            raw.write([before.clone(), Frame::close(1014, reason).bytes()].concat()).await;
            if !before.is_empty() {
                assert_eq!(raw.text().await, "hi");
            }
            assert_eq!(raw.frame().await.map(Frame::into_close), Some((Some(1014), String::new())));
            raw.eof().await;
            let seen = Closed::Peer(Some(PeerClose::new(1014, reason)));
            assert_eq!(scene.ear.next().await, format!("{:?}", SocketError::Closed(seen)));
        }
    }
}

#[tokio::test]
async fn a_peer_that_closes_with_no_valid_code_is_told_1002() {
    let _beside = beside().await;
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535] {
        let mut scene = scene().await;
        let mut raw = scene.server.raw_open("/echo").await;
        raw.send(Frame::close(code, "because")).await;
        assert_eq!(raw.frame().await.map(|frame| frame.into_close().0), Some(Some(1002)), "{code}");
        raw.eof().await;
        assert!(scene.ear.next().await.starts_with("Closed("), "{code}");
        scene.logs.assert_quiet();
    }
}

#[tokio::test]
async fn what_comes_after_the_close_is_ignored_however_much_it_is() {
    let _beside = beside().await;
    let mut scene = scene().await;
    let mut stream = TcpStream::connect(scene.server.addr()).await.expect("the server listens");
    stream.write_all(&Opening::new("/echo").bytes()).await.expect("the server reads");
    stream.write_all(&Frame::close(1000, "").bytes()).await.expect("the server reads");
    // The server may stop reading at some point, but the answer must arrive.
    for _ in 0..16 {
        if stream.write_all(&Frame::text("ghost").bytes().repeat(10_000)).await.is_err() {
            break;
        }
    }
    let mut raw = Raw::over(stream);
    assert_eq!(raw.response().await.status, 101);
    assert_eq!(raw.frame().await.map(Frame::into_close), Some((Some(1000), String::new())));
    raw.eof().await;
    let seen = Closed::Peer(Some(PeerClose::new(1000, "")));
    assert_eq!(scene.ear.next().await, format!("{:?}", SocketError::Closed(seen)));
    assert!(scene.ear.rest().is_empty());
}

#[tokio::test]
async fn a_client_that_only_ends_its_own_direction_is_lost_but_heard_out() {
    let _beside = beside().await;
    let logs = Logs::capture();
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![echo]).state(tell)).await;
    let mut raw = server.raw_open("/echo").await;
    raw.send(Frame::text("the last")).await;
    assert_eq!(raw.text().await, "the last");
    raw.finish().await;
    raw.eof().await;
    let lost = SocketError::Closed(Closed::Lost);
    assert_eq!(ear.next().await, format!("{lost:?}"));
    logs.assert_quiet();
}

#[tokio::test]
async fn frames_that_are_announced_and_never_sent_cost_little_memory() {
    let _alone = alone().await;
    let scene = scene().await;
    assert_serves(&scene.server).await;
    let before = memory();
    let mut open = Vec::new();
    for _ in 0..200 {
        let mut raw = scene.server.raw_open("/echo").await;
        // The largest value that is allowed.
        raw.write(Frame::new(op::BINARY, []).header(MIB as u64)).await;
        raw.write(b"a start").await;
        open.push(raw);
    }
    settle().await;
    assert_grown_by_less_than(20 * MIB, before);
}

#[tokio::test]
async fn a_length_that_no_frame_can_have_is_refused() {
    let _beside = beside().await;
    for (len, codes) in [(u64::MAX >> 1, [1009, 1009]), (1 << 63, [1002, 1009]), (u64::MAX, [1002, 1009])] {
        let scene = scene().await;
        let mut raw = scene.server.raw_open("/echo").await;
        raw.write(Frame::new(op::BINARY, []).header(len)).await;
        let code = raw.closed().await.0.expect("a code");
        assert!(codes.contains(&code), "{len}: {code}");
    }
}

#[tokio::test]
async fn a_message_in_tiny_fragments_is_one_message() {
    let _beside = beside().await;
    let scene = scene().await;
    let mut raw = scene.server.raw_open("/echo").await;
    let mut other = scene.server.raw_open("/echo").await;
    raw.send(Frame::new(op::BINARY, [0]).unfinished()).await;
    let fragments: Vec<u8> = (1..50_000_u32)
        .flat_map(|number| {
            // Every second fragment is empty.
            let empty = Frame::new(op::CONTINUATION, []).unfinished().bytes();
            let byte = number.to_be_bytes()[3];
            empty.into_iter().chain(Frame::new(op::CONTINUATION, [byte]).unfinished().bytes())
        })
        .collect();
    for piece in fragments.chunks(64 * 1024) {
        raw.write(piece).await;
        other.send(Frame::text("meanwhile")).await;
        assert_eq!(other.text().await, "meanwhile");
    }
    // A control frame may stand between fragments.
    raw.send(Frame::new(op::PING, "")).await;
    assert_eq!(raw.frame().await, Some(Frame::new(op::PONG, "").unmasked()));
    raw.send(Frame::new(op::CONTINUATION, [])).await;
    let whole: Vec<u8> = (0..50_000_u32).map(|number| number.to_be_bytes()[3]).collect();
    assert!(raw.frame().await == Some(Frame::new(op::BINARY, whole).unmasked()));
}

#[tokio::test]
async fn empty_fragments_without_end_do_not_keep_others_waiting() {
    let _beside = beside().await;
    let scene = scene().await;
    let stream = open_small(&scene.server, "/echo").await;
    stream.writable().await.expect("the server reads");
    let flood = tokio::spawn(async move {
        let mut stream = stream;
        stream.write_all(&Frame::text("").unfinished().bytes()).await?;
        let fragments = Frame::new(op::CONTINUATION, []).unfinished().bytes().repeat(10_000);
        loop {
            stream.write_all(&fragments).await?;
        }
        #[allow(unreachable_code, reason = "says what the block returns")]
        io::Result::Ok(())
    });
    assert_serves(&scene.server).await;
    assert!(!flood.is_finished(), "it is still at it");
    flood.abort();
}

#[tokio::test]
async fn garbage_in_place_of_http_is_answered_or_dropped() {
    let _beside = beside().await;
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
        b"PRI * HTTP/2.0\r\n\r\nMS\r\n\r\n",
    ] {
        let answer = answer_to(garbage).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{answer:?}");
    }
}

#[tokio::test]
async fn an_http2_client_that_leaves_after_its_preface_is_sent_settings_and_dropped() {
    let _beside = beside().await;
    let answer = answer_to(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    // RFC 9113, section 4.1: the type of a frame is its fourth byte, and 4 is SETTINGS (section 6.5).
    assert_eq!(answer.get(3), Some(&4), "{answer:?}");
}

/// Sends bytes in place of HTTP, and nothing after them. Returns all that the server sends until it ends.
async fn answer_to(bytes: &[u8]) -> Vec<u8> {
    let mut memory = Memory::connect(App::new().routes(routes![echo]).state(ear().0));
    memory.raw.write(bytes).await;
    memory.raw.finish().await;
    let mut answer = Vec::new();
    let mut io = memory.raw.into_inner();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut io, &mut answer);
    within("the end", read).await.expect("a pipe does not fail");
    answer
}
