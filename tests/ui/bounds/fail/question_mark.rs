use ws_runtime::{Error, WebSocket, routes, websocket};

#[derive(Debug)]
struct MyError;

fn load() -> Result<u32, MyError> {
    Err(MyError)
}

#[websocket("/items")]
async fn item(_ws: WebSocket) -> Result<(), Error> {
    load()?;
    Ok(())
}

fn main() {
    let _ = routes![item];
}
