//! The server over TLS: certificates, their replacement, handshakes that fail, and what is known of a client.

use std::{fs, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use rcgen::{CertificateParams, CertifiedKey, KeyPair, date_time_ymd, generate_simple_self_signed};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};
use tracing::Level;
use ws_runtime::{
    App, Handshake, Listener as _, ProxyProtocol, Result, SocketError, Tls, TlsError, WebSocket, routes,
    rustls_0_23, websocket,
};
use ws_tests::{Frame, Logs, Opening, Raw, Server, settle, signal, within};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/who")]
async fn who(handshake: Handshake, mut ws: WebSocket) -> Result {
    let peer = handshake.peer();
    ws.send_text(format!("{} {}", peer.addr().unwrap().ip(), peer.is_secure())).await?;
    Ok(())
}

fn app() -> App {
    App::new().routes(routes![echo, who])
}

/// A certificate and its key, as PEM.
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Pair {
    pub(super) fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self { certificate: cert.pem(), key: signing_key.serialize_pem() }
    }

    fn valid(from: i32, to: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        Self { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()
    }
}

/// Two files, which are removed at the end.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new(name: &str, pair: &Pair) -> Self {
        let path = |kind| std::env::temp_dir().join(format!("ws-{}-{name}.{kind}", std::process::id()));
        let files = Self { certificate: path("pem"), key: path("key") };
        files.write(pair);
        files
    }

    fn write(&self, pair: &Pair) {
        fs::write(&self.certificate, &pair.certificate).unwrap();
        fs::write(&self.key, &pair.key).unwrap();
    }

    fn tls(&self) -> Result<Tls, TlsError> {
        Tls::pem_files(&self.certificate, &self.key)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.certificate);
        let _ = fs::remove_file(&self.key);
    }
}

/// A server on TLS.
pub(super) struct Secure {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Secure {
    pub(super) async fn start(app: App, tls: Tls) -> Self {
        let listener = Server::listen().await;
        let addr = listener.local_addr().unwrap();
        let listener = tls.listen(listener);
        assert_eq!(listener.local_addr().unwrap(), addr);
        Self { addr, task: tokio::spawn(async move { app.serve(listener).await.unwrap() }) }
    }

    pub(super) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    /// Connects a client that trusts only this certificate.
    async fn connect(&self, pair: &Pair) -> io::Result<Raw<TlsStream<TcpStream>>> {
        Ok(Raw::over(handshake(self.tcp().await, pair, &[b"http/1.1"]).await?))
    }
}

pub(super) async fn handshake<IO>(io: IO, pair: &Pair, alpn: &[&[u8]]) -> io::Result<TlsStream<IO>>
where
    IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut roots = RootCertStore::empty();
    roots.add(pair.der()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    within("the TLS handshake", TlsConnector::from(Arc::new(config)).connect(name, io)).await
}

async fn talk<IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(raw: &mut Raw<IO>, text: &str) {
    raw.send(Frame::text(text)).await;
    assert_eq!(raw.text().await, text);
}

#[tokio::test]
async fn messages_go_over_tls_and_both_sides_say_goodbye() {
    let pair = Pair::new();
    let server = Secure::start(app(), Tls::pem(&pair.certificate, &pair.key).unwrap()).await;
    let mut raw = server.connect(&pair).await.unwrap();
    raw.open(&Opening::new("/echo")).await;
    talk(&mut raw, "hello").await;
    raw.send(Frame::close(1000, "")).await;
    assert_eq!(raw.frame().await.unwrap().into_close().0, Some(1000));
    // Without the `close_notify` of the server, this is an error.
    let end = within("the end", raw.into_inner().read_to_end(&mut Vec::new())).await;
    assert_eq!(end.unwrap(), 0);
}

#[tokio::test]
async fn a_handshake_that_comes_in_pieces_and_a_page_go_over_tls_too() {
    let pair = Pair::new();
    let server = Secure::start(app(), Tls::pem(&pair.certificate, &pair.key).unwrap()).await;
    let mut raw = server.connect(&pair).await.unwrap();
    let bytes = Opening::new("/echo").bytes();
    raw.write(&bytes[..10]).await;
    settle().await;
    raw.write(&bytes[10..]).await;
    assert_eq!(raw.response().await.status, 101);
    talk(&mut raw, "hello").await;
    let mut raw = server.connect(&pair).await.unwrap();
    assert_eq!(raw.request(&Opening::new("/nowhere")).await.status, 404);
}

#[tokio::test]
async fn the_client_is_known_to_be_secure_and_the_scheme_of_a_page_counts() {
    let pair = Pair::new();
    let server = Secure::start(app(), Tls::pem(&pair.certificate, &pair.key).unwrap()).await;
    let mut raw = server.connect(&pair).await.unwrap();
    raw.open(&Opening::new("/who").header("Origin", "https://server.example.com")).await;
    assert_eq!(raw.text().await, "127.0.0.1 true");
    let mut raw = server.connect(&pair).await.unwrap();
    let response = raw.request(&Opening::new("/who").header("Origin", "http://server.example.com")).await;
    assert_eq!(response.status, 403);
}

/// The protocols that a client offers by ALPN.
type Offer = &'static [&'static [u8]];

