use ws_runtime::{App, ServeError};

async fn serve() -> Result<(), ServeError> {
    App::new().run("127.0.0.1:8000")?;
    Ok(())
}

fn main() {
    let _ = serve();
}
