async fn echo(mut ws: WebSocket) -> Result {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(text).await?;
    }
}

#[doc(hidden)]
#[allow(non_camel_case_types)]
struct echo {}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for echo {
    fn route() -> ::ws_runtime::Route {
        ::ws_runtime::Route::new::<
            Self,
        >(
            ::ws_runtime::EndpointInfo::new(
                "echo",
                "/echo",
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
        )
    }
    async fn run(
        mut __cx: ::ws_runtime::Extraction,
        __upgrade: ::ws_runtime::Upgrade,
    ) -> ::ws_runtime::Outcome {
        ::ws_runtime::Extraction::finish(&mut __cx, ())?;
        let __ws = <WebSocket as ::ws_runtime::Connection>::open(__upgrade).await?;
        let __out = echo(__ws).await;
        <Result as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
