#[cfg(feature = "debug")]
#[allow(clippy::used_underscore_binding)]
#[expect(deprecated)]
#[tracing::instrument(skip_all)]
#[allow(clippy::unused_async)]
pub async fn debug(ws: WebSocket) {}

#[cfg(feature = "debug")]
#[allow(clippy::used_underscore_binding)]
#[allow(deprecated)]
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct debug {}

#[cfg(feature = "debug")]
#[allow(clippy::used_underscore_binding)]
#[allow(deprecated)]
#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for debug {
    fn route() -> ::ws_runtime::Route {
        ::ws_runtime::Route::new::<
            Self,
        >(
            ::ws_runtime::EndpointInfo::new(
                "debug",
                "/debug",
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
        let __out = debug(__ws).await;
        <() as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
