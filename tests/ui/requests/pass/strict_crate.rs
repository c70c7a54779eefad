#![deny(warnings, missing_docs, clippy::pedantic, unused, unreachable_pub, private_interfaces, private_bounds)]
//! Requests add no warning to a crate that allows none, even if its types are private.

use std::{fmt, str::FromStr};

use ws_runtime::{Query, Result, Route, WebSocket, routes, websocket};

/// Nothing here is called.
pub mod endpoints {
    use super::{Page, Result, WebSocket, websocket};
    use ws_runtime::Query;

    /// An alias of an option.
    type Maybe = Option<u8>;

    /// Documented.
    #[websocket("/public/<id>")]
    pub async fn public(id: u64, #[query] q: Option<i32>, #[query] from_q: Option<i32>, ws: WebSocket) -> Result {
        drop((id, q, from_q, ws));
        Ok(())
    }

    #[websocket("/crate/<rest..>")]
    pub(crate) async fn in_crate(rest: Vec<String>, #[query] maybe: Maybe, page: Query<Page>, ws: WebSocket) -> Result {
        drop((rest, maybe, page, ws));
        Ok(())
    }

    pub(super) mod inner {
        use super::{Result, WebSocket, websocket};

        #[websocket("/super/<type>")]
        pub(in super::super) async fn above(r#type: String, ws: WebSocket) -> Result {
            drop((r#type, ws));
            Ok(())
        }
    }
}

#[derive(serde::Deserialize)]
pub(crate) struct Page {
    offset: u64,
}

struct OneWay;

impl FromStr for OneWay {
    type Err = fmt::Error;

    fn from_str(_: &str) -> std::result::Result<Self, fmt::Error> {
        Ok(Self)
    }
}

#[websocket("/one-way/<value>")]
async fn one_way(value: OneWay, #[query(default = OneWay)] other: OneWay, ws: WebSocket) -> Result {
    drop((value, other, ws));
    Ok(())
}

#[websocket("/private")]
async fn private(page: Query<Page>, #[query] at: Option<u8>, #[query] _to: Option<u8>, ws: WebSocket) -> Result {
    println!("{} {at:?}", page.offset);
    drop(ws);
    Ok(())
}

fn main() {
    let routes: Vec<Route> =
        routes![endpoints::public, endpoints::in_crate, endpoints::inner::above, one_way, private];
    assert_eq!(routes.len(), 5);
    assert_eq!(endpoints::inner::above::at("a b").to_string(), "/super/a%20b");
}
