use ws_runtime::client::{Client, ClientError};

struct Event;

async fn next(client: &mut Client<Event, String>) -> Result<Event, ClientError> {
    client.recv().await
}

fn main() {
    let _ = next;
}
