//! Compression of messages (permessage-deflate, RFC 7692), as seen by a client with a compressor of its own.

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress};
use ws_runtime::{
    App, Compression, Message, Rooms, SocketError, State, TestClient, WebSocket, client::Client, routes,
    websocket,
};
use ws_tests::{Frame, Opening, Raw, Server, op};

const EXTENSIONS: &str = "Sec-WebSocket-Extensions";
const OFFER: &str = "permessage-deflate; client_max_window_bits";
const RSV1: u8 = 4;
const KIB: usize = 1024;

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/off", compression = Compression::off())]
async fn off(mut ws: WebSocket) -> Result<(), SocketError> {
    let message = ws.recv().await?;
    ws.send(message).await
}

/// Sends every message twice: once as a secret, and once as usual.
#[websocket("/secrets")]
async fn secrets(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send_uncompressed(message.clone()).await?;
        ws.sender().send_uncompressed(message.clone()).await?;
        ws.send(message).await?;
    }
}

#[websocket("/room/<id>")]
async fn room(id: String, rooms: State<Rooms>, mut ws: WebSocket) -> Result<(), SocketError> {
    let Ok(member) = rooms.room("all").join(&id, ws.sender()).await else { return Ok(()) };
    ws.send_text("joined").await?;
    loop {
        let message = ws.recv().await?;
        member.broadcast(&message)?;
    }
}

fn app() -> App {
    App::new()
        .routes(routes![echo, off, secrets, room])
        .state(Rooms::<Message>::new())
        .compression(Compression::deflate())
        .max_message_size(100 * KIB)
}

/// A client that compresses as zlib does, with context takeover in both directions.
struct Peer {
    raw: Raw,
    compress: Compress,
    decompress: Decompress,
}

impl Peer {
    async fn open(server: &Server, target: &str, offer: &str) -> Self {
        let mut raw = server.raw().await;
        let response = raw.open(&Opening::new(target).header(EXTENSIONS, offer)).await;
        let answer = response.header(EXTENSIONS).expect("an answer to the offer");
        let bits = answer.split("client_max_window_bits=").nth(1).and_then(|bits| bits.parse().ok());
        let compress = Compress::new_with_window_bits(flate2::Compression::new(6), false, bits.unwrap_or(15));
        Self { raw, compress, decompress: Decompress::new(false) }
    }

    fn deflated(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * payload.len() + 100);
        self.compress.compress_vec(payload, &mut bytes, FlushCompress::Sync).expect("it compresses");
        bytes.strip_suffix(b"\0\0\xff\xff").expect("the tail of a flush").to_vec()
    }

    async fn send(&mut self, opcode: u8, payload: &[u8]) {
        let payload = self.deflated(payload);
        self.raw.send(Frame::new(opcode, payload).with_rsv(RSV1)).await;
    }

    /// Returns the next message, and `true` if it was compressed.
    async fn message(&mut self) -> (Vec<u8>, bool) {
        let frame = self.raw.extended_frame().await.expect("a message, not the end");
        assert!(matches!(frame.opcode, op::TEXT | op::BINARY), "{frame:?}");
        if frame.rsv == 0 {
            return (frame.payload, false);
        }
        assert_eq!(frame.rsv, RSV1);
        let mut message = Vec::with_capacity(1 << 20);
        let bytes = [&frame.payload[..], b"\0\0\xff\xff"].concat();
        self.decompress.decompress_vec(&bytes, &mut message, FlushDecompress::Sync).expect("it inflates");
        (message, true)
    }
}

fn chat(number: usize) -> String {
    format!(
        r#"{{"type":"message","user":"user-{number}","message":"this is what somebody has to say, {number}"}}"#
    )
}

