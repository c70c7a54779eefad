#[allow(clippy::unused_async)]
async fn search(
    page_size: u32,
    price: Vec<f64>,
    name: Option<String>,
    theme: String,
    ws: WebSocket,
) {}

#[doc(hidden)]
#[allow(non_camel_case_types)]
struct search {}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for search {
    fn route() -> ::ws_runtime::Route {
        ::ws_runtime::Route::new::<
            Self,
        >(
            ::ws_runtime::EndpointInfo::new(
                "search",
                "/search",
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
            "page-size",
            (&&&&::ws_runtime::__private::Probe::<u32>::NEW)
                .__shape()
                .ge(1)
                .le(100)
                .default(|| 10),
        );
        let __arg1 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "price",
            (&&&&::ws_runtime::__private::Probe::<Vec<f64>>::NEW)
                .__shape()
                .gt(0.0)
                .lt(MAX)
                .multiple_of(0.5),
        );
        let __arg2 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "name",
            (&&&&::ws_runtime::__private::Probe::<Option<String>>::NEW)
                .__shape()
                .min_length(2)
                .max_length(50),
        );
        let __arg3 = ::ws_runtime::Extraction::cookie(
            &mut __cx,
            "theme",
            (&&&&::ws_runtime::__private::Probe::<String>::NEW)
                .__shape()
                .default(|| ::ws_runtime::__private::FromDefault::from_default("light")),
        );
        let (__arg0, __arg1, __arg2, __arg3) = ::ws_runtime::Extraction::finish(
            &mut __cx,
            (__arg0, __arg1, __arg2, __arg3),
        )?;
        let __ws = <WebSocket as ::ws_runtime::Connection>::open(__upgrade).await?;
        let __out = search(__arg0, __arg1, __arg2, __arg3, __ws).await;
        <() as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
