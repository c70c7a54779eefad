//! Clients without a library, which take next to no time themselves.

use std::io;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Sends an opening handshake, and reads its answer.
///
/// # Errors
///
/// Fails if the connection does.
pub async fn open(stream: &mut TcpStream, target: &str) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut last = [0; 4];
    while last != *b"\r\n\r\n" {
        last.rotate_left(1);
        last[3] = stream.read_u8().await?;
    }
    Ok(())
}

/// Reads this many bytes.
///
/// # Errors
///
/// Fails if the connection does, or ends before.
pub async fn skip(stream: &mut TcpStream, mut bytes: usize) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    while bytes > 0 {
        let most = buffer.len().min(bytes);
        bytes -= match stream.read(&mut buffer[..most]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => read,
        };
    }
    Ok(())
}
