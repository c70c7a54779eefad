#[doc(hidden)]
#[allow(non_camel_case_types)]
#[must_use = "a request is sent by a client"]
pub struct item {
    __request: ::ws_runtime::request::Request<Self>,
}

#[allow(deprecated, private_bounds, private_interfaces, clippy::wrong_self_convention)]
#[automatically_derived]
impl item {
    /// A request of `/items/<id>/ws`.
    pub fn at<__S0>(id: impl ::ws_runtime::request::Argument<u64, __S0>) -> Self {
        Self {
            __request: ::ws_runtime::request::Request::new("/items/<id>/ws")
                .path("id", id),
        }
    }
    /// Sets the query parameter `q`.
    pub fn q<__S>(
        self,
        q: impl ::ws_runtime::request::Argument<Option<i32>, __S>,
    ) -> Self {
        Self {
            __request: self.__request.query("q", q),
        }
    }
    /// Sets the query by `page`.
    pub fn page<__S>(
        self,
        page: impl ::ws_runtime::request::Whole<Query<Page>, __S>,
    ) -> Self {
        Self {
            __request: self.__request.whole_query("page", page),
        }
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::core::ops::Deref for item {
    type Target = ::ws_runtime::request::Request<Self>;
    fn deref(&self) -> &::ws_runtime::request::Request<Self> {
        &self.__request
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::request::Call<WebSocket<Command, Event>> for item {
    type Endpoint = Self;
    fn into_request(self) -> ::ws_runtime::request::Request<Self> {
        self.__request
    }
    fn route() -> ::ws_runtime::Route {
        ::ws_runtime::Route::unimplemented::<Self>()
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Contract for item {
    const PATH: &'static ::core::primitive::str = "/items/<id>/ws";
    const PARAMETERS: &'static [&'static ::core::primitive::str] = &["id", "q", "page"];
    fn route(__route: ::ws_runtime::Route) -> ::ws_runtime::Route {
        const _: ::core::marker::PhantomData<Result> = ::core::marker::PhantomData;
        __route
            .requires(&::ws_runtime::Parameter::<Query<Page>>::of())
            .subprotocols(["v1"])
    }
}

#[allow(deprecated, clippy::unused_async)]
#[automatically_derived]
impl ::ws_runtime::__private::Declares<
    WebSocket<Command, Event>,
    (u64, Option<i32>, Query<Page>),
> for item {
    async fn read(
        mut __cx: &mut ::ws_runtime::Extraction,
    ) -> ::core::result::Result<(u64, Option<i32>, Query<Page>), ::ws_runtime::Error> {
        use ::ws_runtime::__private::{
            ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _,
        };
        let __arg0 = ::ws_runtime::Extraction::path(
            &mut __cx,
            "id",
            (&&&&::ws_runtime::__private::Probe::<u64>::NEW).__shape(),
        );
        let __arg1 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "q",
            (&&&&::ws_runtime::__private::Probe::<Option<i32>>::NEW).__shape().ge(1),
        );
        ::ws_runtime::Extraction::validate(
            &mut __cx,
            &::ws_runtime::Parameter::<Query<Page>>::of(),
        );
        let (__arg0, __arg1) = ::ws_runtime::Extraction::finish(
            &mut __cx,
            (__arg0, __arg1),
        )?;
        let __arg2 = ::ws_runtime::Extraction::extract(
                &__cx,
                ::ws_runtime::Parameter::<Query<Page>>::of(),
            )
            .await?;
        ::core::result::Result::Ok((__arg0, __arg1, __arg2))
    }
}

#[allow(clippy::unused_async)]
async fn implementation(
    user: User,
    page: Query<Page>,
    id: u64,
    q: Option<i32>,
    db: State<Db>,
    mut ws: WebSocket<Command, Event>,
) -> Result {
    Ok(())
}

#[doc(hidden)]
#[allow(non_camel_case_types)]
struct implementation {}

#[allow(deprecated, non_camel_case_types)]
type __implementation_contract = shared::item;
#[allow(clippy::needless_return)]
#[automatically_derived]
impl implementation {
    const fn __contract() -> ::ws_runtime::__private::Implemented<
        impl ::ws_runtime::Contract,
    > {
        return ::ws_runtime::__private::Implemented::<__implementation_contract>::new();
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::Endpoint for implementation {
    fn route() -> ::ws_runtime::Route {
        use ::ws_runtime::__private::{
            OtherDeclared as _, OwnedDeclared as _, OwnedPlain as _, SharedDeclared as _,
            SharedPlain as _,
        };
        ::ws_runtime::__private::Implemented::route::<
            Self,
        >(
                &implementation::__contract(),
                "implementation",
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            )
            .depends(
                &(&&&&::ws_runtime::__private::Depends::<User, _>::on(user)).__need(),
            )
            .requires(&::ws_runtime::Parameter::<State<Db>>::of())
            .max_message_size(1024)
    }
    async fn run(
        mut __cx: ::ws_runtime::Extraction,
        __upgrade: ::ws_runtime::Upgrade,
    ) -> ::ws_runtime::Outcome {
        const __NAMED: bool = ::ws_runtime::__private::Implemented::has_parameters(
            &implementation::__contract(),
            &["id", "q", "page"],
        );
        const _: () = ::core::assert!(
            __NAMED,
            "the contract has other parameters than `(id, q, page)`; name all of them, in their order"
        );
        use ::ws_runtime::__private::ReadsContract as _;
        use ::ws_runtime::__private::{
            OtherDeclared as _, OwnedDeclared as _, OwnedPlain as _, SharedDeclared as _,
            SharedPlain as _,
        };
        let __arg0 = (&&&&::ws_runtime::__private::Depends::<User, _>::on(user))
            .__need()
            .begin(&mut __cx);
        ::ws_runtime::Extraction::validate(
            &mut __cx,
            &::ws_runtime::Parameter::<State<Db>>::of(),
        );
        let __read = ::ws_runtime::__private::Reading::<
            __implementation_contract,
            __NAMED,
        >::NEW
            .__read(&mut __cx)
            .await?;
        let (__arg2, __arg3, __arg1) = ::ws_runtime::__private::same_messages::<
            WebSocket<Command, Event>,
            _,
            _,
        >(__read);
        let __arg0 = ::ws_runtime::Extraction::supply(&mut __cx, __arg0).await?;
        let __arg4 = ::ws_runtime::Extraction::extract(
                &__cx,
                ::ws_runtime::Parameter::<State<Db>>::of(),
            )
            .await?;
        let __ws = <WebSocket<
            Command,
            Event,
        > as ::ws_runtime::Connection>::open(__upgrade)
            .await?;
        let __out = implementation(__arg0, __arg1, __arg2, __arg3, __arg4, __ws).await;
        <Result as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}
