//! Implements the contract. Where the parameters are read, and what their names are in the URL, is not repeated.

use items_contract::{Command, Event, ItemError};
use ws_runtime::{App, Result, State, WebSocket, routes, websocket};

/// The price of one item.
#[derive(Debug, Clone, Copy)]
struct Price {
    cents: u64,
}

#[websocket(items_contract::item(id, coupon, session))]
async fn item(
    id: u64,
    coupon: Option<String>,
    session: Option<String>,
    price: State<Price>,
    mut ws: WebSocket<Command, Event>,
) -> Result {
    if session.is_none() {
        return Err(ItemError::NoSession)?;
    }
    if id > 99 {
        return Err(ItemError::NotFound)?;
    }
    let cents =
        if coupon.as_deref() == Some("half off") { price.cents / 2 } else { price.cents };
    loop {
        match ws.recv().await? {
            Command::Price { count } => {
                ws.send(Event::Price { cents: cents * u64::from(count) }).await?;
            }
            Command::Buy { count: 1..=3 } => ws.send(Event::Bought).await?,
            Command::Buy { .. } => return Err(ItemError::SoldOut)?,
        }
    }
}

/// The endpoints, and what they need.
pub fn app() -> App {
    App::new().state(Price { cents: 250 }).routes(routes![item])
}
