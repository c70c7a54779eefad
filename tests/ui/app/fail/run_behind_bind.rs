use ws_runtime::{App, ServeError};

async fn serve() -> Result<(), ServeError> {
    App::new().bind("127.0.0.1:8000")?.run().await
}

fn main() {
    let _ = serve();
}
