#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::CloseError for ItemError {
    fn close(&self) -> ::ws_runtime::Close {
        use ::ws_runtime::__private::{TransparentClose as _, TransparentFallback as _};
        match self {
            Self::NoSession { .. } => {
                ::ws_runtime::__private::close_display(
                    ::ws_runtime::close_code!(1008),
                    self,
                )
            }
            Self::Db { .. } => ::ws_runtime::Close::internal_error(),
            Self::Cache { .. } => {
                ::ws_runtime::__private::close_display(
                    ::ws_runtime::close_code!(1011),
                    self,
                )
            }
            Self::Gone { .. } => {
                ::ws_runtime::Close::new(::ws_runtime::close_code!(4004), "item is gone")
                    .with_status(::ws_runtime::__private::status(410))
            }
            Self::Socket { 0: __inner } => {
                (&&::ws_runtime::__private::Transparent(__inner)).__close()
            }
            Self::Nested { source: __inner } => {
                (&&::ws_runtime::__private::Transparent(__inner)).__close()
            }
        }
    }
    fn transparent(self) -> ::core::result::Result<::ws_runtime::Error, Self> {
        match self {
            Self::Socket { 0: __inner } => {
                ::core::result::Result::Ok(
                    <::ws_runtime::Error as ::core::convert::From<_>>::from(__inner),
                )
            }
            Self::Nested { source: __inner } => {
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
