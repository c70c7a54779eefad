use ws_runtime::{Close, Handshake, WebSocket, routes, websocket};

struct Config {
    greeting: &'static str,
}

static CONFIG: Config = Config { greeting: "hello" };

mod auth {
    use ws_runtime::{Close, CloseCode, Handshake};

    pub struct User<const ADMIN: bool>(pub String);

    pub async fn user<const ADMIN: bool>(handshake: &Handshake) -> Result<User<ADMIN>, Close> {
        let name = handshake.cookie("session").ok_or(Close::from(CloseCode::POLICY_VIOLATION))?;
        Ok(User(name.to_owned()))
    }
}

async fn config(_: &Handshake) -> Result<&'static Config, Close> {
    Ok(&CONFIG)
}

#[websocket("/items")]
async fn item(
    #[depends(auth::user::<true>)] user: auth::User<true>,
    #[depends(config)] config: &'static Config,
    _: WebSocket,
) {
    let _ = (user.0, config.greeting);
}

fn main() {
    let _ = routes![item];
}
