use std::fmt;

use ws_runtime::{Close, CloseCode, Error, ErrorContext, on_error};

macro_rules! errors {
    ($($name:ident $(<$param:ident>)?),*) => {$(
        #[derive(Debug)]
        pub struct $name $(<$param>(pub $param))?;

        impl$(<$param>)? fmt::Display for $name $(<$param>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

errors!(Plain, Nested, Wrapped<T>);

#[on_error(Plain)]
async fn plain(error: Plain, cx: ErrorContext) -> Close {
    let _ = cx.send_text(error.to_string()).await;
    Close::from(CloseCode::POLICY_VIOLATION)
}

mod handlers {
    use ws_runtime::{Close, ErrorContext, on_error};

    #[on_error(super::Nested, crate = ::ws_runtime)]
    pub(super) async fn nested(_: super::Nested, _: ErrorContext) -> Close {
        Close::internal_error()
    }
}

#[on_error(Wrapped<u32>)]
async fn wrapped(Wrapped(code): Wrapped<u32>, _: ErrorContext) -> Close {
    Close::new(CloseCode::POLICY_VIOLATION, code.to_string())
}

fn main() {
    let _ = [Error::from(Plain), Error::from(Nested), Error::from(Wrapped(1))];
    let _ = handlers::nested;
}
