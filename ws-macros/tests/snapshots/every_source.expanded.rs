/// Serves one item.
pub(crate) async fn item(
    id: u64,
    r#type: Kind,
    rest: Vec<String>,
    q: Option<i32>,
    session: String,
    user_agent: Option<String>,
    page: Query<Page>,
    user: User,
    db: State<Db>,
    mut ws: WebSocket,
) -> Result<(), ItemError> {
    ws.close(Close::from(CloseCode::NORMAL_CLOSURE)).await;
    Ok(())
}

#[doc(hidden)]
#[allow(non_camel_case_types)]
pub(crate) struct item {}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for item {
    fn route() -> ::ws_runtime::Route {
        ::ws_runtime::Route::new::<
            Self,
        >(
                ::ws_runtime::EndpointInfo::new(
                    "item",
                    "/items/<id>/<type>/<rest..>",
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                ),
            )
            .requires::<Query<Page>>()
            .requires::<State<Db>>()
    }
    async fn run(
        mut __cx: ::ws_runtime::Extraction,
        __upgrade: ::ws_runtime::Upgrade,
    ) -> ::ws_runtime::Outcome {
        use ::ws_runtime::__private::{ManyShape as _, MaybeShape as _, OneShape as _};
        let __arg0 = __cx
            .path("id", (&&&::ws_runtime::__private::Probe::<u64>::NEW).shape());
        let __arg1 = __cx
            .path("type", (&&&::ws_runtime::__private::Probe::<Kind>::NEW).shape());
        let __arg2 = __cx
            .rest(
                "rest",
                (&&&::ws_runtime::__private::Probe::<Vec<String>>::NEW).shape(),
            );
        let __arg3 = __cx
            .query("q", (&&&::ws_runtime::__private::Probe::<Option<i32>>::NEW).shape());
        let __arg4 = __cx
            .cookie(
                "session-id",
                (&&&::ws_runtime::__private::Probe::<String>::NEW).shape(),
            );
        let __arg5 = __cx
            .header(
                "user-agent",
                (&&&::ws_runtime::__private::Probe::<Option<String>>::NEW).shape(),
            );
        __cx.validate::<Query<Page>>();
        __cx.validate::<State<Db>>();
        let (__arg0, __arg1, __arg2, __arg3, __arg4, __arg5) = __cx
            .finish((__arg0, __arg1, __arg2, __arg3, __arg4, __arg5))?;
        let __arg6 = __cx.extract::<Query<Page>>().await?;
        let __arg7: User = __cx.settle(auth::user(__cx.handshake()).await)?;
        let __arg8 = __cx.extract::<State<Db>>().await?;
        let __ws = <WebSocket as ::ws_runtime::Connection>::open(__upgrade).await?;
        let __out = item(
                __arg0,
                __arg1,
                __arg2,
                __arg3,
                __arg4,
                __arg5,
                __arg6,
                __arg7,
                __arg8,
                __ws,
            )
            .await;
        ::ws_runtime::IntoOutcome::into_outcome(__out)
    }
}
