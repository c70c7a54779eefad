//! A client over a pipe in memory, and a server that accepts it and then sends arbitrary bytes.

use std::{future::ready, io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split},
    time::{sleep, timeout},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use ws_runtime::{
    Compression,
    client::{Client, Ended},
};

use crate::{
    LIMIT,
    frames::{Frame, Frames, Side},
    server::{SERVER, end_of_head, write_pieces},
};

/// Accepts a client that sends back every message, sends it bytes in pieces of at most this size, and ends the stream. Returns
/// what comes back, and how the connection ended for the client.
pub fn ask_client(bytes: &[u8], piece: usize, deflate: bool) -> (Vec<Frame>, Ended) {
    let (answer, ended) = SERVER.with_borrow(|(runtime, _)| {
        runtime.block_on(async {
            let (client, server) = duplex(64 * 1024);
            let running = tokio::spawn(run(client, deflate));
            let (mut reader, mut writer) = split(server);
            let mut head = Vec::new();
            while end_of_head(&head).is_none() {
                assert_ne!(reader.read_buf(&mut head).await.expect("a pipe does not fail"), 0, "half a head");
            }
            let sent = [&accept(&head, deflate), bytes].concat();
            let write = async {
                write_pieces(&mut writer, &sent, piece).await;
                // The client gets to answer before it sees the end.
                sleep(Duration::from_millis(1)).await;
                let _ = writer.shutdown().await;
            };
            let mut answer = Vec::new();
            let read = reader.read_to_end(&mut answer);
            let exchanged = timeout(Duration::from_secs(60), async { tokio::join!(write, read).1 }).await;
            exchanged.expect("the client ends in time").expect("a pipe does not fail");
            (answer, running.await.expect("the client does not panic"))
        })
    });
    (Frames::new(Side::Client, deflate).all(&answer), ended)
}

async fn run(io: tokio::io::DuplexStream, deflate: bool) -> Ended {
    let compression = if deflate { Compression::deflate() } else { Compression::off() };
    let mut io = Some(io);
    let connecting = Client::builder("ws://server.example.com/")
        .compression(compression)
        .max_message_size(LIMIT)
        .ping_interval(None)
        .retry_on(|_| false)
        .connect_with(move || ready(io.take().ok_or_else(|| io::ErrorKind::ConnectionRefused.into())));
    let mut client: Client = connecting.await.expect("the server accepts");
    while let Ok(message) = client.recv().await {
        // Messages that came before the end can still be received after it.
        let _ = client.send(message).await;
    }
    client.closed().await
}

/// Returns the answer to a client's handshake.
fn accept(head: &[u8], deflate: bool) -> Vec<u8> {
    let head = str::from_utf8(head).expect("a head of text");
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
    });
    let key = derive_accept_key(key.expect("a key").as_bytes());
    let extensions = if deflate {
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n"
    } else {
        ""
    };
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {key}\r\n{extensions}\r\n"
    )
    .into_bytes()
}
