use ws_runtime::{App, Close, ErrorContext, ValidationError};

fn refuse(_: ValidationError, _: ErrorContext) -> Close {
    Close::internal_error()
}

fn main() {
    let _ = App::new().on_error(refuse);
}
