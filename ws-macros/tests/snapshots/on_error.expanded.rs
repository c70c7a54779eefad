#[allow(clippy::unused_async)]
async fn throttled(error: Throttled, cx: ErrorContext) -> Close {
    Close::new(CloseCode::POLICY_VIOLATION, error.to_string())
}

#[automatically_derived]
impl ::ws_runtime::OnError for Throttled {
    async fn on_error(self, __cx: ::ws_runtime::ErrorContext) -> ::ws_runtime::Close {
        let __out = throttled(self, __cx).await;
        <Close as ::ws_runtime::IntoClose>::into_close(__out)
    }
}
