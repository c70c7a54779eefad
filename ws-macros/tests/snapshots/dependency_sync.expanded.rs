#[allow(non_camel_case_types)]
struct page {}

#[doc(hidden)]
#[must_use]
fn page() -> page {
    page {}
}
impl page {
    #[allow(clippy::unused_async)]
    fn call(size: u32) -> Result<Page> {
        Ok(Page { size })
    }
}

#[allow(deprecated)]
#[automatically_derived]
impl my_crate::ws::__private::DeclaredDependency for page {
    fn requires(__requirements: &mut my_crate::ws::Requirements) {}
}

#[allow(deprecated, unused_mut)]
#[automatically_derived]
impl<__T: 'static> my_crate::ws::__private::Dependency<__T> for page
where
    Result<Page>: my_crate::ws::__private::Provides<__T, Self>,
{
    fn begin(
        mut __cx: &mut my_crate::ws::Extraction,
    ) -> my_crate::ws::__private::Making<__T> {
        use my_crate::ws::__private::{
            ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _,
        };
        let __arg0 = my_crate::ws::Extraction::query(
            &mut __cx,
            "size",
            (&&&&my_crate::ws::__private::Probe::<u32>::NEW).__shape().default(|| 10),
        );
        let mut __cx = my_crate::ws::Extraction::fork(__cx);
        ::std::boxed::Box::pin(async move {
            let (__arg0,) = my_crate::ws::Extraction::finish(&mut __cx, (__arg0,))?;
            let __out = Self::call(__arg0);
            my_crate::ws::__private::provided::<Self, __T, Result<Page>>(__out)
        })
    }
}