#[tokio::test]
async fn the_protocol_is_negotiated() {
    let pair = Pair::new();
    let server = Secure::start(app(), Tls::pem(&pair.certificate, &pair.key).unwrap()).await;
    let offers: [(Offer, Option<&[u8]>); 4] = [
        (&[b"nonsense", b"http/1.1"], Some(b"http/1.1")),
        (&[b"http/1.1"], Some(b"http/1.1")),
        (&[b"http/1.1", b"h2"], Some(b"h2")),
        (&[], None),
    ];
    for (offered, agreed) in offers {
        let stream = handshake(server.tcp().await, &pair, offered).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed);
    }
    handshake(server.tcp().await, &pair, &[b"nonsense"]).await.unwrap_err();
}

#[tokio::test]
async fn a_config_of_rustls_is_taken_too() {
    let pair = Pair::new();
    let provider = Arc::new(ring::default_provider());
    let config = rustls_0_23::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls_0_23::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![pair.der()],
            rustls_0_23::pki_types::PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap(),
        )
        .unwrap();
    let tls = Tls::from(config);
    let reloader = tls.reloader();
    let server = Secure::start(app(), tls).await;
    let mut raw = server.connect(&pair).await.unwrap();
    raw.open(&Opening::new("/echo")).await;
    // There are no files to read again.
    assert!(matches!(reloader.reload(), Err(TlsError::NoFiles)));
    let other = Pair::new();
    reloader.replace(Tls::pem(&other.certificate, &other.key).unwrap());
    server.connect(&pair).await.unwrap_err();
    server.connect(&other).await.unwrap();
    talk(&mut raw, "still here").await;
}

#[tokio::test]
async fn a_reloader_also_serves_the_tls_that_options_are_set_on_later() {
    let (old, new) = (Pair::new(), Pair::new());
    let tls = Tls::pem(&old.certificate, &old.key).unwrap();
    let reloader = tls.reloader();
    let server = Secure::start(app(), tls.handle_sighup(false)).await;
    server.connect(&old).await.unwrap();
    reloader.replace(Tls::pem(&new.certificate, &new.key).unwrap());
    server.connect(&new).await.unwrap();
    assert!(server.connect(&old).await.is_err());
}

