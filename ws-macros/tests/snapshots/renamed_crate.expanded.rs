#[allow(clippy::unused_async)]
async fn echo(times: u8, mut ws: WebSocket) -> Result {
    Ok(())
}

#[doc(hidden)]
#[allow(non_camel_case_types)]
struct echo {}

#[allow(deprecated)]
#[automatically_derived]
impl crate::vendor::ws::Endpoint for echo {
    fn route() -> crate::vendor::ws::Route {
        crate::vendor::ws::Route::new::<
            Self,
        >(
            crate::vendor::ws::EndpointInfo::new(
                "echo",
                "/echo/<times>",
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
        )
    }
    async fn run(
        mut __cx: crate::vendor::ws::Extraction,
        __upgrade: crate::vendor::ws::Upgrade,
    ) -> crate::vendor::ws::Outcome {
        use crate::vendor::ws::__private::{
            ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _,
        };
        let __arg0 = crate::vendor::ws::Extraction::path(
            &mut __cx,
            "times",
            (&&&&crate::vendor::ws::__private::Probe::<u8>::NEW).__shape(),
        );
        let (__arg0,) = crate::vendor::ws::Extraction::finish(&mut __cx, (__arg0,))?;
        let __ws = <WebSocket as crate::vendor::ws::Connection>::open(__upgrade).await?;
        let __out = echo(__arg0, __ws).await;
        <Result as crate::vendor::ws::IntoOutcome>::into_outcome(__out)
    }
}

#[allow(clippy::unused_async)]
async fn throttled(error: Throttled, cx: ErrorContext) -> Close {
    Close::from(CloseCode::TRY_AGAIN_LATER)
}

#[automatically_derived]
impl ::ws::OnError for Throttled {
    async fn on_error(self, __cx: ::ws::ErrorContext) -> ::ws::Close {
        let __out = throttled(self, __cx).await;
        <Close as ::ws::IntoClose>::into_close(__out)
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl ::ws::CloseError for Busy {
    fn close(&self) -> ::ws::Close {
        match self {
            Self { .. } => ::ws::__private::close_display(::ws::close_code!(1013), self),
        }
    }
    fn as_error(&self) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
        use ::ws::__private::{AsError as _, AsErrorFallback as _};
        (&&::ws::__private::Sourced(self)).__as_error()
    }
}
