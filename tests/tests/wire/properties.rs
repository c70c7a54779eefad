//! What must hold for every input: heads, paths, queries, cookies, and sequences of frames. The targets in `fuzz/` test the
//! same with more inputs.

use std::{cell::RefCell, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode, percent_encode_byte};
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
    runtime::{Builder, Runtime},
};
use ws_runtime::{App, Service, SocketError, WebSocket, routes, websocket};
use ws_tests::{Frame, Opening, op, within};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/path/<first>/<second>")]
async fn path(first: String, second: String, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(first).await?;
    ws.send_text(second).await
}

#[websocket("/rest/<segments..>")]
async fn rest(segments: Vec<String>, mut ws: WebSocket) -> Result<(), SocketError> {
    for segment in segments {
        ws.send_text(segment).await?;
    }
    Ok(())
}

#[websocket("/query")]
async fn query(
    #[query] value: String,
    #[query] many: Vec<String>,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    ws.send_text(value).await?;
    for value in many {
        ws.send_text(value).await?;
    }
    Ok(())
}

#[websocket("/number")]
async fn number(#[query] value: i64, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(value.to_string()).await
}

#[websocket("/cookie")]
async fn cookie(#[cookie] value: String, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(value).await
}

thread_local! {
    static SERVER: RefCell<(Runtime, Service)> = RefCell::new({
        let app = App::new().routes(routes![echo, path, rest, query, number, cookie]).ping_interval(None);
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        (runtime.expect("a runtime"), app.into_service())
    });
}

/// Sends bytes in pieces, then ends the stream. Returns everything that comes back.
fn exchange(pieces: &[&[u8]]) -> Vec<u8> {
    SERVER.with_borrow(|(runtime, service)| {
        runtime.block_on(async {
            let (client, server) = duplex(1 << 20);
            let service = service.clone();
            let serving = tokio::spawn(async move { service.serve_connection(server, None).await });
            let (mut reader, mut writer) = tokio::io::split(client);
            let write = async {
                for piece in pieces {
                    // The server may have stopped reading.
                    if writer.write_all(piece).await.is_err() {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
                // The server gets to answer before it sees the end.
                tokio::time::sleep(Duration::from_millis(1)).await;
                let _ = writer.shutdown().await;
            };
            let mut answer = Vec::new();
            let read = reader.read_to_end(&mut answer);
            let ((), read) = within("the end", async { tokio::join!(write, read) }).await;
            read.expect("a pipe does not fail");
            serving.await.expect("the server does not panic");
            answer
        })
    })
}

/// Names in lower case, and values.
type Headers = Vec<(String, String)>;

/// What both readers of heads must say alike: the status, and all headers of a 101 but `Date` and `Connection`. hyper adds those,
/// and refuses some heads before this library sees them, in fewer words.
fn answer(bytes: &[u8]) -> Option<(u16, Headers)> {
    if bytes.is_empty() {
        return None;
    }
    let (status, mut headers, _) = response(bytes);
    headers.retain(|(name, _)| status == 101 && !matches!(name.as_str(), "connection" | "date"));
    headers.sort();
    Some((status, headers))
}

/// Both answers to a head, if they differ: to one that comes whole and to one that comes in two pieces, whose readers are not the
/// same.
fn differs(bytes: &[u8], at: usize) -> Option<[Option<(u16, Headers)>; 2]> {
    // hyper looks at a head that has no end when it sees its first bytes alone, and not again.
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let (first, second) = bytes.split_at(1 + at % (head - 1));
    let answers = [&[bytes][..], &[first, second]].map(|pieces| answer(&exchange(pieces)));
    (answers[0] != answers[1]).then_some(answers)
}

#[test]
fn the_heads_that_the_fuzzer_starts_from_are_answered_alike_whole_and_in_pieces() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/direct");
    for seed in std::fs::read_dir(corpus).expect("a corpus") {
        let seed = seed.expect("a seed").path();
        let bytes = std::fs::read(&seed).expect("a file");
        // What the target reads them as.
        let [low, high, is_valid, bytes @ ..] = bytes.as_slice() else { panic!("{}", seed.display()) };
        let at = usize::from(u16::from_le_bytes([*low, *high]));
        let valid = Opening::new("/echo").bytes();
        let lines = [&valid[..valid.len() - 2], bytes, b"\r\n\r\n"].concat();
        assert_eq!(differs(if is_valid % 2 == 1 { &lines } else { bytes }, at), None, "{}", seed.display());
    }
}

/// The head of a well-formed response, and what stands behind it.
fn response(bytes: &[u8]) -> (u16, Headers, &[u8]) {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
    let head = str::from_utf8(&bytes[..end]).expect("a head of text");
    let mut lines = head.split("\r\n");
    let status = lines.next().expect("a status line");
    let status = status.strip_prefix("HTTP/1.1 ").or(status.strip_prefix("HTTP/1.0 ")).expect("a version");
    let (code, reason) = status.split_at(3);
    assert!(reason.is_empty() || reason.starts_with(' '), "{status}");
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").expect("a header line");
        (name.to_ascii_lowercase(), value.to_owned())
    });
    (code.parse().expect("a status"), headers.collect(), &bytes[end + 4..])
}

