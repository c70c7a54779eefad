//! A small broker of MQTT 3.1.1 for the npm package `mqtt` and other clients: `QoS` 0 and 1, no sessions that last.
//!
//! ```sh
//! cargo run -p cookbook --bin mqtt
//! ```
//!
//! MQTT's packets are a stream of bytes: one binary message may hold a part of a packet, or many of them (MQTT 3.1.1,
//! section 6). The subprotocol is `mqtt`.

mod broker;

use std::{error::Error, time::Duration};

use broker::{Broker, Session};
use bytes::BytesMut;
use mqttbytes::{
    QoS,
    v4::{ConnAck, ConnectReturnCode, Packet, PubAck, SubAck, SubscribeReasonCode, UnsubAck},
};
use tokio::time::timeout;
use ws_runtime::{App, CloseError, SocketError, State, WebSocket, routes, websocket};

const MAX_PACKET: usize = 256 * 1024;

#[derive(Debug, thiserror::Error, CloseError)]
enum MqttError {
    #[error("not MQTT")]
    #[close(1007)]
    Malformed,
    #[error("a connection begins with CONNECT")]
    #[close(1002)]
    Order,
    #[error("keep-alive time is over")]
    #[close(1008)]
    Silent,
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

impl From<mqttbytes::Error> for MqttError {
    fn from(_: mqttbytes::Error) -> Self {
        Self::Malformed
    }
}

#[websocket("/mqtt", subprotocols = ["mqtt"], max_message_size = MAX_PACKET)]
async fn mqtt(State(broker): State<Broker>, mut ws: WebSocket) -> Result<(), MqttError> {
    let mut unread = BytesMut::new();
    let connect = match timeout(Duration::from_secs(10), packet(&mut ws, &mut unread)).await {
        Ok(packet) => packet?,
        Err(_) => return Err(MqttError::Silent),
    };
    let Packet::Connect(connect) = connect else { return Err(MqttError::Order) };
    write(&mut ws, |out| ConnAck::new(ConnectReturnCode::Success, false).write(out)).await?;

    // MQTT 3.1.1, section 3.1.2.10: a client may be silent for one and a half times its keep-alive.
    let patience = match connect.keep_alive {
        0 => Duration::MAX,
        seconds => Duration::from_secs(u64::from(seconds)).mul_f32(1.5),
    };
    let mut session = broker.begin(ws.sender());
    loop {
        let Ok(packet) = timeout(patience, packet(&mut ws, &mut unread)).await else {
            return Err(MqttError::Silent);
        };
        match packet? {
            Packet::Publish(publish) => {
                broker.publish(&publish.topic, &publish.payload).await;
                if publish.qos != QoS::AtMostOnce {
                    write(&mut ws, |out| PubAck::new(publish.pkid).write(out)).await?;
                }
            }
            Packet::Subscribe(subscribe) => {
                let codes =
                    subscribe.filters.iter().map(|filter| subscribed(&mut session, &filter.path)).collect();
                write(&mut ws, |out| SubAck::new(subscribe.pkid, codes).write(out)).await?;
            }
            Packet::Unsubscribe(unsubscribe) => {
                unsubscribe.topics.iter().for_each(|topic| session.unsubscribe(topic));
                write(&mut ws, |out| UnsubAck::new(unsubscribe.pkid).write(out)).await?;
            }
            Packet::PingReq => write(&mut ws, |out| mqttbytes::v4::PingResp.write(out)).await?,
            Packet::Disconnect => return Ok(()),
            Packet::Connect(_) => return Err(MqttError::Order),
            _ => {}
        }
    }
}

fn subscribed(session: &mut Session, filter: &str) -> SubscribeReasonCode {
    if mqttbytes::valid_filter(filter) && session.subscribe(filter) {
        SubscribeReasonCode::Success(QoS::AtMostOnce)
    } else {
        SubscribeReasonCode::Failure
    }
}

/// Returns the next packet. What has arrived of the one behind it stays in `unread`, even if the caller gives up waiting.
async fn packet(ws: &mut WebSocket, unread: &mut BytesMut) -> Result<Packet, MqttError> {
    loop {
        match mqttbytes::v4::read(unread, MAX_PACKET) {
            Ok(packet) => return Ok(packet),
            Err(mqttbytes::Error::InsufficientBytes(_)) => {
                let bytes = ws.recv_binary().await?;
                unread.extend_from_slice(&bytes);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn write(
    ws: &mut WebSocket,
    packet: impl FnOnce(&mut BytesMut) -> Result<usize, mqttbytes::Error>,
) -> Result<(), MqttError> {
    let mut out = BytesMut::new();
    packet(&mut out)?;
    ws.send_binary(out.freeze()).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = examples::listen().await?;
    App::new().routes(routes![mqtt]).state(Broker::default()).serve(listener).await?;
    Ok(())
}
