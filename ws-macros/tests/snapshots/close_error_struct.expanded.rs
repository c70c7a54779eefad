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
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws_runtime::CloseError for Never {
    fn close(&self) -> ::ws_runtime::Close {
        match *self {}
    }
}