/// Parses the frames of a server: complete, unmasked, and with nothing after a Close frame.
fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    while let [first, second, after @ ..] = bytes {
        assert!(
            frames.last().is_none_or(|frame| frame.opcode != op::CLOSE),
            "a frame behind the Close frame"
        );
        let (len, after) = match second {
            126 => (u64::from(u16::from_be_bytes(*after.first_chunk().expect("a length"))), &after[2..]),
            127 => (u64::from_be_bytes(*after.first_chunk().expect("a length")), &after[8..]),
            len => (u64::from(*len), after),
        };
        assert!(*second < 128, "a masked frame");
        let (payload, after) = after.split_at(usize::try_from(len).expect("a length in memory"));
        frames.push(Frame {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 7,
            opcode: first & 0xf,
            masked: false,
            payload: payload.to_vec(),
        });
        bytes = after;
    }
    assert_eq!(bytes, b"", "half a frame");
    frames
}

/// Returns the texts that an endpoint sends for a valid handshake, and the code that it closes with.
fn ask(opening: &Opening) -> (Vec<String>, Option<u16>) {
    let answer = exchange(&[&opening.bytes()]);
    let (status, _, rest) = response(&answer);
    assert_eq!(status, 101, "{opening:?}");
    let mut frames = frames(rest);
    let close = frames.pop().expect("a Close frame").into_close().0;
    let texts = frames.into_iter().map(|frame| String::from_utf8(frame.payload).expect("text is UTF-8"));
    (texts.collect(), close)
}

/// Encodes what must be encoded and, depending on `choice`, more.
fn encode(text: &[u8], choice: usize) -> String {
    const NECESSARY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    match choice {
        0 => percent_encode(text, NECESSARY).to_string(),
        1 => percent_encode(text, NON_ALPHANUMERIC).to_string(),
        2 => text.iter().map(|byte| percent_encode_byte(*byte)).collect(),
        _ => text.iter().map(|byte| percent_encode_byte(*byte).to_ascii_lowercase()).collect(),
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,20}",
        "\\PC{1,20}",
        vec(any::<char>(), 1..20).prop_map(String::from_iter),
        select(vec!["..", ".", "%", "%2F", "a/b", "a b+c", "=&=", "#?", "\0", "\u{10ffff}"])
            .prop_map(str::to_owned),
    ]
}

/// Header lines, and texts that may break a head.
fn junk() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..60),
        "[!-~]{1,12}: ?[ -~]{0,40}\r\n".prop_map(String::into_bytes),
        select(vec![
            "\r\n",
            "\n",
            "\r",
            ":",
            " ",
            "Host: \r\n",
            "Connection: close\r\n",
            "Upgrade: h2c\r\n",
            "Content-Length: 5\r\n",
            "Content-Length: -1\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Expect: 100-continue\r\n",
            "Origin: null\r\n",
            "Origin: http://[::1]:x\r\n",
            "Cookie: ;;=;\r\n",
            "Sec-WebSocket-Protocol: ,,\r\n",
            "Sec-WebSocket-Key: x\r\n",
            "Sec-WebSocket-Version: 999\r\n",
        ])
        .prop_map(|line| line.as_bytes().to_vec()),
    ]
}

/// Cuts bytes into pieces of these sizes, repeatedly.
fn cut<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at((*size).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![Just(vec![1 << 20]), vec(1_usize..40, 1..5), vec(1_usize..4000, 1..5)]
}

