#[allow(clippy::unused_async)]
async fn chat(upgrade: Upgrade) -> Result<Close, Error> {
    Ok(Close::from(CloseCode::NORMAL_CLOSURE))
}

#[doc(hidden)]
#[allow(non_camel_case_types)]
struct chat {}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for chat {
    fn route() -> ::ws_runtime::Route {
        ::ws_runtime::Route::new::<
            Self,
        >(
                ::ws_runtime::EndpointInfo::new(
                    "chat",
                    "/chat",
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                ),
            )
            .subprotocols(["chat", "superchat"])
            .origins(Origins::any())
            .hosts(["example.com"])
            .before_accept(signed_in)
            .before_accept(limits::per_address)
            .rejection(Rejection::Http)
            .accept_timeout(Duration::from_secs(5))
            .ping_interval(None)
            .pong_timeout(Duration::from_secs(20))
            .idle_timeout(Duration::from_secs(60))
            .close_timeout(Duration::from_secs(5))
            .max_message_size(64 * 1024)
            .max_frame_size(4096)
            .send_buffer(SendBuffer::bytes(1024).drop_when_full())
    }
    async fn run(
        mut __cx: ::ws_runtime::Extraction,
        __upgrade: ::ws_runtime::Upgrade,
    ) -> ::ws_runtime::Outcome {
        ::ws_runtime::Extraction::finish(&mut __cx, ())?;
        let __ws = <Upgrade as ::ws_runtime::Connection>::open(__upgrade).await?;
        let __out = chat(__ws).await;
        <Result<Close, Error> as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
