//! A client of tokio-tungstenite, which returns with the position of the last envelope.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{client_async, tungstenite::Message};
use ws_runtime::rooms::Tracked;

use crate::{
    check::{Record, Tally},
    client::REPLACED,
    serve::Said,
};

pub(crate) async fn follow(target: String, name: String, tally: Arc<Tally>) {
    let mut record = Record::new(&name, tally);
    loop {
        if let Some(why) = connection(&target, &mut record).await {
            return record.ended(&why);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Follows the room until the connection ends. Returns why the client must not come back, if it must not.
async fn connection(target: &str, record: &mut Record) -> Option<String> {
    let (host, path) = target.split_once('/')?;
    let since = record.since().map(|since| format!("?since={since}")).unwrap_or_default();
    let stream = TcpStream::connect(host).await.ok()?;
    let opening = client_async(format!("ws://{host}/{path}{since}"), stream);
    let (mut socket, _) = timeout(Duration::from_secs(6), opening).await.ok()?.ok()?;
    // The rooms are never silent for so long unless Redis is.
    while let Ok(Some(Ok(message))) = timeout(Duration::from_secs(6), socket.next()).await {
        match message {
            Message::Text(text) => match serde_json::from_str(&text) {
                Ok(Tracked::<Said>::Message { position, message }) => record.message(position, &message),
                Ok(Tracked::Joined { position, recovery }) => record.joined(position, recovery),
                Ok(_) => {}
                Err(error) => return Some(format!("{error}: {text}")),
            },
            Message::Close(Some(frame)) if u16::from(frame.code) == REPLACED => record.replaced(),
            Message::Close(Some(frame)) if (4000..5000).contains(&u16::from(frame.code)) => {
                return Some(frame.to_string());
            }
            Message::Close(Some(frame)) if u16::from(frame.code) == 1008 => return Some(frame.to_string()),
            _ => {}
        }
    }
    None
}
