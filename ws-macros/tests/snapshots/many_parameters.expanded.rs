async fn many(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
    n: u8,
    o: u8,
    p: u8,
    q: u8,
    ws: WebSocket,
) {}

#[doc(hidden)]
#[allow(non_camel_case_types)]
struct many {}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for many {
    fn route() -> ::ws_runtime::Route {
        ::ws_runtime::Route::new::<
            Self,
        >(
            ::ws_runtime::EndpointInfo::new(
                "many",
                "/many",
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
        use ::ws_runtime::__private::{ManyShape as _, MaybeShape as _, OneShape as _};
        let __arg0 = __cx
            .query("a", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg1 = __cx
            .query("b", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg2 = __cx
            .query("c", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg3 = __cx
            .query("d", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg4 = __cx
            .query("e", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg5 = __cx
            .query("f", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg6 = __cx
            .query("g", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg7 = __cx
            .query("h", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg8 = __cx
            .query("i", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg9 = __cx
            .query("j", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg10 = __cx
            .query("k", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg11 = __cx
            .query("l", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg12 = __cx
            .query("m", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg13 = __cx
            .query("n", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg14 = __cx
            .query("o", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg15 = __cx
            .query("p", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let __arg16 = __cx
            .query("q", (&&&::ws_runtime::__private::Probe::<u8>::NEW).shape());
        let (
            (
                __arg0,
                __arg1,
                __arg2,
                __arg3,
                __arg4,
                __arg5,
                __arg6,
                __arg7,
                __arg8,
                __arg9,
                __arg10,
                __arg11,
                __arg12,
                __arg13,
                __arg14,
                __arg15,
            ),
            (__arg16,),
        ) = __cx
            .finish((
                (
                    __arg0,
                    __arg1,
                    __arg2,
                    __arg3,
                    __arg4,
                    __arg5,
                    __arg6,
                    __arg7,
                    __arg8,
                    __arg9,
                    __arg10,
                    __arg11,
                    __arg12,
                    __arg13,
                    __arg14,
                    __arg15,
                ),
                (__arg16,),
            ))?;
        let __ws = <WebSocket as ::ws_runtime::Connection>::open(__upgrade).await?;
        let __out = many(
                __arg0,
                __arg1,
                __arg2,
                __arg3,
                __arg4,
                __arg5,
                __arg6,
                __arg7,
                __arg8,
                __arg9,
                __arg10,
                __arg11,
                __arg12,
                __arg13,
                __arg14,
                __arg15,
                __arg16,
                __ws,
            )
            .await;
        ::ws_runtime::IntoOutcome::into_outcome(__out)
    }
}
