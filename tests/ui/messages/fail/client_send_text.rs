use ws_runtime::client::{Client, ClientError};

async fn greet(client: &mut Client) -> Result<(), ClientError> {
    let _ = client.send_text("hi").await;
    Ok(())
}

fn main() {
    let _ = greet;
}
