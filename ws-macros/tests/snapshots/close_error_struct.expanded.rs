#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::CloseError for SeatTaken {
    fn close(&self) -> ::ws_runtime::Close {
        match self {
            Self { .. } => {
                ::ws_runtime::__private::close_display(
                        ::ws_runtime::close_code!(4009),
                        self,
                    )
                    .with_status(::ws_runtime::__private::status(409))
            }
        }
    }
    fn as_error(&self) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
        use ::ws_runtime::__private::{AsError as _, AsErrorFallback as _};
        (&&::ws_runtime::__private::Sourced(self)).__as_error()
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl<E> ::ws_runtime::CloseError for Wrapped<E>
where
    Self: ::core::fmt::Debug + ::core::fmt::Display + ::core::marker::Send
        + ::core::marker::Sync + 'static,
{
    fn close(&self) -> ::ws_runtime::Close {
        use ::ws_runtime::__private::{TransparentClose as _, TransparentFallback as _};
        match self {
            Self { 0: __inner } => {
                (&&::ws_runtime::__private::Transparent(__inner)).__close()
            }
        }
    }
    fn transparent(self) -> ::core::result::Result<::ws_runtime::Error, Self> {
        match self {
            Self { 0: __inner } => {
                ::core::result::Result::Ok(
                    <::ws_runtime::Error as ::core::convert::From<_>>::from(__inner),
                )
            }
        }
    }
    fn as_error(&self) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
        use ::ws_runtime::__private::{AsError as _, AsErrorFallback as _};
        (&&::ws_runtime::__private::Sourced(self)).__as_error()
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::CloseError for Never {
    fn close(&self) -> ::ws_runtime::Close {
        match *self {}
    }
    fn as_error(&self) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
        use ::ws_runtime::__private::{AsError as _, AsErrorFallback as _};
        (&&::ws_runtime::__private::Sourced(self)).__as_error()
    }
}
