#[on_error(Throttled)]
async fn throttled(error: Throttled, cx: ErrorContext) -> Close {
    Close::new(CloseCode::POLICY_VIOLATION, error.to_string())
}
