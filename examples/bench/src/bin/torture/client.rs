//! A client of `ws_runtime::client`, which keeps its position by itself.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval, sleep};
use ws_runtime::{
    client::{Backoff, Client, ClientError},
    rooms::Tracked,
};

use crate::{
    check::{Record, Tally},
    serve::Said,
};

/// The close code for a connection whose ID a newer one took.
pub(crate) const REPLACED: u16 = 4001;

pub(crate) async fn follow(target: String, name: String, tally: Arc<Tally>) {
    let mut record = Record::new(&name, Arc::clone(&tally));
    let builder = Client::builder(format!("ws://{target}"))
        .retry_first()
        // Nobody else has this ID, so the newer connection was an older one of this client.
        .retry_on(move |ended| {
            let is_replaced = ended.code() == Some(REPLACED);
            if is_replaced {
                tally.replaced();
            }
            is_replaced || ended.is_transient()
        })
        .backoff(Backoff::new().min_delay(Duration::from_millis(50)).max_delay(Duration::from_millis(500)))
        .connect_timeout(Duration::from_secs(6))
        .ping_interval(Duration::from_secs(2))
        .pong_timeout(Duration::from_secs(2));
    let mut client: Client<Tracked<Said>, Said> = match builder.connect().await {
        Ok(client) => client,
        Err(error) => return record.ended(&error.to_string()),
    };
    let mut said = Said { by: name, number: 0, filler: String::new() };
    let mut ticks = interval(Duration::from_millis(200));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            heard = client.recv() => match heard {
                Ok(Tracked::Message { position, message }) => record.message(position, &message),
                Ok(Tracked::Joined { position, recovery }) => record.joined(position, recovery),
                Ok(_) => {}
                Err(ClientError::Message(error)) => return record.ended(&error.to_string()),
                Err(error) => return record.ended(&error.to_string()),
            },
            _ = ticks.tick() => {
                said.number += 1;
                // While there is no connection, a few wait.
                if client.try_send(said.clone()).is_err() {
                    said.number -= 1;
                    sleep(Duration::ZERO).await;
                }
            }
        }
    }
}
