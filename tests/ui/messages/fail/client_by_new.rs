use ws_runtime::client::{Client, ConnectError};

async fn run() -> Result<(), ConnectError> {
    let _client: Client = Client::new("ws://127.0.0.1:8000/chat").connect().await?;
    Ok(())
}

fn main() {
    let _ = run();
}
