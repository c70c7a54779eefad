//! An independent client (tungstenite), with a typed view of how connections end.

use std::{io, net::SocketAddr};

use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use serde_json::Value;
use tokio::{io::AsyncReadExt as _, net::TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::within;

/// A handshake to be sent.
#[derive(Debug, Clone)]
pub struct Connect {
    addr: SocketAddr,
    request: Request<()>,
}

/// An open connection.
#[derive(Debug)]
pub struct Client {
    ws: WebSocketStream<TcpStream>,
    headers: HeaderMap,
}

/// How a connection ended, and the text messages before that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The messages that have not been read yet. Binary ones are formatted with `Debug`.
    pub messages: Vec<String>,
    /// The close code; `None` if the Close frame had none.
    pub code: Option<u16>,
    /// The reason.
    pub reason: String,
}

/// A handshake that was answered over HTTP.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl End {
    /// Returns the code and the reason.
    #[must_use]
    pub fn close(&self) -> (u16, &str) {
        (self.code.expect("the Close frame has a code"), &self.reason)
    }
}

impl Refused {
    /// Returns the body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let media_type = self.headers.get("content-type").expect("a content type");
        assert_eq!(media_type, "application/json");
        serde_json::from_str(&self.body).expect("a body of JSON")
    }
}

impl Connect {
    /// Prepares a handshake with a server in another process.
    #[must_use]
    pub fn to(addr: SocketAddr, target: &str) -> Self {
        let request = format!("ws://{addr}{target}").into_client_request().expect("a valid target");
        Self { addr, request }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.request.headers_mut().append(name, HeaderValue::from_bytes(value.as_ref()).expect("a value"));
        self
    }

    /// Adds a `Cookie` header.
    #[must_use]
    pub fn cookie(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }

    /// Offers subprotocols, separated by commas.
    #[must_use]
    pub fn subprotocols(self, subprotocols: &str) -> Self {
        self.header("sec-websocket-protocol", subprotocols)
    }

    /// Connects, and keeps a second handle of the socket.
    async fn connect(&self) -> io::Result<(TcpStream, std::net::TcpStream)> {
        let stream = TcpStream::connect(self.addr).await?.into_std()?;
        let second = stream.try_clone()?;
        Ok((TcpStream::from_std(stream)?, second))
    }

    /// Sends the handshake and waits for the answer.
    ///
    /// # Errors
    ///
    /// The HTTP response, if the server refuses.
    pub async fn attempt(self) -> Result<Client, Refused> {
        let (stream, rest) = self.connect().await.expect("the server listens");
        match within("an answer to the handshake", client_async(self.request, stream)).await {
            Ok((ws, response)) => Ok(Client { ws, headers: response.into_parts().0.headers }),
            Err(Error::Http(response)) => {
                let (parts, body) = response.into_parts();
                let mut body = body.unwrap_or_default();
                // The library stops reading at the end of its buffer.
                let length = parts.headers.get("content-length").and_then(|length| length.to_str().ok());
                let read = body.len();
                body.resize(length.map_or(read, |length| length.parse().expect("a length")), 0);
                let mut rest = TcpStream::from_std(rest).expect("a socket of the runtime");
                within("the rest of the body", rest.read_exact(&mut body[read..]))
                    .await
                    .expect("a whole body");
                let body = String::from_utf8(body).expect("a body of text");
                Err(Refused { status: parts.status, headers: parts.headers, body })
            }
            Err(error) => panic!("neither accepted nor refused: {error}"),
        }
    }

    /// Opens a connection, which the server must accept.
    pub async fn open(self) -> Client {
        self.attempt().await.unwrap_or_else(|refused| panic!("refused: {refused:?}"))
    }

    /// Opens a connection and only listens until it ends.
    pub async fn end(self) -> End {
        self.open().await.end().await
    }

    /// Sends a handshake, which the server must refuse.
    pub async fn refused(self) -> Refused {
        match self.attempt().await {
            Ok(mut client) => panic!("accepted: {:?}", client.next().await),
            Err(refused) => refused,
        }
    }
}

impl Client {
    /// Returns the headers of the 101.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the subprotocol that the server selected.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.headers.get("sec-websocket-protocol").map(|value| value.to_str().expect("a token"))
    }

    /// Splits the connection into its two directions.
    pub fn split(
        self,
    ) -> (SplitSink<WebSocketStream<TcpStream>, Message>, SplitStream<WebSocketStream<TcpStream>>) {
        self.ws.split()
    }

    /// Sends a message.
    pub async fn send(&mut self, message: impl Into<Message>) {
        within("the server to read", self.ws.send(message.into())).await.expect("the connection is open");
    }

    /// Reads the next message, including Close frames and pongs.
    pub async fn next(&mut self) -> Message {
        let message = within("a message", self.ws.next()).await;
        message
            .expect("a message, not the end")
            .unwrap_or_else(|error| panic!("the connection broke: {error}"))
    }

    /// Reads a text message.
    pub async fn text(&mut self) -> String {
        match self.next().await {
            Message::Text(text) => text.as_str().to_owned(),
            other => panic!("expected text: {other:?}"),
        }
    }

    /// Reads a text message as JSON.
    pub async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).expect("a message of JSON")
    }

    /// Sends text and reads text.
    pub async fn ask(&mut self, text: &str) -> String {
        self.send(text).await;
        self.text().await
    }

    /// Listens until the connection ends, which it must do with a Close frame.
    pub async fn end(mut self) -> End {
        let mut messages = Vec::new();
        let frame = loop {
            match self.next().await {
                Message::Text(text) => messages.push(text.as_str().to_owned()),
                Message::Close(frame) => break frame,
                other => messages.push(format!("{other:?}")),
            }
        };
        // Further polling sends the answer and reads the end of the stream.
        let after = within("the end of the stream", self.ws.next()).await;
        assert!(matches!(after, None | Some(Err(_))), "after the Close frame: {after:?}");
        let code = frame.as_ref().map(|frame| frame.code.into());
        End {
            messages,
            code,
            reason: frame.map_or_else(String::new, |frame| frame.reason.as_str().to_owned()),
        }
    }

    /// Closes with or without a code, and waits for the server's answer.
    pub async fn leave(mut self, frame: Option<(u16, &'static str)>) -> End {
        let frame =
            frame.map(|(code, reason)| CloseFrame { code: CloseCode::from(code), reason: reason.into() });
        within("the server to read", self.ws.close(frame)).await.expect("the connection is open");
        self.end().await
    }
}
