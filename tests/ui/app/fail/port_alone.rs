use ws_runtime::{App, ServeError};

async fn serve() -> Result<(), ServeError> {
    App::new().run(8000).await
}

fn main() {
    drop(serve());
}
