//! A client that speaks bytes, so that it can break every rule and see every frame.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::{Frame, Opening, op, within};

/// A connection that reads and writes bytes.
#[derive(Debug)]
pub struct Raw<IO: AsyncRead + AsyncWrite = TcpStream> {
    io: BufReader<IO>,
}

/// An HTTP response.
#[derive(Debug)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as long as its length says; empty for a 101.
    pub body: String,
    /// The head as received.
    pub head: String,
}

impl Response {
    /// Returns the value of a header, which must not occur twice.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().expect("a header of ASCII");
        assert_eq!(values.next(), None, "{name} stands there twice");
        Some(value)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Raw<IO> {
    /// Speaks over a stream.
    pub fn over(io: IO) -> Self {
        Self { io: BufReader::new(io) }
    }

    /// Writes bytes. The following read reports an error, since the server may have closed already.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let write = async {
            self.io.write_all(bytes.as_ref()).await?;
            self.io.flush().await
        };
        let _ = within("the server to read", write).await;
    }

    /// Writes a frame.
    pub async fn send(&mut self, frame: Frame) {
        self.write(frame.bytes()).await;
    }

    /// Sends a request and reads the response.
    pub async fn request(&mut self, opening: &Opening) -> Response {
        self.write(opening.bytes()).await;
        self.response().await
    }

    /// Sends an opening handshake, which the server must accept.
    pub async fn open(&mut self, opening: &Opening) -> Response {
        let response = self.request(opening).await;
        assert_eq!(response.status, 101, "refused: {response:?}");
        response
    }

    /// Reads a response.
    pub async fn response(&mut self) -> Response {
        within("an HTTP response", self.read_response()).await
    }

    async fn read_response(&mut self) -> Response {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match self.io.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(error) => panic!("{error} within the head {:?}", String::from_utf8_lossy(&head)),
            }
        }
        let head = String::from_utf8(head).expect("a head of ASCII");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':').expect("a header line");
            let name: HeaderName = name.parse().expect("a header name");
            headers.append(name, HeaderValue::from_str(value.trim()).expect("a header value"));
        }
        let length = headers.get("content-length").map_or("0", |value| value.to_str().expect("a length"));
        let mut body = vec![0; length.parse().expect("a length")];
        self.io.read_exact(&mut body).await.expect("a body of the length given");
        let body = String::from_utf8(body).expect("a body of text");
        Response { status: status.parse().expect("a status"), headers, body, head }
    }

    /// Reads a frame; `None` at the end of the stream. A server's frames are never masked.
    pub async fn frame(&mut self) -> Option<Frame> {
        let frame = self.extended_frame().await?;
        assert_eq!(frame.rsv, 0, "no extension was negotiated: {frame:?}");
        Some(frame)
    }

    /// Like the above, with reserved bits that mean something to an extension.
    pub async fn extended_frame(&mut self) -> Option<Frame> {
        let frame = within("a frame", Frame::read(&mut self.io)).await?;
        assert!(!frame.masked, "a server's frame is masked: {frame:?}");
        Some(frame)
    }

    /// Reads a text message of one frame.
    pub async fn text(&mut self) -> String {
        let frame = self.frame().await.expect("a message, not the end");
        assert_eq!((frame.fin, frame.opcode), (true, op::TEXT), "expected text: {frame:?}");
        String::from_utf8(frame.payload).expect("text is UTF-8")
    }

    /// Reads a Close frame, answers it, and waits for the end of the stream.
    pub async fn closed(&mut self) -> (Option<u16>, String) {
        let frame = self.frame().await.expect("a Close frame, not the end");
        let close = frame.clone().into_close();
        self.send(Frame { masked: true, ..frame }).await;
        self.eof().await;
        close
    }

    /// Closes normally, and waits for the server's answer and the end of the stream.
    pub async fn leave(&mut self) {
        self.send(Frame::close(1000, "")).await;
        let answer = self.frame().await.expect("a Close frame, not the end").into_close();
        assert_eq!(answer.0, Some(1000));
        self.eof().await;
    }

    /// Waits for the end of the stream, which must hold nothing more.
    pub async fn eof(&mut self) {
        assert_eq!(self.rest().await, b"", "more bytes before the end");
    }

    /// Reads all bytes until the end of the stream.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset counts as the end.
        let _ = within("the end of the stream", self.io.read_to_end(&mut rest)).await;
        rest
    }

    /// Shuts down the direction from client to server.
    pub async fn finish(&mut self) {
        within("the end of writing", self.io.shutdown()).await.expect("the server still reads");
    }

    /// Returns the stream, together with the bytes that were read ahead.
    pub fn into_buffered(self) -> BufReader<IO> {
        self.io
    }

    /// Returns the stream. Panics if bytes that were read ahead are left.
    pub fn into_inner(self) -> IO {
        assert!(self.io.buffer().is_empty(), "bytes were read ahead");
        self.io.into_inner()
    }
}

impl Raw {
    /// Drops the connection with everything that was not read of it, with a reset if requested.
    pub fn abandon(self, reset: bool) {
        if reset {
            self.io.get_ref().set_zero_linger().expect("a socket takes the option");
        }
    }

    /// Ends the connection with a reset.
    pub fn reset(self) {
        let stream = self.into_inner();
        stream.set_zero_linger().expect("a socket takes the option");
        drop(stream);
    }
}
