#[allow(clippy::unused_async)]
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
        use ::ws_runtime::__private::{
            ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _,
        };
        let __arg0 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "a",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg1 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "b",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg2 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "c",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg3 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "d",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg4 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "e",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg5 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "f",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg6 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "g",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg7 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "h",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg8 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "i",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg9 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "j",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg10 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "k",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg11 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "l",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg12 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "m",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg13 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "n",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg14 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "o",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg15 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "p",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
        let __arg16 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "q",
            (&&&&::ws_runtime::__private::Probe::<u8>::NEW).__shape(),
        );
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
        ) = ::ws_runtime::Extraction::finish(
            &mut __cx,
            (
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
            ),
        )?;
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
        <() as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