/// A message in fragments, with control frames between them.
#[derive(Debug, Clone)]
struct Sent {
    text: bool,
    payload: Vec<u8>,
    fragments: Vec<usize>,
    pings: Vec<Vec<u8>>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let payload = prop_oneof![
        text().prop_map(|text| (true, text.into_bytes())),
        vec(any::<u8>(), 0..300).prop_map(|bytes| (false, bytes)),
        (any::<u8>(), 0_usize..70_000).prop_map(|(byte, len)| (false, vec![byte; len])),
        ("[aé€😀]{1,7}", 0_usize..70_000)
            .prop_map(|(word, len)| (true, word.repeat(len / word.len()).into_bytes())),
    ];
    let pings = vec(vec(any::<u8>(), 0..=125), 0..3);
    (payload, vec(0_usize..200, 0..4), pings).prop_map(|((text, payload), fragments, pings)| Sent {
        text,
        payload,
        fragments,
        pings,
    })
}

impl Sent {
    /// Returns the bytes for the server, and what must come back.
    fn frames(&self) -> (Vec<Frame>, Vec<Frame>) {
        let opcode = if self.text { op::TEXT } else { op::BINARY };
        let mut pings = self.pings.iter();
        let (mut frames, mut rest) = (Vec::new(), self.payload.as_slice());
        for size in &self.fragments {
            let (fragment, after) = rest.split_at((*size).min(rest.len()));
            frames.push(Frame::new(op::CONTINUATION, fragment).unfinished());
            frames.extend(pings.next().map(|ping| Frame::new(op::PING, ping.clone())));
            rest = after;
        }
        frames.push(Frame::new(op::CONTINUATION, rest));
        frames[0].opcode = opcode;
        frames.extend(pings.map(|ping| Frame::new(op::PING, ping.clone())));

        let mut answers: Vec<Frame> =
            self.pings.iter().map(|ping| Frame::new(op::PONG, ping.clone()).unmasked()).collect();
        let inside = self.pings.len().min(self.fragments.len());
        answers.insert(inside, Frame::new(opcode, self.payload.clone()).unmasked());
        (frames, answers)
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn any_bytes_for_a_head_are_answered_in_http_or_not_at_all(
        bytes in vec(any::<u8>(), 0..300),
        sizes in sizes(),
    ) {
        let answer = exchange(&cut(&bytes, &sizes));
        if !answer.is_empty() {
            let (status, _, _) = response(&answer);
            prop_assert!((400..500).contains(&status), "{status}");
        }
    }

    // A head that comes whole and a head that does not are read by two readers.
    #[test]
    fn a_head_is_answered_alike_whole_and_in_pieces(
        method in prop_oneof![8 => Just("GET".to_owned()), 1 => "[ -~]{0,8}"],
        target in prop_oneof![
            4 => Just("/echo".to_owned()),
            2 => select(vec![
                "http://b.example/echo", "http://b.example:80/echo", "/echo?a#b", "/%65cho", "*", "/echo/", "//echo",
                "https://user@b/echo", "b:80",
            ]).prop_map(str::to_owned),
            1 => "/[!-~]{0,30}",
            1 => "[ -~]{0,30}",
        ],
        version in prop_oneof![8 => Just("HTTP/1.1"), 1 => select(vec!["HTTP/1.0", "HTTP/2.0", "HTTP", ""])],
        junk in vec(junk(), 0..4),
        before in any::<bool>(),
        at in any::<proptest::sample::Index>(),
    ) {
        let valid = Opening::new(&target).method(&method).version(version).bytes();
        let line = valid.iter().position(|byte| *byte == b'\n').expect("a request line") + 1;
        let junk_at = if before { line } else { valid.len() - 2 };
        let bytes = [&valid[..junk_at], &junk.concat(), &valid[junk_at..]].concat();
        prop_assert_eq!(differs(&bytes, at.index(bytes.len())), None, "{}", bytes.escape_ascii());
    }

    #[test]
    fn any_head_is_answered_in_http_or_not_at_all(
        method in prop_oneof![4 => Just("GET".to_owned()), 1 => "[ -~]{0,8}"],
        target in prop_oneof![Just("/echo".to_owned()), "/[!-~]{0,30}", "[ -~]{0,30}"],
        version in prop_oneof![4 => Just("HTTP/1.1"), 1 => select(vec!["HTTP/1.0", "HTTP/2.0", "HTTP", ""])],
        junk in vec(junk(), 0..4),
        before in any::<bool>(),
        sizes in sizes(),
    ) {
        let valid = Opening::new(&target).method(&method).version(version).bytes();
        let line = valid.iter().position(|byte| *byte == b'\n').expect("a request line") + 1;
        let at = if before { line } else { valid.len() - 2 };
        let bytes = [&valid[..at], &junk.concat(), &valid[at..]].concat();
        let answer = exchange(&cut(&bytes, &sizes));
        if !answer.is_empty() {
            let (status, headers, rest) = response(&answer);
            let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            if status == 101 {
                prop_assert_eq!(header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
                for frame in frames(rest) {
                    prop_assert!(frame.fin && frame.rsv == 0);
                }
            } else {
                prop_assert!((400..500).contains(&status), "{}", status);
                let length = header("content-length").unwrap_or("0");
                prop_assert!(rest.len() >= length.parse().expect("a length"));
            }
        }
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn a_path_segment_comes_through_however_it_is_encoded(
        first in text(), second in text(), choice in 0_usize..4,
    ) {
        // Like browsers, clients resolve these two before they send them. Here they are just text.
        let target = format!("/path/{}/{}", encode(first.as_bytes(), choice), encode(second.as_bytes(), choice));
        prop_assert_eq!(ask(&Opening::new(&target)), (vec![first, second], Some(1000)));
    }

    #[test]
    fn the_rest_of_a_path_comes_through_segment_by_segment(
        segments in vec(text(), 1..6), choice in 0_usize..4,
    ) {
        let encoded: Vec<String> = segments.iter().map(|segment| encode(segment.as_bytes(), choice)).collect();
        let target = format!("/rest/{}", encoded.join("/"));
        prop_assert_eq!(ask(&Opening::new(&target)), (segments, Some(1000)));
    }

    #[test]
    fn a_query_comes_through_however_it_is_encoded(
        value in text(), many in vec(text(), 0..5), choice in 0_usize..4,
    ) {
        let value_text = encode(value.as_bytes(), choice);
        let many_texts = many.iter().map(|value| format!("&many={}", encode(value.as_bytes(), choice)));
        let target = format!("/query?other=%ff&value={value_text}{}", many_texts.collect::<Vec<_>>().concat());
        let mut expected = vec![value];
        expected.extend(many);
        prop_assert_eq!(ask(&Opening::new(&target)), (expected, Some(1000)));
    }

    #[test]
    fn a_space_in_a_query_may_be_a_plus(words in vec("[a-z]{0,5}", 1..5)) {
        let target = format!("/query?value={}", words.join("+"));
        prop_assert_eq!(ask(&Opening::new(&target)), (vec![words.join(" ")], Some(1000)));
    }

    #[test]
    fn an_integer_is_what_rust_takes_for_one(text in prop_oneof!["[+-]?[0-9]{0,20}", "[ -~]{0,6}"]) {
        let target = format!("/number?value={}", encode(text.as_bytes(), 0));
        let expected = text.parse::<i64>().map_or((vec![], Some(1008)), |number| (vec![number.to_string()], Some(1000)));
        prop_assert_eq!(ask(&Opening::new(&target)), expected);
    }

    #[test]
    fn bytes_that_are_not_text_are_a_validation_error(mut bytes in vec(any::<u8>(), 0..20), at in any::<usize>()) {
        // This byte never occurs in UTF-8.
        bytes.insert(at % (bytes.len() + 1), 0xff);
        let encoded = encode(&bytes, 1);
        for target in [format!("/path/{encoded}/x"), format!("/rest/x/{encoded}"), format!("/query?value={encoded}")] {
            prop_assert_eq!(ask(&Opening::new(&target)), (vec![], Some(1008)), "{}", target);
        }
    }

    // RFC 6265, section 4.1.1, defines what a value may contain. It is not encoded.
    #[test]
    fn a_cookie_comes_through_as_it_was_sent(value in "[!#-+\\--:<-\\[\\]-~]{0,40}", others in "([a-z]{1,5}=[a-z]{0,5}; ){0,3}") {
        let opening = Opening::new("/cookie").header("Cookie", format!("{others}value={value}; last=1"));
        let (texts, code) = ask(&opening);
        prop_assert_eq!((texts, code), (vec![value], Some(1000)));
    }

    #[test]
    fn any_cookie_header_is_a_cookie_or_a_validation_error(
        bytes in vec(prop_oneof![32_u8..127, 128_u8..=255, Just(b';'), Just(b'=')], 0..60),
    ) {
        let opening = Opening::new("/cookie").header("Cookie", [b"value=", &*bytes].concat());
        let (texts, code) = ask(&opening);
        prop_assert!(matches!((texts.len(), code), (1, Some(1000)) | (0, Some(1008))), "{:?} {:?}", texts, code);
    }

    #[test]
    fn any_query_is_parameters_or_a_validation_error(query in "[!$-;=?-~&=%+]{0,60}") {
        let opening = Opening::new(&format!("/query?value=&{query}"));
        let (texts, code) = ask(&opening);
        prop_assert!(matches!((texts.len(), code), (1.., Some(1000)) | (0, Some(1008))), "{:?} {:?}", texts, code);
    }

    #[test]
    fn valid_frames_are_echoed_exactly_however_they_are_cut(messages in vec(sent(), 0..8), sizes in sizes()) {
        let (mut bytes, mut expected) = (Opening::new("/echo").bytes(), Vec::new());
        for message in &messages {
            let (frames, answers) = message.frames();
            bytes.extend(frames.iter().flat_map(Frame::bytes));
            expected.extend(answers);
        }
        bytes.extend(Frame::close(1000, "").bytes());
        expected.push(Frame::close(1000, "").unmasked());
        let answer = exchange(&cut(&bytes, &sizes));
        let (status, _, rest) = response(&answer);
        prop_assert_eq!(status, 101);
        // A pong may overtake the echo of a message that came before its ping, but never another pong.
        let answers = frames(rest);
        let pongs = |frames: &[Frame]| -> Vec<Frame> {
            frames.iter().filter(|frame| frame.opcode == op::PONG).cloned().collect()
        };
        let others = |frames: &[Frame]| -> Vec<Frame> {
            frames.iter().filter(|frame| frame.opcode != op::PONG).cloned().collect()
        };
        prop_assert!(others(&answers) == others(&expected), "{} of {}", answers.len(), expected.len());
        prop_assert!(pongs(&answers) == pongs(&expected));
    }

    #[test]
    fn any_bytes_for_frames_end_in_a_close_or_the_end(
        messages in vec(sent(), 0..3), junk in vec(any::<u8>(), 0..200), sizes in sizes(),
    ) {
        let mut bytes = Opening::new("/echo").bytes();
        bytes.extend(messages.iter().flat_map(|message| message.frames().0).flat_map(|frame| frame.bytes()));
        bytes.extend(junk);
        let answer = exchange(&cut(&bytes, &sizes));
        let (status, _, rest) = response(&answer);
        prop_assert_eq!(status, 101);
        let frames = frames(rest);
        for frame in &frames {
            prop_assert!(frame.fin && frame.rsv == 0);
            prop_assert!(matches!(frame.opcode, op::TEXT | op::BINARY | op::PONG | op::CLOSE));
        }
        if let Some(close) = frames.last().filter(|frame| frame.opcode == op::CLOSE) {
            let code = close.clone().into_close().0;
            // The peer's own code, if the bytes happened to be a Close frame.
            prop_assert!(code.is_none_or(|code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)), "{:?}", code);
        }
    }

    #[test]
    fn a_damaged_frame_is_1002_1007_or_1009(
        message in sent(), damage in 0_usize..6, sizes in sizes(),
    ) {
        let frame = Frame::new(op::TEXT, message.payload.iter().copied().take(125).collect::<Vec<u8>>());
        let (bytes, code) = match damage {
            0 => (frame.unmasked().bytes(), 1002),
            1 => (frame.with_rsv(4).bytes(), 1002),
            2 => (Frame { opcode: 3, ..frame }.bytes(), 1002),
            3 => (Frame { opcode: op::CONTINUATION, ..frame }.bytes(), 1002),
            4 => (Frame::new(op::TEXT, [frame.payload.as_slice(), &[0xff]].concat()).bytes(), 1007),
            _ => (frame.header(1 << 40), 1009),
        };
        let bytes = [Opening::new("/echo").bytes(), bytes].concat();
        let answer = exchange(&cut(&bytes, &sizes));
        let (_, _, rest) = response(&answer);
        let codes: Vec<_> = frames(rest).into_iter().map(|frame| frame.into_close().0).collect();
        prop_assert_eq!(codes, [Some(code)]);
    }
}
