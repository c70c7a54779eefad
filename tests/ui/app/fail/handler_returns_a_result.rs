use ws_runtime::{App, Close, ErrorContext, Result, ValidationError};

async fn refuse(_: ValidationError, _: ErrorContext) -> Result<Close> {
    Ok(Close::internal_error())
}

fn main() {
    let _ = App::new().on_error(refuse);
}
