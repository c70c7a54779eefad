#[allow(clippy::unused_async)]
pub async fn item(q: u32, ws: WebSocket) -> Result {
    Ok(())
}

#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct item {}

#[automatically_derived]
impl ::ws_runtime::Endpoint for item {
    fn route() -> ::ws_runtime::Route {
        ::core::unreachable!()
    }
    async fn run(
        _: ::ws_runtime::Extraction,
        _: ::ws_runtime::Upgrade,
    ) -> ::ws_runtime::Outcome {
        ::core::unreachable!()
    }
}

::core::compile_error! {
    "unknown option `subprotocolls`\nhelp: did you mean `subprotocols`?"
}

::core::compile_error! {
    "parameter `q` has two sources\nhelp: remove one of them"
}

::core::compile_error! {
    "no parameter named `id` for `<id>`\nhelp: add `id: T` to `item`"
}
