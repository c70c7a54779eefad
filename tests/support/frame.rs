//! A WebSocket frame as it is written on the wire, valid or not.

use tokio::io::{AsyncRead, AsyncReadExt};

/// Opcodes.
pub mod op {
    /// Continuation.
    pub const CONTINUATION: u8 = 0x0;
    /// Text.
    pub const TEXT: u8 = 0x1;
    /// Binary.
    pub const BINARY: u8 = 0x2;
    /// Close.
    pub const CLOSE: u8 = 0x8;
    /// Ping.
    pub const PING: u8 = 0x9;
    /// Pong.
    pub const PONG: u8 = 0xa;
}

/// A frame. It is masked, as a client's frames are, unless a test says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Set if it ends its message.
    pub fin: bool,
    /// The three reserved bits.
    pub rsv: u8,
    /// The opcode.
    pub opcode: u8,
    /// Set if the payload is masked.
    pub masked: bool,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

impl Frame {
    /// Creates a masked frame that ends its message.
    pub fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { fin: true, rsv: 0, opcode, masked: true, payload: payload.into() }
    }

    /// Creates a text frame.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::new(op::TEXT, text)
    }

    /// Creates a Close frame with a code and a reason.
    #[must_use]
    pub fn close(code: u16, reason: &str) -> Self {
        Self::new(op::CLOSE, [&code.to_be_bytes(), reason.as_bytes()].concat())
    }

    /// Returns the frame with more of its message to come.
    #[must_use]
    pub fn unfinished(self) -> Self {
        Self { fin: false, ..self }
    }

    /// Returns the frame unmasked, as only a server may send it.
    #[must_use]
    pub fn unmasked(self) -> Self {
        Self { masked: false, ..self }
    }

    /// Returns the frame with reserved bits set.
    #[must_use]
    pub fn with_rsv(self, rsv: u8) -> Self {
        Self { rsv, ..self }
    }

    /// Returns the frame's bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header(self.payload.len() as u64);
        let masked = self.payload.iter().zip(MASK.iter().cycle());
        bytes.extend(masked.map(|(byte, mask)| if self.masked { byte ^ mask } else { *byte }));
        bytes
    }

    /// Returns the bytes before the payload, which announce `len` bytes of payload.
    #[must_use]
    pub fn header(&self, len: u64) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.fin) << 7 | self.rsv << 4 | self.opcode];
        let mask_bit = if self.masked { 0x80 } else { 0 };
        match (u8::try_from(len), u16::try_from(len)) {
            (Ok(len @ ..=125), _) => bytes.push(mask_bit + len),
            (_, Ok(len)) => {
                bytes.push(mask_bit + 126);
                bytes.extend(len.to_be_bytes());
            }
            _ => {
                bytes.push(mask_bit + 127);
                bytes.extend(len.to_be_bytes());
            }
        }
        if self.masked {
            bytes.extend(MASK);
        }
        bytes
    }

    /// Reads a frame; `None` at the end of the stream. Fails the test when the stream ends within a frame.
    pub(crate) async fn read(io: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let first = io.read_u8().await.ok()?;
        let second = io.read_u8().await.expect("a frame has two bytes");
        let len = match second & 0x7f {
            126 => u64::from(io.read_u16().await.expect("a frame has its length")),
            127 => io.read_u64().await.expect("a frame has its length"),
            len => u64::from(len),
        };
        assert!(len < 1 << 24, "a frame of {len} bytes");
        let masked = second & 0x80 != 0;
        let mut mask = [0; 4];
        if masked {
            io.read_exact(&mut mask).await.expect("a masked frame has its mask");
        }
        let mut payload = vec![0; usize::try_from(len).expect("checked above")];
        io.read_exact(&mut payload).await.expect("a frame has its payload");
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Some(Self { fin: first & 0x80 != 0, rsv: first >> 4 & 0x7, opcode: first & 0xf, masked, payload })
    }

    /// Returns the code and the reason of a Close frame. Fails the test for any other frame.
    #[must_use]
    pub fn into_close(self) -> (Option<u16>, String) {
        assert_eq!(self.opcode, op::CLOSE, "expected a Close frame: {self:?}");
        match self.payload.split_first_chunk() {
            None => (None, String::new()),
            Some((code, reason)) => {
                let reason = String::from_utf8(reason.to_vec()).expect("a reason is UTF-8");
                (Some(u16::from_be_bytes(*code)), reason)
            }
        }
    }
}
