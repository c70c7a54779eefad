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
        use ::ws_runtime::__private::{
            OtherDeclared as _, OwnedDeclared as _, OwnedPlain as _, SharedDeclared as _,
            SharedPlain as _,
        };
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
            .requires(&::ws_runtime::Parameter::<Query<Page>>::of())
            .depends(
                &(&&&&::ws_runtime::__private::Depends::<User, _>::on(auth::user))
                    .__need(),
            )
            .requires(&::ws_runtime::Parameter::<State<Db>>::of())
    }
    async fn run(
        mut __cx: ::ws_runtime::Extraction,
        __upgrade: ::ws_runtime::Upgrade,
    ) -> ::ws_runtime::Outcome {
        use ::ws_runtime::__private::{
            ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _,
        };
        use ::ws_runtime::__private::{
            OtherDeclared as _, OwnedDeclared as _, OwnedPlain as _, SharedDeclared as _,
            SharedPlain as _,
        };
        let __arg0 = ::ws_runtime::Extraction::path(
            &mut __cx,
            "id",
            (&&&&::ws_runtime::__private::Probe::<u64>::NEW).__shape(),
        );
        let __arg1 = ::ws_runtime::Extraction::path(
            &mut __cx,
            "type",
            (&&&&::ws_runtime::__private::Probe::<Kind>::NEW).__shape(),
        );
        let __arg2 = ::ws_runtime::Extraction::rest(
            &mut __cx,
            "rest",
            (&&&&::ws_runtime::__private::Probe::<Vec<String>>::NEW).__shape(),
        );
        let __arg3 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "q",
            (&&&&::ws_runtime::__private::Probe::<Option<i32>>::NEW).__shape(),
        );
        let __arg4 = ::ws_runtime::Extraction::cookie(
            &mut __cx,
            "session-id",
            (&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape(),
        );
        let __arg5 = ::ws_runtime::Extraction::header(
            &mut __cx,
            "user-agent",
            (&&&&::ws_runtime::__private::Probe::<Option<String>>::NEW).__shape(),
        );
        ::ws_runtime::Extraction::validate(
            &mut __cx,
            &::ws_runtime::Parameter::<Query<Page>>::of(),
        );
        let __arg7 = (&&&&::ws_runtime::__private::Depends::<User, _>::on(auth::user))
            .__need()
            .begin(&mut __cx);
        ::ws_runtime::Extraction::validate(
            &mut __cx,
            &::ws_runtime::Parameter::<State<Db>>::of(),
        );
        let (__arg0, __arg1, __arg2, __arg3, __arg4, __arg5) = ::ws_runtime::Extraction::finish(
            &mut __cx,
            (__arg0, __arg1, __arg2, __arg3, __arg4, __arg5),
        )?;
        let __arg6 = ::ws_runtime::Extraction::extract(
                &__cx,
                ::ws_runtime::Parameter::<Query<Page>>::of(),
            )
            .await?;
        let __arg7 = ::ws_runtime::Extraction::supply(&mut __cx, __arg7).await?;
        let __arg8 = ::ws_runtime::Extraction::extract(
                &__cx,
                ::ws_runtime::Parameter::<State<Db>>::of(),
            )
            .await?;
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
        <Result<(), ItemError> as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
