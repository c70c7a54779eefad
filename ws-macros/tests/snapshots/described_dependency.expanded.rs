#[allow(non_camel_case_types)]
struct user {}

#[doc(hidden)]
#[must_use]
fn user() -> user {
    user {}
}
impl user {
    #[allow(clippy::unused_async)]
    async fn call(
        tenant: String,
        session: String,
        db: State<Db>,
        handshake: &Handshake,
    ) -> Result<User, SignedOut> {
        Err(SignedOut)
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::__private::DescribedDependency for user {
    fn describe(__d: &mut ::ws_runtime::__private::Describing) {
        use ::ws_runtime::__private::described::*;
        __d.bare(
            ::ws_runtime::__private::Named {
                name: "tenant",
                wire_name: "tenant",
                source: ::ws_runtime::__private::SourceOf::Path,
                docs: &[],
                credential: false,
            },
            (&&::ws_runtime::__private::Extracted::<String>::NEW).__is_whole(),
            (&&&(&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape()).__text(),
            &(&&&::ws_runtime::__private::Extracted::<String>::NEW).__query(),
            (&&(&&::ws_runtime::__private::Extracted::<String>::NEW).__error())
                .__closes(),
        );
        __d.text(
            ::ws_runtime::__private::Named {
                name: "session",
                wire_name: "session",
                source: ::ws_runtime::__private::SourceOf::Cookie,
                docs: &[" The session."],
                credential: true,
            },
            ::core::option::Option::None,
            (&&&(&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape()).__text(),
        );
        __d.extracted(
            &(&&&::ws_runtime::__private::Extracted::<State<Db>>::NEW).__query(),
            (&&(&&::ws_runtime::__private::Extracted::<State<Db>>::NEW).__error())
                .__closes(),
        );
        __d.provides(
            (&&(&&&::ws_runtime::__private::Returned::<Result<User, SignedOut>>::NEW)
                .__error())
                .__closes(),
        );
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::__private::DeclaredDependency for user {
    fn requires(__requirements: &mut ::ws_runtime::Requirements) {
        use ::ws_runtime::__private::{
            BareMany as _, BareMaybe as _, BareOne as _, BareWhole as _,
        };
        (&&&&::ws_runtime::__private::Probe::<String>::NEW)
            .__bare()
            .require("tenant", __requirements);
        ::ws_runtime::Requirements::parameter(
            __requirements,
            &::ws_runtime::Parameter::<State<Db>>::of(),
        );
    }
}

#[allow(deprecated, unused_mut)]
#[automatically_derived]
impl<__T: 'static> ::ws_runtime::__private::Dependency<__T> for user
where
    Result<User, SignedOut>: ::ws_runtime::__private::Provides<__T, Self>,
{
    fn begin(
        mut __cx: &mut ::ws_runtime::Extraction,
    ) -> ::ws_runtime::__private::Making<__T> {
        use ::ws_runtime::__private::{
            ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _,
        };
        use ::ws_runtime::__private::{
            BareMany as _, BareMaybe as _, BareOne as _, BareWhole as _,
        };
        let __arg0 = (&&&&::ws_runtime::__private::Probe::<String>::NEW)
            .__bare()
            .begin("tenant", &mut __cx);
        let __arg1 = ::ws_runtime::Extraction::cookie(
            &mut __cx,
            "session",
            (&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape(),
        );
        ::ws_runtime::Extraction::validate(
            &mut __cx,
            &::ws_runtime::Parameter::<State<Db>>::of(),
        );
        let mut __cx = ::ws_runtime::Extraction::fork(__cx);
        ::std::boxed::Box::pin(async move {
            let (__arg0, __arg1) = ::ws_runtime::Extraction::finish(
                &mut __cx,
                (__arg0, __arg1),
            )?;
            let __arg0 = ::ws_runtime::Extraction::complete(&__cx, __arg0).await?;
            let __arg2 = ::ws_runtime::Extraction::extract(
                    &__cx,
                    ::ws_runtime::Parameter::<State<Db>>::of(),
                )
                .await?;
            let __out = Self::call(
                    __arg0,
                    __arg1,
                    __arg2,
                    ::ws_runtime::Extraction::handshake(&__cx),
                )
                .await;
            ::ws_runtime::__private::provided::<
                Self,
                __T,
                Result<User, SignedOut>,
            >(__out)
        })
    }
}
