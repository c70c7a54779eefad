async fn room(id: u64, tenant: String, ws: WebSocket) {
    ws.close().await;
}

#[doc(hidden)]
#[allow(non_camel_case_types)]
struct room {}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for room {
    fn route() -> ::ws_runtime::Route {
        ::ws_runtime::Route::new::<
            Self,
        >(
                ::ws_runtime::EndpointInfo::new(
                    "room",
                    "/rooms/<id>",
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                ),
            )
            .reads_path("tenant")
            .on_error(full)
            .on_error(any)
    }
    async fn run(
        mut __cx: ::ws_runtime::Extraction,
        __upgrade: ::ws_runtime::Upgrade,
    ) -> ::ws_runtime::Outcome {
        use ::ws_runtime::__private::{
            ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _,
        };
        let __arg0 = ::ws_runtime::Extraction::path(
            &mut __cx,
            "id",
            (&&&&::ws_runtime::__private::Probe::<u64>::NEW).__shape().ge(1),
        );
        let __arg1 = ::ws_runtime::Extraction::path(
            &mut __cx,
            "tenant",
            (&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape(),
        );
        let (__arg0, __arg1) = ::ws_runtime::Extraction::finish(
            &mut __cx,
            (__arg0, __arg1),
        )?;
        let __ws = <WebSocket as ::ws_runtime::Connection>::open(__upgrade).await?;
        let __out = room(__arg0, __arg1, __ws).await;
        <() as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
