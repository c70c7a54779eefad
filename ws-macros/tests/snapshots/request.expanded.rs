/// Serves one item.
#[allow(clippy::unused_async)]
pub(crate) async fn item(
    id: u64,
    rest: Vec<String>,
    q: Option<i32>,
    page_size: u32,
    session: String,
    at: Vec<String>,
    host: String,
    page: Query<Page>,
    db: State<Db>,
    user: User,
    ws: WebSocket<Command, Event>,
) -> Result<(), ItemError> {}

#[doc(hidden)]
#[allow(non_camel_case_types)]
#[must_use = "a request is sent by a client"]
pub(crate) struct item {
    __request: ::ws_runtime::request::Request<Self>,
}

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
                    "/items/<id>/<rest..>",
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                ),
            )
            .requires(&::ws_runtime::Parameter::<Query<Page>>::of())
            .requires(&::ws_runtime::Parameter::<State<Db>>::of())
            .depends(
                &(&&&&::ws_runtime::__private::Depends::<User, _>::on(user)).__need(),
            )
            .subprotocols(["v1"])
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
        let __arg1 = ::ws_runtime::Extraction::rest(
            &mut __cx,
            "rest",
            (&&&&::ws_runtime::__private::Probe::<Vec<String>>::NEW).__shape(),
        );
        let __arg2 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "q",
            (&&&&::ws_runtime::__private::Probe::<Option<i32>>::NEW).__shape(),
        );
        let __arg3 = ::ws_runtime::Extraction::query(
            &mut __cx,
            "page-size",
            (&&&&::ws_runtime::__private::Probe::<u32>::NEW).__shape().default(|| 10),
        );
        let __arg4 = ::ws_runtime::Extraction::cookie(
            &mut __cx,
            "session",
            (&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape(),
        );
        let __arg5 = ::ws_runtime::Extraction::header(
            &mut __cx,
            "at",
            (&&&&::ws_runtime::__private::Probe::<Vec<String>>::NEW).__shape(),
        );
        let __arg6 = ::ws_runtime::Extraction::header(
            &mut __cx,
            "host",
            (&&&&::ws_runtime::__private::Probe::<String>::NEW).__shape(),
        );
        ::ws_runtime::Extraction::validate(
            &mut __cx,
            &::ws_runtime::Parameter::<Query<Page>>::of(),
        );
        ::ws_runtime::Extraction::validate(
            &mut __cx,
            &::ws_runtime::Parameter::<State<Db>>::of(),
        );
        let __arg9 = (&&&&::ws_runtime::__private::Depends::<User, _>::on(user))
            .__need()
            .begin(&mut __cx);
        let (__arg0, __arg1, __arg2, __arg3, __arg4, __arg5, __arg6) = ::ws_runtime::Extraction::finish(
            &mut __cx,
            (__arg0, __arg1, __arg2, __arg3, __arg4, __arg5, __arg6),
        )?;
        let __arg7 = ::ws_runtime::Extraction::extract(
                &__cx,
                ::ws_runtime::Parameter::<Query<Page>>::of(),
            )
            .await?;
        let __arg8 = ::ws_runtime::Extraction::extract(
                &__cx,
                ::ws_runtime::Parameter::<State<Db>>::of(),
            )
            .await?;
        let __arg9 = ::ws_runtime::Extraction::supply(&mut __cx, __arg9).await?;
        let __ws = <WebSocket<
            Command,
            Event,
        > as ::ws_runtime::Connection>::open(__upgrade)
            .await?;
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
                __arg9,
                __ws,
            )
            .await;
        <Result<(), ItemError> as ::ws_runtime::IntoOutcome>::into_outcome(__out)
    }
}

#[allow(deprecated, private_bounds, private_interfaces, clippy::wrong_self_convention)]
#[automatically_derived]
impl item {
    /// A request of `/items/<id>/<rest..>`.
    pub(crate) fn at<__S0, __S1, __S2>(
        id: impl ::ws_runtime::request::Argument<u64, __S0>,
        rest: impl ::ws_runtime::request::Argument<Vec<String>, __S1>,
        session: impl ::ws_runtime::request::Argument<String, __S2>,
    ) -> Self {
        Self {
            __request: ::ws_runtime::request::Request::new("/items/<id>/<rest..>")
                .path("id", id)
                .rest("rest", rest)
                .cookie("session", session),
        }
    }
    /// Sets the query parameter `q`.
    pub(crate) fn q<__S>(
        self,
        q: impl ::ws_runtime::request::Argument<Option<i32>, __S>,
    ) -> Self {
        Self {
            __request: self.__request.query("q", q),
        }
    }
    /// Sets the query parameter `page-size`.
    pub(crate) fn page_size<__S>(
        self,
        page_size: impl ::ws_runtime::request::Argument<u32, __S>,
    ) -> Self {
        Self {
            __request: self.__request.query("page-size", page_size),
        }
    }
    /// Sets the header `at`.
    pub(crate) fn set_at<__S>(
        self,
        at: impl ::ws_runtime::request::Argument<Vec<String>, __S>,
    ) -> Self {
        Self {
            __request: self.__request.header("at", at),
        }
    }
    /// Sets the query by `page`.
    pub(crate) fn page<__S>(
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
        <Self as ::ws_runtime::Endpoint>::route()
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::CloseError for ItemError {
    fn close(&self) -> ::ws_runtime::Close {
        use ::ws_runtime::__private::{TransparentClose as _, TransparentFallback as _};
        match self {
            Self::NoSession { .. } => {
                ::ws_runtime::__private::close_display(
                    ::ws_runtime::close_code!(4001),
                    self,
                )
            }
            Self::Gone { .. } => {
                ::ws_runtime::__private::close_display(
                    ::ws_runtime::close_code!(4004),
                    self,
                )
            }
            Self::Broken { .. } => ::ws_runtime::Close::internal_error(),
            Self::Socket { 0: __inner } => {
                (&&::ws_runtime::__private::Transparent(__inner)).__close()
            }
        }
    }
    fn from_close(
        __code: ::core::primitive::u16,
        __reason: &::core::primitive::str,
    ) -> ::core::option::Option<Self> {
        use ::ws_runtime::__private::{InnerFallback as _, InnerFromClose as _};
        ::core::option::Option::or_else(
            ::ws_runtime::__private::find_close(__code, __reason, [Self::NoSession {}]),
            || ::core::option::Option::map(
                (&&::ws_runtime::__private::Inner::<SocketError>::NEW)
                    .__from_close(__code, __reason),
                |__inner| Self::Socket { 0: __inner },
            ),
        )
    }
    fn transparent(self) -> ::core::result::Result<::ws_runtime::Error, Self> {
        match self {
            Self::Socket { 0: __inner } => {
                ::core::result::Result::Ok(
                    <::ws_runtime::Error as ::core::convert::From<_>>::from(__inner),
                )
            }
            __other => ::core::result::Result::Err(__other),
        }
    }
    fn as_error(&self) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
        use ::ws_runtime::__private::{AsError as _, AsErrorFallback as _};
        (&&::ws_runtime::__private::Sourced(self)).__as_error()
    }
}