#[tokio::test]
async fn run_tls_serves_an_address() {
    let pair = Pair::new();
    let tls = Tls::pem(&pair.certificate, &pair.key).unwrap();
    let free = Server::listen().await.local_addr().unwrap();
    let task = tokio::spawn(app().run_tls(free, tls));
    let server = Secure { addr: free, task: tokio::spawn(async move { task.await.unwrap().unwrap() }) };
    let connect = async {
        loop {
            match TcpStream::connect(free).await {
                Ok(stream) => return stream,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    drop(within("the server", connect).await);
    server.connect(&pair).await.unwrap().open(&Opening::new("/echo")).await;
}

#[tokio::test]
async fn tls_goes_over_a_unix_socket_and_behind_a_proxy_header() {
    let pair = Pair::new();
    let path = std::env::temp_dir().join(format!("ws-{}-tls.sock", std::process::id()));
    let _ = fs::remove_file(&path);
    let unix = UnixListener::bind(&path).unwrap();
    let tcp = Server::listen().await;
    let addr = tcp.local_addr().unwrap();
    let tls = Tls::pem(&pair.certificate, &pair.key).unwrap();
    let listeners = (tls.clone().listen(unix), tls.listen(ProxyProtocol::new(tcp)));
    let server = Secure { addr, task: tokio::spawn(async move { app().serve(listeners).await.unwrap() }) };

    let stream = handshake(UnixStream::connect(&path).await.unwrap(), &pair, &[]).await.unwrap();
    let mut raw = Raw::over(stream);
    raw.open(&Opening::new("/echo")).await;
    talk(&mut raw, "hello").await;

    let mut tcp = server.tcp().await;
    tcp.write_all(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n").await.unwrap();
    let mut raw = Raw::over(handshake(tcp, &pair, &[]).await.unwrap());
    raw.open(&Opening::new("/who")).await;
    assert_eq!(raw.text().await, "192.0.2.1 true");
    fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn files_that_cannot_be_used_are_an_error_that_names_them() {
    let (good, other) = (Pair::new(), Pair::new());
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
    let no_base64 = "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n".to_owned();
    let pair =
        |certificate: &str, key: &str| Pair { certificate: certificate.to_owned(), key: key.to_owned() };
    for (pair, text) in [
        (pair(&good.certificate, &other.key), "`K` does not belong to `C`"),
        (
            pair(&good.key, &good.certificate),
            "`C` contains no certificate: it has to begin with `-----BEGIN CERTIFICATE-----`, and this is a key",
        ),
        (
            pair(&good.certificate, &good.certificate),
            "`K` contains no private key: it has to begin with `-----BEGIN PRIVATE KEY-----`, and this is a certificate",
        ),
        (
            pair("", &good.key),
            "`C` contains no certificate: it has to begin with `-----BEGIN CERTIFICATE-----`",
        ),
        (
            pair(&good.certificate, ""),
            "`K` contains no private key: it has to begin with `-----BEGIN PRIVATE KEY-----`",
        ),
        (pair(&damaged, &good.key), "cannot use `C`: "),
        (pair(&good.certificate, &no_base64), "cannot use `K`: "),
        (Pair::valid(2001, 2002), "`C` has expired"),
        (Pair::valid(2999, 3000), "`C` is not valid yet"),
    ] {
        let files = Files::new("bad", &pair);
        let error = files.tls().unwrap_err().to_string();
        let text = text
            .replace("`C`", &format!("`{}`", files.certificate.display()))
            .replace("`K`", &format!("`{}`", files.key.display()));
        assert!(error.starts_with(&text), "{error}\n{text}");
    }
    let error = Tls::pem_files("/nowhere/cert.pem", "/nowhere/key.pem").unwrap_err();
    assert!(error.to_string().starts_with("cannot read `/nowhere/cert.pem`: "), "{error}");
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_open_connections_go_on() {
    let (old, new) = (Pair::new(), Pair::new());
    let files = Files::new("reload", &old);
    let tls = files.tls().unwrap();
    let reloader = tls.reloader();
    let server = Secure::start(app(), tls).await;
    let mut raw = server.connect(&old).await.unwrap();
    raw.open(&Opening::new("/echo")).await;

    files.write(&new);
    reloader.reload().unwrap();
    server.connect(&old).await.unwrap_err();
    let mut second = server.connect(&new).await.unwrap();
    second.open(&Opening::new("/echo")).await;
    talk(&mut raw, "still here").await;

    // What cannot be used is not taken, and is reported.
    for bad in [
        Pair { certificate: old.certificate.clone(), key: new.key.clone() },
        Pair::valid(2001, 2002),
        Pair { certificate: String::new(), key: new.key.clone() },
    ] {
        files.write(&bad);
        let logs = Logs::capture();
        let error = reloader.reload().unwrap_err();
        let record = logs.only(Level::ERROR);
        let text =
            format!("cannot reload the certificate; the server keeps the one that it has error={error}");
        assert_eq!(record.text.replace('"', ""), text.replace('"', ""));
        server.connect(&new).await.unwrap();
    }
    talk(&mut raw, "still here").await;
    talk(&mut second, "still here").await;
}

#[tokio::test]
async fn sighup_reads_the_files_again() {
    let (old, new) = (Pair::new(), Pair::new());
    let files = Files::new("sighup", &old);
    let server = Secure::start(app(), files.tls().unwrap()).await;
    server.connect(&old).await.unwrap();
    files.write(&new);
    // The listener has taken over the signal, which would otherwise end this process.
    signal(std::process::id(), "HUP").await;
    let reloaded = async {
        while server.connect(&new).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    within("the new certificate", reloaded).await;
    server.connect(&old).await.unwrap_err();
}

#[tokio::test]
async fn what_is_no_tls_is_dropped_and_does_not_disturb_others() {
    let pair = Pair::new();
    let server = Secure::start(app(), Tls::pem(&pair.certificate, &pair.key).unwrap()).await;
    let logs = Logs::capture();
    for bytes in [Opening::new("/echo").bytes(), vec![0; 100], b"\x16\x03\x01\xff\xff".to_vec()] {
        let mut tcp = server.tcp().await;
        tcp.write_all(&bytes).await.unwrap();
        tcp.shutdown().await.unwrap();
        // An alert may come before the end.
        let _ = within("the end", tcp.read_to_end(&mut Vec::new())).await;
    }
    server.connect(&pair).await.unwrap().open(&Opening::new("/echo")).await;
    logs.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn a_tls_handshake_has_the_time_of_a_request_head_and_takes_one_of_the_places() {
    let pair = Pair::new();
    let app = app().max_handshakes(2).handshake_timeout(Duration::from_secs(7));
    let server = Secure::start(app, Tls::pem(&pair.certificate, &pair.key).unwrap()).await;
    let start = tokio::time::Instant::now();
    let mut silent = [server.tcp().await, server.tcp().await];
    silent[1].write_all(b"\x16\x03").await.unwrap();
    // All places are taken until the others have run out of time.
    server.connect(&pair).await.unwrap().open(&Opening::new("/echo")).await;
    ws_tests::assert_elapsed(start, Duration::from_secs(7));
    for tcp in &mut silent {
        assert_eq!(within("the end", tcp.read(&mut [0])).await.unwrap_or(0), 0);
    }
}

#[tokio::test]
async fn a_shutdown_says_goodbye_over_tls() {
    let pair = Pair::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let app = app();
    let shutdown = app.shutdown_handle();
    let listener = Tls::pem(&pair.certificate, &pair.key).unwrap().listen(listener);
    let task = tokio::spawn(app.serve(listener));
    let mut raw = Raw::over(handshake(TcpStream::connect(addr).await.unwrap(), &pair, &[]).await.unwrap());
    raw.open(&Opening::new("/echo")).await;
    shutdown.shutdown();
    assert_eq!(raw.closed().await, (Some(1001), "server shutting down".to_owned()));
    within("the end", task).await.unwrap().unwrap();
}
