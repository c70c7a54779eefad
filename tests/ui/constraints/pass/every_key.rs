use std::str::FromStr;

use ws_runtime::{WebSocket, routes, websocket};

const MAX: u32 = 100;

#[derive(Debug, PartialEq, PartialOrd)]
struct Name(String);

impl FromStr for Name {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

fn today() -> u32 {
    7
}

#[websocket("/items")]
async fn item(
    #[query(name = "page-size", default = 10, ge = 1, le = MAX, multiple_of = 5)] page_size: u32,
    #[query(default = today())] day: u32,
    #[query(gt = -1.5, lt = 1.5, default = -0.5)] angle: f64,
    #[query(min_length = 2, max_length = 50, pattern = r"^\w+$", default = "anybody")] name: Name,
    #[query(default = 3)] perhaps: Option<u8>,
    #[query(ge = 1, le = 6)] dice: Vec<u8>,
    #[cookie(default = "light")] theme: String,
    #[header(name = "X-Request-Id", pattern = "^[0-9a-f-]+$")] request: Option<String>,
    _: WebSocket,
) {
    let _ = (page_size, day, angle, name, perhaps, dice, theme, request);
}

fn main() {
    let _ = routes![item];
}
