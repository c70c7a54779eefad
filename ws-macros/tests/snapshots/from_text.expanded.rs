#[automatically_derived]
impl ::ws_runtime::__private::Words for Order {
    const WORDS: &'static [&'static str] = &["newest", "most-read"];
}

#[automatically_derived]
impl ::ws_runtime::FromText for Order {
    fn from_text(__text: &str) -> ::core::result::Result<Self, ::ws_runtime::TextError> {
        match __text {
            "newest" => ::core::result::Result::Ok(Self::Newest),
            "most-read" | "top" => ::core::result::Result::Ok(Self::MostRead),
            _ => {
                ::core::result::Result::Err(
                    ::ws_runtime::TextError::new(
                        "enum",
                        "Input should be 'newest' or 'most-read'",
                    ),
                )
            }
        }
    }
}
