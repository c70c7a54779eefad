#[allow(clippy::unused_async)]
async fn users(name: String, ws: WebSocket) {}

#[doc(hidden)]
#[allow(non_camel_case_types)]
struct users {}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for users {
    fn route() -> ::ws_runtime::Route {
        ::ws_runtime::Route::new::<
            Self,
        >(
            ::ws_runtime::EndpointInfo::new(
                "users",
                "/users",
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
        use ::ws_runtime::__private::{
            ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _,
        };
        let __arg0 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "name",
            (&&&&::ws_runtime::__private::Probe::<String>::NEW)
                .__shape()
                .pattern({
                    static __PATTERN: ::ws_runtime::__private::Pattern = ::ws_runtime::__private::Pattern::new(
                        "^[a-z]+$",
                    );
                    &__PATTERN
                }),
        );
        let (__arg0,) = ::ws_runtime::Extraction::finish(&mut __cx, (__arg0,))?;
        let __ws = <WebSocket as ::ws_runtime::Connection>::open(__upgrade).await?;
        let __out = users(__arg0, __ws).await;
        <() as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
