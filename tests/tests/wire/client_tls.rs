//! The client over TLS.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};
use ws_runtime::{
    App, CloseCode, Result, WebSocket,
    client::{Backoff, Client, ClientBuilder, ConnectError, Ended},
    routes, websocket,
};
use ws_tests::{Server, within};

/// Echoes one message, then closes with 1012.
#[websocket("/once")]
async fn once(mut ws: WebSocket) -> Result {
    let message = ws.recv().await?;
    ws.send(message).await?;
    ws.close(CloseCode::SERVICE_RESTART).await?;
    Ok(())
}

fn certificate() -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(include_bytes!("../../support/tls/localhost.pem")).unwrap()
}

/// Serves with a self-signed certificate for `localhost` and 127.0.0.1.
async fn server() -> Server {
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../support/tls/localhost.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let service = App::new().routes(routes![once]).into_service();
    Server::run(&listener.local_addr().unwrap(), async move {
        while let Ok((stream, addr)) = listener.accept().await {
            let (acceptor, service) = (acceptor.clone(), service.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    service.serve_connection(stream, Some(addr)).await;
                }
            });
        }
    })
}

fn trusting() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn client(addr: SocketAddr) -> ClientBuilder {
    let quickly = Backoff::new().min_delay(Duration::from_millis(1));
    Client::builder(format!("wss://{addr}/once")).backoff(quickly)
}

#[tokio::test]
async fn messages_go_over_tls_and_over_the_next_connection() {
    let server = server().await;
    let mut client: Client = client(server.addr()).tls(trusting()).connect().await.unwrap();
    let large = "x".repeat(500_000);
    for text in ["one", &large, "three"] {
        client.send(text).await.unwrap();
        assert_eq!(within("the echo", client.recv()).await.unwrap(), text.into());
        let mut states = client.states();
        states.wait_for(|state| !state.is_open()).await.unwrap();
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_for_good() {
    let server = server().await;
    let connecting = client(server.addr()).retry_first().connect::<(), (), ws_runtime::Json>();
    match within("a refusal", Box::pin(connecting)).await {
        Err(ConnectError::Failed(Ended::Io(error))) => {
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(error.to_string().contains("certificate"), "{error}");
        }
        other => panic!("not refused: {other:?}"),
    }
}
