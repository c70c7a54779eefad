//! What can be asked: a greeting, and a countdown as a subscription.

use std::time::Duration;

use async_graphql::{EmptyMutation, Object, Subscription, futures_util::Stream};

pub(crate) type Schema = async_graphql::Schema<Query, EmptyMutation, Countdown>;

pub(crate) fn new() -> Schema {
    Schema::new(Query, EmptyMutation, Countdown)
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn hello(&self, name: String) -> String {
        format!("hello {name}")
    }
}

pub(crate) struct Countdown;

#[Subscription]
impl Countdown {
    async fn countdown(&self, from: i32) -> impl Stream<Item = i32> {
        async_stream::stream! {
            for number in (0..=from).rev() {
                yield number;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}
