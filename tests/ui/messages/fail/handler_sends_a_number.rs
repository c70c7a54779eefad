use ws_runtime::{App, Close, ErrorContext, ValidationError, close_code};

fn main() {
    let _ = App::new().on_error(async |_error: ValidationError, cx: ErrorContext| -> Close {
        let _ = cx.send_text(42).await;
        close_code!(4000).into()
    });
}
