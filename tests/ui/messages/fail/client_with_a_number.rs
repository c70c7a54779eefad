use ws_runtime::client::{Client, ClientError};

async fn count(client: &Client) -> Result<(), ClientError> {
    client.send(42).await
}

fn main() {
    let _ = count;
}
