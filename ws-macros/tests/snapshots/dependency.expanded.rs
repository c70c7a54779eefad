/// Loads the item.
#[allow(non_camel_case_types)]
pub(crate) struct load {}

#[doc(hidden)]
#[must_use]
pub(crate) fn load() -> load {
    load {}
}
impl load {
    /// Loads the item.
    pub(crate) async fn call(
        id: u64,
        depth: Option<u8>,
        user: User,
        db: State<Db>,
        handshake: &Handshake,
    ) -> Result<Item, ItemError> {
        db.find(id, depth, user, handshake.host()).await
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::__private::DeclaredDependency for load {
    fn requires(__requirements: &mut ::ws_runtime::Requirements) {
        use ::ws_runtime::__private::{
            BareMany as _, BareMaybe as _, BareOne as _, BareWhole as _,
        };
        use ::ws_runtime::__private::{
            OtherDeclared as _, OwnedDeclared as _, OwnedPlain as _, SharedDeclared as _,
            SharedPlain as _,
        };
        (&&&&::ws_runtime::__private::Probe::<u64>::NEW)
            .__bare()
            .require("id", __requirements);
        ::ws_runtime::Requirements::depends(
            __requirements,
            &(&&&&::ws_runtime::__private::Depends::<User, _>::on(auth::user)).__need(),
        );
        ::ws_runtime::Requirements::parameter(
            __requirements,
            &::ws_runtime::Parameter::<State<Db>>::of(),
        );
    }
}

#[allow(deprecated, unused_mut)]
#[automatically_derived]
impl<__T: 'static> ::ws_runtime::__private::Dependency<__T> for load
where
    Result<Item, ItemError>: ::ws_runtime::__private::Provides<__T, Self>,
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
        use ::ws_runtime::__private::{
            OtherDeclared as _, OwnedDeclared as _, OwnedPlain as _, SharedDeclared as _,
            SharedPlain as _,
        };
        let __arg0 = (&&&&::ws_runtime::__private::Probe::<u64>::NEW)
            .__bare()
            .begin("id", &mut __cx);
        let __arg1 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "depth",
            (&&&&::ws_runtime::__private::Probe::<Option<u8>>::NEW).__shape().le(9),
        );
        let __arg2 = (&&&&::ws_runtime::__private::Depends::<User, _>::on(auth::user))
            .__need()
            .begin(&mut __cx);
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
            let __arg2 = ::ws_runtime::Extraction::supply(&mut __cx, __arg2).await?;
            let __arg3 = ::ws_runtime::Extraction::extract(
                    &__cx,
                    ::ws_runtime::Parameter::<State<Db>>::of(),
                )
                .await?;
            let __out = Self::call(
                    __arg0,
                    __arg1,
                    __arg2,
                    __arg3,
                    ::ws_runtime::Extraction::handshake(&__cx),
                )
                .await;
            ::ws_runtime::__private::provided::<
                Self,
                __T,
                Result<Item, ItemError>,
            >(__out)
        })
    }
}
