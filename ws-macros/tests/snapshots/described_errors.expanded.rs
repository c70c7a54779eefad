#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::CloseError for SearchError {
    fn close(&self) -> ::ws_runtime::Close {
        use ::ws_runtime::__private::{TransparentClose as _, TransparentFallback as _};
        match self {
            Self::NoSession { .. } => {
                ::ws_runtime::__private::close_display(
                    ::ws_runtime::close_code!(1008),
                    self,
                )
            }
            Self::Gone { .. } => {
                ::ws_runtime::Close::new(::ws_runtime::close_code!(4004), "gone")
                    .with_status(::ws_runtime::__private::status(410))
            }
            Self::Db { .. } => ::ws_runtime::Close::internal_error(),
            Self::Socket { 0: __inner } => {
                (&&::ws_runtime::__private::Transparent(__inner)).__close()
            }
        }
    }
    fn closes(__closes: &mut ::ws_runtime::Closes) {
        use ::ws_runtime::__private::described::*;
        __closes
            .push(
                ::ws_runtime::__private::CloseDescription::new(
                        ::ws_runtime::close_code!(1008),
                    )
                    .variant("NoSession")
                    .template("no session")
                    .docs(::ws_runtime::__private::docs(&[" Nobody is signed in."])),
            );
        __closes
            .push(
                ::ws_runtime::__private::CloseDescription::new(
                        ::ws_runtime::close_code!(4004),
                    )
                    .variant("Gone")
                    .reason("gone")
                    .status(::ws_runtime::__private::status(410)),
            );
        __closes
            .push(
                ::ws_runtime::__private::CloseDescription::new(
                        ::ws_runtime::close_code!(1011),
                    )
                    .variant("Db")
                    .internal(),
            );
        (&&::ws_runtime::__private::Failing::<SocketError>::NEW)
            .__closes()
            .add_to(__closes);
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

#[allow(clippy::unused_async)]
async fn throttled(error: Throttled, cx: ErrorContext) -> Close {
    Close::from(CloseCode::TRY_AGAIN_LATER)
}

#[automatically_derived]
impl ::ws_runtime::OnError for Throttled {
    async fn on_error(self, __cx: ::ws_runtime::ErrorContext) -> ::ws_runtime::Close {
        let __out = throttled(self, __cx).await;
        <Close as ::ws_runtime::IntoClose>::into_close(__out)
    }
    fn closes(__closes: &mut ::ws_runtime::Closes) {
        __closes
            .push(
                ::ws_runtime::__private::CloseDescription::new(
                    ::ws_runtime::close_code!(4001),
                ),
            );
        __closes
            .push(
                ::ws_runtime::__private::CloseDescription::new(
                    ::ws_runtime::close_code!(1013),
                ),
            );
    }
}
