use ws_runtime::{App, ErrorContext, ValidationError};

fn main() {
    let _ = App::new().on_error(async |error: ValidationError, _cx: ErrorContext| error.to_close(1003));
}
