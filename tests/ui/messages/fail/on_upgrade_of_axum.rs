use ws_runtime::{App, Result, Upgrade, routes, websocket};

#[websocket("/items")]
async fn item(upgrade: Upgrade) -> Result {
    upgrade.on_upgrade(async |_ws| {});
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
