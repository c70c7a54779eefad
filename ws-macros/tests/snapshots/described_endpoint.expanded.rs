/// Searches the items.
#[allow(clippy::unused_async)]
async fn search(
    kind: String,
    page_size: u32,
    session: String,
    filter: Query<Filter>,
    user: User,
    mut ws: WebSocket<Question, Answer>,
) -> Result<(), SearchError> {
    Ok(())
}

#[doc(hidden)]
#[allow(non_camel_case_types)]
struct search {}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for search {
    fn route() -> ::ws_runtime::Route {
        use ::ws_runtime::__private::{
            OtherDeclared as _, OwnedDeclared as _, OwnedPlain as _, SharedDeclared as _,
            SharedPlain as _,
        };
        ::ws_runtime::Route::new::<
            Self,
        >(
                ::ws_runtime::EndpointInfo::new(
                    "search",
                    "/search/<kind>",
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                ),
            )
            .requires(&::ws_runtime::Parameter::<Query<Filter>>::of())
            .depends(
                &(&&&&::ws_runtime::__private::Depends::<User, _>::on(auth::user))
                    .__need(),
            )
            .subprotocols(["v1"])
    }
    fn describe(__d: &mut ::ws_runtime::__private::Describing) {
        use ::ws_runtime::__private::described::*;
        __d.docs(&[" Searches the items."]);
        __d.text(
            ::ws_runtime::__private::Named {
                name: "kind",
                wire_name: "kind",
                source: ::ws_runtime::__private::SourceOf::Path,
                docs: &[" The kind of item."],
                credential: false,
            },
            ::core::option::Option::None,
            (&&&(&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape()).__text(),
        );
        __d.text(
            ::ws_runtime::__private::Named {
                name: "page_size",
                wire_name: "page-size",
                source: ::ws_runtime::__private::SourceOf::Query,
                docs: &[],
                credential: false,
            },
            ::core::option::Option::Some(
                (&&::ws_runtime::__private::Constant(PAGE, "PAGE")).__default(),
            ),
            (&&&(&&&&::ws_runtime::__private::Probe::<u32>::NEW).__shape().ge(1).le(MAX))
                .__text(),
        );
        __d.text(
            ::ws_runtime::__private::Named {
                name: "session",
                wire_name: "session",
                source: ::ws_runtime::__private::SourceOf::Cookie,
                docs: &[],
                credential: true,
            },
            ::core::option::Option::None,
            (&&&(&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape()).__text(),
        );
        __d.extracted(
            &(&&&::ws_runtime::__private::Extracted::<Query<Filter>>::NEW).__query(),
            (&&(&&::ws_runtime::__private::Extracted::<Query<Filter>>::NEW).__error())
                .__closes(),
        );
        __d.depends(
            (&&(&&&::ws_runtime::__private::DescribedBy::<User, _>::new(&auth::user))
                .__error())
                .__made(),
        );
        let __ws = (&&::ws_runtime::__private::Socket::<
            WebSocket<Question, Answer>,
        >::NEW)
            .__messages();
        __d.messages(
            (&&__ws.receives()).__message(),
            (&&__ws.sends()).__message(),
            __ws.accepts_itself,
        );
        __d.returns(
            (&&(&&::ws_runtime::__private::Returned::<Result<(), SearchError>>::NEW)
                .__error())
                .__closes(),
        );
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
            "kind",
            (&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape(),
        );
        let __arg1 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "page-size",
            (&&&&::ws_runtime::__private::Probe::<u32>::NEW)
                .__shape()
                .ge(1)
                .le(MAX)
                .default(|| PAGE),
        );
        let __arg2 = ::ws_runtime::Extraction::cookie(
            &mut __cx,
            "session",
            (&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape(),
        );
        ::ws_runtime::Extraction::validate(
            &mut __cx,
            &::ws_runtime::Parameter::<Query<Filter>>::of(),
        );
        let __arg4 = (&&&&::ws_runtime::__private::Depends::<User, _>::on(auth::user))
            .__need()
            .begin(&mut __cx);
        let (__arg0, __arg1, __arg2) = ::ws_runtime::Extraction::finish(
            &mut __cx,
            (__arg0, __arg1, __arg2),
        )?;
        let __arg3 = ::ws_runtime::Extraction::extract(
                &__cx,
                ::ws_runtime::Parameter::<Query<Filter>>::of(),
            )
            .await?;
        let __arg4 = ::ws_runtime::Extraction::supply(&mut __cx, __arg4).await?;
        let __ws = <WebSocket<
            Question,
            Answer,
        > as ::ws_runtime::Connection>::open(__upgrade)
            .await?;
        let __out = search(__arg0, __arg1, __arg2, __arg3, __arg4, __ws).await;
        <Result<(), SearchError> as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
