//! A small broker of MQTT 3.1.1 for the npm package `mqtt` and other clients: `QoS` 0 and 1, no sessions that last.
//!
//! ```sh
//! cargo run -p cookbook --bin mqtt
//! ```
//!
//! MQTT's packets are a stream of bytes: one binary message may hold a part of a packet, or many of them (MQTT 3.1.1,
//! section 6), so `WebSocket::into_io` joins them. The subprotocol is `mqtt`.

mod broker;

use std::{error::Error, io, time::Duration};

use broker::{Broker, Session};
use bytes::BytesMut;
use mqttbytes::{
    QoS,
    v4::{
        ConnAck, ConnectReturnCode, Packet, PubAck, SubAck, SubscribeReasonCode, UnsubAck,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use ws_runtime::{
    App, CloseError, SocketError, State, WebSocket, WebSocketIo, routes, websocket,
};

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

impl From<io::Error> for MqttError {
    fn from(error: io::Error) -> Self {
        error.downcast::<SocketError>().map_or(Self::Malformed, Self::Socket)
    }
}

impl From<mqttbytes::Error> for MqttError {
    fn from(_: mqttbytes::Error) -> Self {
        Self::Malformed
    }
}

#[websocket("/mqtt", subprotocols = ["mqtt"], max_message_size = MAX_PACKET)]
async fn mqtt(State(broker): State<Broker>, ws: WebSocket) -> Result<(), MqttError> {
    let sender = ws.sender();
    let mut ws = ws.into_io();
    let mut unread = BytesMut::new();
    let connect = timeout(Duration::from_secs(10), packet(&mut ws, &mut unread)).await;
    let connect = connect.map_err(|_| MqttError::Silent)??;
    let Packet::Connect(connect) = connect else { return Err(MqttError::Order) };
    write(&mut ws, |out| ConnAck::new(ConnectReturnCode::Success, false).write(out))
        .await?;

    // MQTT 3.1.1, section 3.1.2.10: a client may be silent for one and a half times its
    // keep-alive.
    let patience = match connect.keep_alive {
        0 => Duration::MAX,
        seconds => Duration::from_secs(u64::from(seconds)).mul_f32(1.5),
    };
    let mut session = broker.begin(sender);
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
                let codes = subscribe
                    .filters
                    .iter()
                    .map(|filter| subscribed(&mut session, &filter.path))
                    .collect();
                write(&mut ws, |out| SubAck::new(subscribe.pkid, codes).write(out))
                    .await?;
            }
            Packet::Unsubscribe(unsubscribe) => {
                unsubscribe.topics.iter().for_each(|topic| session.unsubscribe(topic));
                write(&mut ws, |out| UnsubAck::new(unsubscribe.pkid).write(out)).await?;
            }
            Packet::PingReq => {
                write(&mut ws, |out| mqttbytes::v4::PingResp.write(out)).await?;
            }
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

/// Returns the next packet. Bytes of the one behind it stay in `unread`, even if the
/// caller stops waiting.
async fn packet(
    ws: &mut WebSocketIo,
    unread: &mut BytesMut,
) -> Result<Packet, MqttError> {
    loop {
        match mqttbytes::v4::read(unread, MAX_PACKET) {
            Ok(packet) => return Ok(packet),
            Err(mqttbytes::Error::InsufficientBytes(_)) => {
                // A client that closes its WebSocket leaves as one that says so.
                if ws.read_buf(unread).await? == 0 {
                    return Ok(Packet::Disconnect);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn write(
    ws: &mut WebSocketIo,
    packet: impl FnOnce(&mut BytesMut) -> Result<usize, mqttbytes::Error>,
) -> Result<(), MqttError> {
    let mut out = BytesMut::new();
    packet(&mut out)?;
    ws.write_all(&out).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = examples::listen().await?;
    App::new().routes(routes![mqtt]).state(Broker::default()).serve(listener).await?;
    Ok(())
}
