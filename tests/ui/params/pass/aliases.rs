use ws_runtime::{State, Upgrade, WebSocket, routes, websocket};

type Text = String;
type Perhaps<T> = Option<T>;
type Numbers = Vec<u32>;
type Socket = WebSocket;
type Handle = Upgrade;
type Names = State<Vec<String>>;
type Outcome = Result<(), ws_runtime::Error>;

#[websocket("/items/<id>/<rest..>")]
async fn item(
    id: Text,
    rest: Numbers,
    #[query] q: Perhaps<u8>,
    #[query(ge = 1)] n: Numbers,
    #[header] accept: Perhaps<Text>,
    names: Names,
    _ws: Socket,
) -> Outcome {
    let _: (String, Vec<u32>, Option<u8>, Vec<u32>, Option<String>) = (id, rest, q, n, accept);
    let _: &Vec<String> = &names;
    Ok(())
}

#[websocket("/upgrade")]
async fn upgrade(upgrade: Handle) -> Outcome {
    upgrade.accept().await?;
    Ok(())
}

fn main() {
    let _ = routes![item, upgrade];
}
