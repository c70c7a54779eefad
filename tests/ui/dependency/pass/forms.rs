#![allow(unused_variables)]

//! Names that meet, places, and forms of the attribute.

use ws_runtime::{Handshake, Result, WebSocket, dependency, routes, websocket};

mod auth {
    use ws_runtime::{Result, dependency};

    /// Who asks.
    #[dependency]
    pub(crate) async fn user(#[cookie] session: Option<String>) -> Result<String> {
        Ok(session.unwrap_or_default())
    }

    pub struct Keys;

    impl Keys {
        pub(crate) async fn load(_: &ws_runtime::Handshake) -> Result<u8> {
            Ok(1)
        }
    }
}

mod session {}

async fn session(_: &Handshake) -> Result<u8> {
    Ok(1)
}

#[dependency]
fn at_once(handshake: &Handshake, #[query] size: Option<u8>) -> Result<usize> {
    Ok(handshake.raw_path().len())
}

#[dependency]
pub async fn nothing() -> Result<()> {
    Ok(())
}

type Alias<T> = std::result::Result<T, ws_runtime::Close>;

#[dependency]
fn aliased(#[depends(auth::user)] user: String) -> Alias<String> {
    Ok(user)
}

#[websocket("/items/<id>")]
async fn item(
    #[depends(auth::user)] user: String,
    #[depends(session)] session: u8,
    #[depends(at_once)] at_once: usize,
    #[depends(nothing)] nothing: (),
    #[depends(aliased)] aliased: String,
    #[depends(auth::Keys::load)] keys: u8,
    _ws: WebSocket,
) {
}

fn main() {
    let _ = routes![item];

    #[dependency]
    async fn local(id: u64) -> Result<u64> {
        Ok(id)
    }

    #[websocket("/local/<id>")]
    async fn locally(#[depends(local)] local: u64, _ws: WebSocket) {}

    let _ = routes![locally];
    let _ = local::call(1);
}