#[tokio::test]
async fn what_is_not_asked_for_is_not_compressed() {
    let plain = Server::start(App::new().routes(routes![echo])).await;
    let server = Server::start(app()).await;
    for (server, target, offer) in [
        (&plain, "/echo", Some(OFFER)),
        (&server, "/off", Some(OFFER)),
        (&server, "/echo", None),
        (&server, "/echo", Some("permessage-deflate; unknown")),
        (&server, "/echo", Some("permessage-bzip2")),
        (&server, "/echo", Some("permessage-deflate; client_max_window_bits=16")),
    ] {
        let mut opening = Opening::new(target);
        if let Some(offer) = offer {
            opening = opening.header(EXTENSIONS, offer);
        }
        let mut raw = server.raw().await;
        assert_eq!(raw.open(&opening).await.header(EXTENSIONS), None, "{target} {offer:?}");
        let text = chat(1);
        raw.send(Frame::text(&text)).await;
        assert_eq!(raw.text().await, text);
        // Using an extension that was not agreed on is a violation.
        raw.send(Frame::text("x").with_rsv(RSV1)).await;
        let closed = raw.closed().await;
        assert_eq!(closed.0, Some(if target == "/off" { 1000 } else { 1002 }));
    }
}

#[tokio::test]
async fn the_first_offer_that_can_be_kept_is_taken() {
    let server = Server::start(app()).await;
    for (offer, expected) in [
        (OFFER, "permessage-deflate; client_max_window_bits=12"),
        ("permessage-deflate", "permessage-deflate; client_no_context_takeover"),
        (
            "permessage-deflate; unknown, permessage-deflate; server_no_context_takeover; client_max_window_bits",
            "permessage-deflate; server_no_context_takeover; client_max_window_bits=12",
        ),
        (
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
        ),
        ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
    ] {
        let mut raw = server.raw().await;
        let response = raw.open(&Opening::new("/echo").header(EXTENSIONS, offer)).await;
        assert_eq!(response.header(EXTENSIONS), Some(expected), "{offer}");
    }
}

#[tokio::test]
async fn messages_are_compressed_in_the_context_of_those_before() {
    let server = Server::start(app()).await;
    for offer in [
        OFFER,
        "permessage-deflate; client_max_window_bits; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; server_max_window_bits=9",
    ] {
        let mut peer = Peer::open(&server, "/echo", offer).await;
        for number in 0..300 {
            let text = chat(number).repeat(1 + number % 7);
            if number % 5 == 0 {
                // An uncompressed message does not enter the context.
                peer.raw.send(Frame::text(&text)).await;
            } else {
                peer.send(op::TEXT, text.as_bytes()).await;
            }
            let (message, _) = peer.message().await;
            assert_eq!(message, text.as_bytes(), "{number} after {offer}");
        }
    }
}

#[tokio::test]
async fn large_messages_come_through_in_pieces() {
    let server = Server::start(app()).await;
    let mut peer = Peer::open(&server, "/echo", OFFER).await;
    for length in [0, 1, 63, 64, 1000, 10 * KIB, 70 * KIB, 100 * KIB] {
        let text: String =
            (0..).map(chat).flat_map(String::into_bytes).take(length).map(char::from).collect();
        let deflated = peer.deflated(text.as_bytes());
        // In fragments with pings between them, the last one empty.
        let mut frames: Vec<Frame> = deflated
            .chunks(deflated.len() / 3 + 1)
            .map(|part| Frame::new(op::CONTINUATION, part).unfinished())
            .collect();
        frames[0].opcode = op::TEXT;
        frames[0].rsv = RSV1;
        for frame in frames {
            peer.raw.send(frame).await;
            peer.raw.send(Frame::new(op::PING, "between")).await;
            assert_eq!(peer.raw.frame().await.expect("a pong").opcode, op::PONG);
        }
        peer.raw.send(Frame::new(op::CONTINUATION, "")).await;
        assert!(peer.message().await.0 == text.as_bytes(), "{length} bytes");
    }
}

