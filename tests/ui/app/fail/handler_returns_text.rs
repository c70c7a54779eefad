use ws_runtime::{App, ErrorContext, ValidationError};

async fn refuse(_: ValidationError, _: ErrorContext) -> String {
    String::new()
}

fn main() {
    let _ = App::new().on_error(refuse);
}
