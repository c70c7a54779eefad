use ws_runtime::{App, Endpoint, routes};

mod outer {
    pub mod inner {
        use ws_runtime::{WebSocket, websocket};

        #[websocket("/inner")]
        pub(crate) async fn item(_: WebSocket) {}
    }

    pub(super) use inner::item;
}

macro_rules! endpoint {
    ($vis:vis $name:ident at $path:literal, $param:ident: $ty:ty) => {
        #[ws_runtime::websocket($path)]
        $vis async fn $name($param: $ty, mut ws: ws_runtime::WebSocket) -> ws_runtime::Result {
            ws.send_text(format!("{}", $param)).await?;
            Ok(())
        }
    };
}

endpoint!(pub number at "/numbers/<n>", n: u64);
endpoint!(word at "/words/<word>", word: String);

fn main() {
    #[ws_runtime::websocket("/local")]
    async fn local(_: ws_runtime::WebSocket) {}

    let routes = routes![outer::item, number, word, local];
    assert_eq!(<number as Endpoint>::route().endpoint().name(), "number");
    App::new().routes(routes).build().unwrap();
}
