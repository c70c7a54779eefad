//! Where connections come from: TCP, Unix sockets, several listeners, listeners of the user's, and those of systemd.

use std::{
    io::{self, BufRead as _, BufReader},
    net::SocketAddr,
    os::fd::OwnedFd,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tokio::{
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    task::JoinHandle,
};
use ws_runtime::{
    App, ClientAddr, Handshake, Listener, Peer, Result, ServeError, ShutdownHandle, SocketError, WebSocket,
    routes, websocket,
};
use ws_tests::{Frame, Opening, Raw, Server, op, within};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/address")]
async fn address(ClientAddr(address): ClientAddr, mut ws: WebSocket) -> Result {
    ws.send_text(address.to_string()).await?;
    Ok(())
}

#[websocket("/who")]
async fn who(address: Option<ClientAddr>, handshake: Handshake, mut ws: WebSocket) -> Result {
    let peer = handshake.peer();
    ws.send_text(format!("{:?} {peer} {}", address.is_some(), peer.is_unix())).await?;
    Ok(())
}

fn app() -> App {
    App::new().routes(routes![echo, address, who])
}

/// A path for a Unix socket, which is removed at the end.
struct Path(PathBuf);

impl Path {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ws-{}-{name}.sock", std::process::id()));
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    async fn connect(&self) -> Raw<UnixStream> {
        Raw::over(UnixStream::connect(&self.0).await.expect("the server listens"))
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A server that is shut down at the end.
struct Running {
    task: JoinHandle<Result<(), ServeError>>,
    shutdown: ShutdownHandle,
}

impl Running {
    fn new<F>(app: App, serve: impl FnOnce(App) -> F) -> Self
    where
        F: Future<Output = Result<(), ServeError>> + Send + 'static,
    {
        let shutdown = app.shutdown_handle();
        Self { task: tokio::spawn(serve(app)), shutdown }
    }

    async fn end(self) {
        self.shutdown.shutdown();
        within("the end", self.task).await.unwrap().unwrap();
    }
}

async fn talk<IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(mut raw: Raw<IO>) {
    raw.open(&Opening::new("/echo")).await;
    raw.send(Frame::text("hello")).await;
    assert_eq!(raw.text().await, "hello");
    raw.leave().await;
}

#[tokio::test]
async fn a_unix_socket_carries_connections() {
    let path = Path::new("carries");
    let listener = UnixListener::bind(&path.0).unwrap();
    let server = Running::new(app(), |app| app.serve(listener));
    talk(path.connect().await).await;
    // In pieces, so that hyper reads it.
    let mut raw = path.connect().await;
    let bytes = Opening::new("/echo").bytes();
    raw.write(&bytes[..20]).await;
    tokio::task::yield_now().await;
    raw.write(&bytes[20..]).await;
    assert_eq!(raw.response().await.status, 101);
    raw.send(Frame::text("hello")).await;
    assert_eq!(raw.text().await, "hello");
    server.shutdown.shutdown();
    assert_eq!(raw.closed().await.0, Some(1001));
    server.end().await;
}

#[tokio::test]
async fn a_client_on_a_unix_socket_has_no_address_and_is_not_refused_for_it() {
    let path = Path::new("address");
    let listener = UnixListener::bind(&path.0).unwrap();
    let server = Running::new(app().max_connections_per_client(1), |app| app.serve(listener));
    let mut open = Vec::new();
    for (target, text) in
        [("/address", "0.0.0.0:0"), ("/who", "false unix true"), ("/who", "false unix true")]
    {
        let mut raw = path.connect().await;
        raw.open(&Opening::new(target)).await;
        assert_eq!(raw.text().await, text, "{target}");
        open.push(raw);
    }
    server.end().await;
}

#[tokio::test]
async fn a_client_on_tcp_has_an_address() {
    let server = Server::start(app()).await;
    let mut raw = server.raw_open("/who").await;
    assert!(raw.text().await.starts_with("true 127.0.0.1:"));
}

#[tokio::test]
async fn several_listeners_are_served_at_once_and_freed_together() {
    let path = Path::new("several");
    let unix = UnixListener::bind(&path.0).unwrap();
    let tcp = vec![Server::listen().await, Server::listen().await];
    let addresses: Vec<_> = tcp.iter().map(|tcp| tcp.local_addr().unwrap()).collect();
    let server = Running::new(app(), |app| app.serve((unix, tcp)));
    talk(path.connect().await).await;
    for address in &addresses {
        talk(Raw::over(TcpStream::connect(address).await.unwrap())).await;
    }
    server.task.abort();
    assert!(within("the end", server.task).await.unwrap_err().is_cancelled());
    for address in addresses {
        drop(std::net::TcpListener::bind(address).expect("the address is free"));
    }
    assert_eq!(UnixStream::connect(&path.0).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn without_a_listener_there_is_nothing_to_serve() {
    let error = app().serve(Vec::<TcpListener>::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no listener to serve on");
}

/// Accepts every connection, and says that each comes from elsewhere and by TLS.
struct Elsewhere(TcpListener);

impl Listener for Elsewhere {
    type Io = TcpStream;
    type Addr = Peer;

    async fn accept(&mut self) -> (TcpStream, Peer) {
        let (stream, _) = Listener::accept(&mut self.0).await;
        (stream, Peer::from(SocketAddr::from(([192, 0, 2, 1], 7))).secure(true))
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(self.0.local_addr()?.into())
    }
}

#[tokio::test]
async fn a_listener_of_the_users_says_who_the_client_is() {
    let listener = Server::listen().await;
    let address = listener.local_addr().unwrap();
    let server = Running::new(app(), |app| app.serve(Elsewhere(listener)));
    let mut raw = Raw::over(TcpStream::connect(address).await.unwrap());
    raw.open(&Opening::new("/address").header("Origin", "https://server.example.com")).await;
    assert_eq!(raw.text().await, "192.0.2.1:7");
    // The scheme of the page counts where it is known how the client connected.
    let mut raw = Raw::over(TcpStream::connect(address).await.unwrap());
    let response = raw.request(&Opening::new("/address").header("Origin", "http://server.example.com")).await;
    assert_eq!(response.status, 403);
    server.end().await;
}

#[tokio::test]
async fn run_listens_on_every_address_with_the_same_port() {
    // Two addresses of this machine stand for those of a name.
    let addresses = [SocketAddr::from(([127, 0, 0, 1], 0)), SocketAddr::from(([127, 0, 0, 2], 0))];
    let port = free_port().await;
    let fixed = addresses.map(|address| SocketAddr::new(address.ip(), port));
    let server = Running::new(app(), move |app| async move { app.run(&fixed[..]).await });
    for address in fixed {
        talk(Raw::over(connect(address).await)).await;
    }
    server.end().await;
    // One that is taken is an error, even if the other is free.
    let taken = TcpListener::bind(fixed[1]).await.unwrap();
    let error = app().run(&fixed[..]).await.unwrap_err();
    assert!(matches!(&error, ServeError::Io(error) if error.kind() == io::ErrorKind::AddrInUse), "{error}");
    drop(taken);
    // One that this machine does not have is left out, unless there is no other.
    let missing = SocketAddr::from(([192, 0, 2, 1], port));
    let some = [missing, fixed[0]];
    let server = Running::new(app(), move |app| async move { app.run(&some[..]).await });
    talk(Raw::over(connect(fixed[0]).await)).await;
    server.end().await;
    let error = app().run(missing).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot listen on {missing}: ")), "{error}");
}

#[tokio::test]
async fn run_with_a_name_listens_on_what_the_name_gives() {
    let port = free_port().await;
    let server = Running::new(app(), move |app| async move { app.run(format!("localhost:{port}")).await });
    let mut addresses: Vec<_> = tokio::net::lookup_host(("localhost", port)).await.unwrap().collect();
    addresses.dedup();
    assert!(!addresses.is_empty());
    for address in addresses {
        talk(Raw::over(connect(address).await)).await;
    }
    server.end().await;
}

/// Finds a port that was free on both addresses a moment ago.
async fn free_port() -> u16 {
    loop {
        let one = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = one.local_addr().unwrap().port();
        if TcpListener::bind(("127.0.0.2", port)).await.is_ok() {
            return port;
        }
    }
}

/// Connects to a server that may not listen yet.
async fn connect(address: SocketAddr) -> TcpStream {
    let connect = async {
        loop {
            match TcpStream::connect(address).await {
                Ok(stream) => return stream,
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    tokio::task::yield_now().await;
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    within("the server", connect).await
}

/// A process that is killed at the end.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server with a socket as systemd passes it: at file descriptor 3, with the process's own ID in `LISTEN_PID`.
fn activated(socket: impl Into<OwnedFd>) -> Process {
    let script = "exec 3<&0 0</dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" 192.0.2.1:1 run";
    let child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_behind")])
        .stdin(Stdio::from(socket.into()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "192.0.2.1:1\n");
    process
}

#[tokio::test]
async fn run_takes_the_sockets_of_systemd() {
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let process = activated(tcp);
    let mut raw = Raw::over(TcpStream::connect(address).await.unwrap());
    raw.open(&Opening::new("/who")).await;
    assert!(raw.text().await.contains("\"address\":\"127.0.0.1\""));
    drop(process);

    let path = Path::new("systemd");
    let process = activated(std::os::unix::net::UnixListener::bind(&path.0).unwrap());
    let mut raw = path.connect().await;
    raw.open(&Opening::new("/who")).await;
    assert!(raw.text().await.contains("\"address\":null"));
    drop(process);
}

#[tokio::test]
async fn what_a_client_sends_late_reaches_a_unix_socket_too() {
    let path = Path::new("late");
    let listener = UnixListener::bind(&path.0).unwrap();
    let server = Running::new(app(), |app| app.serve(listener));
    let mut raw = path.connect().await;
    raw.open(&Opening::new("/echo")).await;
    for size in [0, 1, 125, 70_000] {
        let text = "x".repeat(size);
        raw.send(Frame::text(&text)).await;
        let frame = raw.frame().await.unwrap();
        assert_eq!((frame.opcode, frame.payload.len()), (op::TEXT, size));
    }
    server.end().await;
}
