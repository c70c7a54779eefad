use ws_runtime::client::{Client, ConnectError};

async fn run() -> Result<(), ConnectError> {
    let _client: Client = Client::connect("ws://127.0.0.1:8000/chat").await?;
    Ok(())
}

fn main() {
    let _ = run();
}
