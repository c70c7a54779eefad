//! Codes from literals, constants and numbers; reasons from every kind of text.

use std::borrow::Cow;

use ws_runtime::{Close, CloseCode, CloseReason, InvalidCloseCode, close_code};

const KICKED: u16 = 4001;

mod codes {
    pub const BANNED: u16 = 4002;
}

fn at_run_time(number: u16) -> Result<Close, InvalidCloseCode> {
    Ok(Close::new(CloseCode::try_from(number)?, ""))
}

fn main() {
    const AFTER: CloseCode = close_code!(KICKED + 1);
    let _ = Close::new(close_code!(4000), "text");
    let _ = Close::new(close_code!(KICKED), String::new());
    let _ = Close::new(close_code!(codes::BANNED), Cow::Borrowed("text"));
    let _ = Close::new(AFTER, CloseReason::new("text"));
    let _ = Close::json(CloseCode::POLICY_VIOLATION, [1, 2]);
    let _ = at_run_time(4000);
}
