use ws_runtime::{App, ServeError};

async fn serve() -> Result<(), ServeError> {
    App::new().listen("127.0.0.1:8000").await
}

fn main() {
    let _ = serve();
}
