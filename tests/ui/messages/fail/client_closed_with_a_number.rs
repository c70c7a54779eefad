use ws_runtime::client::Client;

async fn leave(client: &mut Client) {
    client.close(1000).await;
}

fn main() {
    let _ = leave;
}
