//! GraphQL over WebSocket, as the npm package `graphql-ws` speaks it: subprotocol `graphql-transport-ws`, and its close codes.
//!
//! ```sh
//! cargo run -p cookbook --bin graphql
//! ```
//!
//! Queries, mutations and subscriptions of `async-graphql` go over the one connection. The protocol is
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

mod protocol;
mod schema;

use std::{collections::HashMap, error::Error, time::Duration};

use async_graphql::{Request, Response, futures_util::StreamExt};
use protocol::{FromClient, GraphqlError, ToClient};
use schema::Schema;
use tokio::{task::JoinHandle, time::timeout};
use ws_runtime::{App, State, WebSocket, routes, websocket};

type Socket = WebSocket<FromClient, ToClient>;

#[websocket(
    "/graphql",
    subprotocols = ["graphql-transport-ws"],
    on_error = protocol::invalid
)]
async fn graphql(
    State(schema): State<Schema>,
    mut ws: Socket,
) -> Result<(), GraphqlError> {
    let begun = timeout(Duration::from_secs(3), ws.recv())
        .await
        .map_err(|_| GraphqlError::InitTimeout)?;
    match begun? {
        FromClient::ConnectionInit { .. } => ws.send(ToClient::ConnectionAck).await?,
        _ => return Err(GraphqlError::Unauthorized),
    }
    let mut operations = Operations::default();
    loop {
        match ws.recv().await? {
            FromClient::ConnectionInit { .. } => return Err(GraphqlError::TooManyInits),
            FromClient::Ping { .. } => ws.send(ToClient::Pong).await?,
            FromClient::Pong { .. } => {}
            FromClient::Subscribe { id, payload } => {
                operations.begin(id, *payload, &schema, &ws)?;
            }
            FromClient::Complete { id } => operations.end(&id),
        }
    }
}

/// The operations that run, by the ID that the client gave them. All of them end with the
/// connection.
#[derive(Default)]
struct Operations(HashMap<String, JoinHandle<()>>);

impl Operations {
    fn begin(
        &mut self,
        id: String,
        request: Request,
        schema: &Schema,
        ws: &Socket,
    ) -> Result<(), GraphqlError> {
        self.0.retain(|_, operation| !operation.is_finished());
        if self.0.contains_key(&id) {
            return Err(GraphqlError::Duplicate(id));
        }
        let (sender, schema, name) = (ws.sender(), schema.clone(), id.clone());
        let run = async move {
            let mut responses = schema.execute_stream(request);
            while let Some(response) = responses.next().await {
                if sender.send(answer(&id, response)).await.is_err() {
                    return;
                }
            }
            let _ = sender.send(ToClient::Complete { id }).await;
        };
        self.0.insert(name, tokio::spawn(run));
        Ok(())
    }

    fn end(&mut self, id: &str) {
        if let Some(operation) = self.0.remove(id) {
            operation.abort();
        }
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        self.0.values().for_each(JoinHandle::abort);
    }
}

fn answer(id: &str, response: Response) -> ToClient {
    // A request that is not valid GraphQL has errors and no data.
    if response.is_err() && response.data == async_graphql::Value::Null {
        return ToClient::Error { id: id.to_owned(), payload: response.errors };
    }
    ToClient::Next { id: id.to_owned(), payload: response }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = examples::listen().await?;
    App::new().routes(routes![graphql]).state(schema::new()).serve(listener).await?;
    Ok(())
}