#[tokio::test]
async fn the_limit_is_that_of_the_inflated_message() {
    let server = Server::start(app()).await;
    let noise: Vec<u8> = {
        // Data that a compressor cannot make smaller.
        let mut state = 1_u64;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56).to_le_bytes()[0]
        };
        std::iter::repeat_with(next).take(100 * KIB + 1).collect()
    };
    for payload in [&vec![0; 100 * KIB + 1], &noise] {
        let mut peer = Peer::open(&server, "/echo", OFFER).await;
        let (exact, over) = (&payload[..100 * KIB], payload);
        peer.send(op::BINARY, exact).await;
        assert!(peer.message().await.0 == exact);
        peer.send(op::BINARY, over).await;
        assert_eq!(peer.raw.closed().await, (Some(1009), "message over 102400 bytes".to_owned()));
    }
}

/// Builds the frames of a case.
type Frames = fn(&mut Peer) -> Vec<Frame>;

#[tokio::test]
async fn what_breaks_the_rules_of_compression_closes() {
    let server = Server::start(app()).await;
    let cases: [(u16, Frames); 7] = [
        (1002, |_| vec![Frame::new(op::PING, "x").with_rsv(RSV1)]),
        (1002, |_| vec![Frame::close(1000, "").with_rsv(RSV1)]),
        (1002, |_| vec![Frame::text("x").unfinished(), Frame::new(op::CONTINUATION, "y").with_rsv(RSV1)]),
        (1002, |_| vec![Frame::text("x").with_rsv(2)]),
        (1002, |_| vec![Frame::text("x").with_rsv(RSV1 | 1)]),
        (1007, |_| vec![Frame::new(op::BINARY, vec![0xff; 20]).with_rsv(RSV1)]),
        (1007, |peer| vec![Frame::new(op::TEXT, peer.deflated(&[0xff; 100])).with_rsv(RSV1)]),
    ];
    for (number, (code, frames)) in cases.into_iter().enumerate() {
        let mut peer = Peer::open(&server, "/echo", OFFER).await;
        for frame in frames(&mut peer) {
            peer.raw.send(frame).await;
        }
        assert_eq!(peer.raw.closed().await.0, Some(code), "case {number}");
    }
}

#[tokio::test]
async fn a_secret_is_not_compressed() {
    let server = Server::start(app()).await;
    let mut peer = Peer::open(&server, "/secrets", OFFER).await;
    for number in 0..3 {
        let text = chat(number).repeat(3);
        peer.send(op::TEXT, text.as_bytes()).await;
        for compressed in [false, false, true] {
            assert_eq!(peer.message().await, (text.clone().into_bytes(), compressed));
        }
    }
}

#[tokio::test]
async fn all_in_a_room_read_what_was_compressed_once() {
    let server = Server::start(app()).await;
    let offers = [
        OFFER,
        "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=9",
    ];
    let mut members = Vec::new();
    for (id, offer) in offers.into_iter().enumerate() {
        let mut peer = Peer::open(&server, &format!("/room/{id}"), offer).await;
        assert_eq!(peer.message().await.0, b"joined");
        members.push(peer);
    }
    let mut plain = server.raw_open("/room/plain").await;
    assert_eq!(plain.text().await, "joined");
    for number in 0..50 {
        let text = chat(number).repeat(1 + number % 3);
        members[number % 3].raw.send(Frame::text(&text)).await;
        for member in &mut members {
            assert_eq!(member.message().await.0, text.as_bytes());
        }
        assert_eq!(plain.text().await, text);
    }
}

#[tokio::test]
async fn our_clients_compress_too() {
    let server = Server::start(app()).await;
    let mut client: Client = Client::builder(format!("ws://{}/echo", server.addr()))
        .compression(Compression::deflate())
        .connect()
        .await
        .expect("a connection");
    let mut socket = TestClient::new(app())
        .get("/echo")
        .compression(Compression::deflate())
        .connect()
        .await
        .expect("a connection");
    assert_eq!(
        socket.headers()["sec-websocket-extensions"],
        "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"
    );
    for number in 0..200 {
        let text = chat(number).repeat(1 + number * 7 % 90);
        client.send(text.as_str()).await.expect("an open connection");
        assert_eq!(client.recv().await.expect("an echo"), text.as_str().into());
        socket.send_text(text.as_str()).await.expect("an open connection");
        assert_eq!(socket.recv_text().await.expect("an echo"), text);
    }
}
