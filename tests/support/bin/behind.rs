//! A server that says who its client is, for the tests with proxies, with systemd and with TLS.
//!
//! The first argument is the address to listen on, or the path of a Unix socket. The others are `proxy-protocol`, `run`
//! (listens by `App::run`) and `tls CERTIFICATE KEY`. It prints to standard output where it listens.

use std::{env, error::Error};

use tokio::net::{TcpListener, UnixListener};
use ws_runtime::{
    App, ClientAddr, Handshake, Listener, ProxyProtocol, SocketError, Tls, WebSocket, routes, websocket,
};

/// Sends what is known about the client, then echoes.
#[websocket("/who")]
async fn who(
    address: Option<ClientAddr>,
    handshake: Handshake,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    let secure = handshake.peer().is_secure();
    let address = address.map(|address| address.0.ip());
    ws.send_json(&serde_json::json!({ "address": address, "secure": secure, "host": handshake.host() }))
        .await?;
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

/// Sends the address and the port of the client, then echoes. Connections with the same port share a transport.
#[websocket("/port")]
async fn port(ClientAddr(address): ClientAddr, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(address.to_string()).await?;
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let app = App::new().routes(routes![who, port]).trusted_proxies(["127.0.0.1", "unix"]);
    match *arguments {
        [address, "run"] => {
            println!("{address}");
            app.run(address).await?;
        }
        [address, "proxy-protocol"] => app.serve(ProxyProtocol::new(listen(address).await?)).await?,
        [address, "tls", certificate, key] => {
            let listener = Tls::pem_files(certificate, key)?.listen(listen(address).await?);
            app.serve(listener).await?;
        }
        [path] if path.starts_with('/') => {
            let listener = UnixListener::bind(path)?;
            println!("{path}");
            app.serve(listener).await?;
        }
        [address] => app.serve(listen(address).await?).await?,
        _ => return Err("usage: behind ADDRESS [run | proxy-protocol | tls CERTIFICATE KEY]".into()),
    }
    Ok(())
}

async fn listen(address: &str) -> Result<TcpListener, Box<dyn Error>> {
    let listener = TcpListener::bind(address).await?;
    println!("{}", Listener::local_addr(&listener)?);
    Ok(listener)
}
