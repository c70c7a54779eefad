//! What a client does before and after each connection is made, and where redirects lead it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::{Notify, watch},
};
use ws_runtime::{
    App, Close, CloseCode, Handshake, Message, Result, State, WebSocket,
    client::{Attempt, Backoff, BoxError, Client, ClientError, ClientState, ConnectError, Ended},
    close_code, routes, websocket,
};
use ws_tests::{Frame, Server, dialed, within};

fn quickly() -> Backoff {
    Backoff::new().min_delay(Duration::from_millis(1)).max_delay(Duration::from_millis(1))
}

/// Closes a client that does not log in first with 4401. After `drop` the transport ends, as it does when a network fails.
#[websocket("/private")]
async fn private(said: State<Arc<Mutex<Vec<String>>>>, mut ws: WebSocket) -> Result {
    let first = ws.recv_text().await?;
    if !first.starts_with("login ") {
        return Err(Close::new(close_code!(4401), "log in first"))?;
    }
    ws.send_text("welcome").await?;
    ws.send_text("unread by the hook").await?;
    loop {
        let text = ws.recv_text().await?;
        said.lock().unwrap().push(text.to_string());
        match &*text {
            "restart" => return Err(Close::new(CloseCode::SERVICE_RESTART, "again"))?,
            text => ws.send_text(format!("heard {text}")).await?,
        }
    }
}

#[tokio::test]
async fn a_client_logs_in_on_every_connection_before_what_is_queued() {
    let said = Arc::<Mutex<Vec<String>>>::default();
    let server = Server::start(App::new().routes(routes![private]).state(Arc::clone(&said))).await;
    let logins = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&logins);
    let mut client: Client = Client::builder(format!("ws://{}/private", server.addr()))
        .backoff(quickly())
        .on_open(move |mut opening| {
            let login = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                assert_eq!(opening.is_first(), login == 0);
                opening.send_text(format!("login {login}")).await?;
                if opening.recv_text().await? != *"welcome" {
                    return Err("not welcome".into());
                }
                Ok(())
            }
        })
        .connect()
        .await
        .unwrap();
    for round in 0..3 {
        // The rest is queued while there is no connection.
        client.send("restart").await.unwrap();
        let mut states = client.states();
        within("the restart", states.wait_for(|state| !state.is_open())).await.unwrap();
        client.send(format!("queued {round}")).await.unwrap();
        let mut heard = Vec::new();
        while heard.last().is_none_or(|last| *last != format!("heard queued {round}")) {
            let message = within("a message", client.recv()).await.unwrap();
            heard.push(message.into_text().unwrap().to_string());
        }
        // The first line is from the connection before.
        assert_eq!(
            &heard[..heard.len() - 1],
            ["unread by the hook", "unread by the hook"][..heard.len() - 1].to_vec()
        );
    }
    assert_eq!(logins.load(Ordering::Relaxed), 4);
    assert_eq!(said.lock().unwrap().len(), 6, "nothing is sent twice: {said:?}");
    assert_eq!(client.close(CloseCode::NORMAL_CLOSURE).await.code(), Some(1000));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_the_hook_is_done() {
    let (transport, mut dialed) = dialed(64 * 1024);
    let (go, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let wait = Arc::clone(&go);
    let connect = Client::builder("ws://localhost/").backoff(quickly()).on_open(move |mut opening| {
        let wait = Arc::clone(&wait);
        async move {
            opening.send(Message::from(vec![1])).await?;
            wait.notified().await;
            opening.send_json(&["two"]).await?;
            let answer: Vec<u32> = opening.recv_json().await?;
            assert_eq!(answer, [3]);
            Ok(())
        }
    });
    let told = Arc::clone(&gone);
    let client = tokio::spawn(async move {
        let client: Client = connect.connect_with(transport).await.unwrap();
        told.notify_one();
        client.send("queued").await.unwrap();
        client
    });
    let mut peer = dialed.accept().await;
    assert_eq!(peer.frame().await.unwrap().payload, [1]);
    go.notify_one();
    assert_eq!(peer.text().await, r#"["two"]"#);
    peer.send(Frame::text("[3]")).await;
    gone.notified().await;
    assert_eq!(peer.text().await, "queued");
    let client = client.await.unwrap();

    // The next connection is the same, with a message that waits.
    peer.send(Frame::close(1012, "")).await;
    let _ = peer.frame().await;
    drop(peer);
    let mut peer = dialed.accept().await;
    client.send("waits").await.unwrap();
    assert_eq!(peer.frame().await.unwrap().payload, [1]);
    assert!(!client.state().is_open(), "not before the hook is done");
    go.notify_one();
    assert_eq!(peer.text().await, r#"["two"]"#);
    peer.send(Frame::text("[3]")).await;
    assert_eq!(peer.text().await, "waits");
}

#[tokio::test]
async fn a_refusal_during_the_hook_is_the_servers() {
    let server =
        Server::start(App::new().routes(routes![private]).state(Arc::<Mutex<Vec<String>>>::default())).await;
    let url = format!("ws://{}/private", server.addr());
    for patient in [true, false] {
        let connected = Client::builder(&*url).on_open(move |mut opening| async move {
            opening.send_text("no login").await?;
            if patient {
                opening.recv().await?;
            }
            std::future::pending().await
        });
        match connected.connect::<Message, Message, ws_runtime::Json>().await {
            Err(ConnectError::Failed(ended)) => {
                assert_eq!((ended.code(), ended.reason()), (Some(4401), "log in first"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_closes_and_one_that_hangs_times_out() {
    let (transport, mut dialed) = dialed(1024);
    let connect = Client::builder("ws://localhost/").on_open(|_| async { Err("no".into()) });
    let client = tokio::spawn(connect.connect_with::<Message, Message, ws_runtime::Json, _, _, _>(transport));
    let mut peer = dialed.accept().await;
    assert_eq!(peer.close().await.0, Some(1000));
    peer.send(Frame::close(1000, "")).await;
    drop(peer);
    match client.await.unwrap() {
        Err(ConnectError::Failed(ended @ Ended::OnOpen(_))) => {
            assert_eq!(ended.to_string(), "`on_open` failed: no");
            assert!(!ended.is_transient());
        }
        other => panic!("{other:?}"),
    }

    let (transport, mut dialed) = ws_tests::dialed(1024);
    let connect = Client::builder("ws://localhost/").on_open(|_| std::future::pending());
    let client = tokio::spawn(connect.connect_with::<Message, Message, ws_runtime::Json, _, _, _>(transport));
    let _peer = dialed.accept().await;
    let client = client.await.unwrap();
    assert!(matches!(client, Err(ConnectError::Failed(Ended::TimedOut))), "{client:?}");
}

#[websocket("/token/<tenant>")]
async fn token(tenant: String, mut ws: WebSocket) -> Result<Close> {
    let handshake: &Handshake = ws.handshake();
    let seen =
        ["authorization", "x-client", "cookie"].map(|name| handshake.header(name).unwrap_or("-").to_owned());
    let query = handshake.query("try").unwrap_or_default();
    ws.send_text(format!("{tenant} {query} {} {}", seen.join(" "), ws.subprotocol().unwrap_or("-"))).await?;
    Ok(CloseCode::SERVICE_RESTART.into())
}

#[tokio::test]
async fn each_attempt_is_made_by_the_hook() {
    let server = Server::start(App::new().routes(routes![token]).subprotocols(["v1", "v2"])).await;
    let addr = server.addr();
    let mut client: Client = Client::builder("ws://nowhere.invalid/")
        .header("X-Client", "old")
        .header("Authorization", "Basic old")
        .cookie("a", "old")
        .cookie("b", "kept")
        .subprotocols(["v1"])
        .backoff(quickly())
        .before_connect(move |attempt: Attempt| async move {
            let number = attempt.number();
            assert_eq!(attempt.last().and_then(Ended::code), (number > 1).then_some(1012));
            tokio::task::yield_now().await;
            Ok(attempt
                .url(format!("ws://{addr}/token/t{number}"))
                .query("try", number)
                .header("x-client", "new")
                .bearer_token(format!("fresh{number}"))
                .cookie("a", "new")
                .subprotocols(["v2"]))
        })
        .connect()
        .await
        .unwrap();
    for number in 1..=3 {
        let text = within("a message", client.recv()).await.unwrap().into_text().unwrap();
        assert_eq!(text, format!("t{number} {number} Bearer fresh{number} new b=kept; a=new v2").as_str());
    }
}

#[tokio::test]
async fn a_hook_that_cannot_make_a_request_fails_the_attempt() {
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    let builder = Client::builder("ws://localhost/").before_connect(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Err::<Attempt, BoxError>("no token".into()) }
    });
    let once = builder.clone().connect::<Message, Message, ws_runtime::Json>().await;
    match once {
        Err(ConnectError::Failed(ended @ Ended::BeforeConnect(_))) => {
            assert_eq!(ended.to_string(), "`before_connect` failed: no token");
        }
        other => panic!("{other:?}"),
    }
    let again = builder.retry_first().backoff(quickly().max_attempts(2));
    again.connect::<Message, Message, ws_runtime::Json>().await.unwrap_err();
    assert_eq!(attempts.load(Ordering::Relaxed), 4, "it may succeed later");

    let bad = Client::builder("ws://localhost/")
        .retry_first()
        .before_connect(|attempt| async move { Ok(attempt.url("http://x/?secret")) });
    let error = bad.connect::<Message, Message, ws_runtime::Json>().await.unwrap_err().to_string();
    assert!(error.contains("`http://x/`") && !error.contains("secret"), "{error}");
}

/// A server that answers every request with these head lines, and tells what it was asked.
async fn answering(head: String) -> (std::net::SocketAddr, watch::Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (told, requests) = watch::channel(Vec::new());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            told.send_modify(|all| all.push(String::from_utf8(request).unwrap()));
            let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (addr, requests)
}

fn secret(url: String) -> ws_runtime::client::ClientBuilder {
    Client::builder(url)
        .query("secret", "q")
        .bearer_token("t")
        .header("x-api-key", "k")
        .header("Origin", "http://page")
        .cookie("c", "v")
}

#[tokio::test]
async fn a_redirect_is_followed_within_bounds_and_secrets_stay_with_their_server() {
    let app = App::new().routes(routes![token]).origins(ws_runtime::Origins::any());
    let server = Server::start(app).await;
    for status in [301, 302, 303, 307, 308] {
        let (addr, _) =
            answering(format!("{status} Moved\r\nLocation: http://{}/token/x?try=1", server.addr())).await;
        let mut client: Client = secret(format!("ws://{addr}/old")).redirects(1).connect().await.unwrap();
        let text = within("a message", client.recv()).await.unwrap().into_text().unwrap();
        assert_eq!(text, "x 1 - - - -", "another port is another server");
    }

    // The same server is sent them again, but not what was added to the query of the first URL.
    let (addr, requests) = answering("307 Moved\r\nLocation: next?a=b".to_owned()).await;
    let error =
        secret(format!("ws://{addr}/x/old")).redirects(2).connect::<Message, Message, ws_runtime::Json>();
    let error = error.await.unwrap_err();
    assert!(matches!(&error, ConnectError::Failed(Ended::Refused(refused)) if refused.status() == 307));
    let requests = requests.borrow().clone();
    let targets: Vec<_> = requests.iter().map(|request| request.split(' ').nth(1).unwrap()).collect();
    assert_eq!(targets, ["/x/old?secret=q", "/x/next?a=b", "/x/next?a=b"], "two are followed");
    for request in requests.iter().map(|request| request.to_ascii_lowercase()) {
        for line in ["authorization: bearer t", "x-api-key: k", "cookie: c=v", "origin: http://page"] {
            assert!(request.contains(line), "{line} in {request}");
        }
        assert!(request.contains(&format!("host: {addr}")));
    }
}

#[tokio::test]
async fn what_must_not_be_followed_is_a_refusal_that_says_so() {
    let server = Server::start(App::new().routes(routes![token])).await;
    let there = format!("ws://{}/token/x?secret", server.addr());
    for (location, redirects) in [(there.as_str(), 0), ("ftp://x/", 5), ("ws://user:pass@x/", 5), ("wss", 0)]
    {
        let (addr, requests) = answering(format!("302 Found\r\nLocation: {location}")).await;
        let connect = Client::builder(format!("ws://{addr}/old?secret")).redirects(redirects);
        let error = connect.connect::<Message, Message, ws_runtime::Json>().await.unwrap_err().to_string();
        assert!(error.contains(&format!("HTTP status 302 Found from ws://{addr}/old")), "{error}");
        assert!(error.contains("`ClientBuilder::redirects`") && !error.contains("secret"), "{error}");
        assert_eq!(requests.borrow().len(), 1);
    }
    // A transport of one's own goes where it goes: another server cannot be reached through it.
    let (transport, mut dialed) = dialed(64 * 1024);
    let connect = Client::builder("ws://localhost/old").redirects(5);
    let client = tokio::spawn(connect.connect_with::<Message, Message, ws_runtime::Json, _, _, _>(transport));
    let mut peer = dialed.next().await;
    peer.write("HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\nContent-Length: 0\r\n\r\n").await;
    assert!(matches!(client.await.unwrap(), Err(ConnectError::Failed(Ended::Refused(_)))));
}

#[tokio::test]
async fn errors_name_the_url_without_its_query() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let error = Client::builder(format!("ws://{addr}/chat?token=secret"))
        .connect::<Message, Message, ws_runtime::Json>()
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot connect: ws://{addr}/chat: ")), "{error}");
    assert!(!error.to_string().contains("secret"));
    for (url, shown) in [
        ("http://a/b?secret", "`http://a/b`"),
        ("ws://secret@a/", "`ws://a/`"),
        ("ws://a/x#secret", "`ws://a/x`"),
    ] {
        let error = Client::builder(url).connect::<Message, Message, ws_runtime::Json>().await.unwrap_err();
        assert!(error.to_string().contains(shown) && !error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_client_that_stops_while_its_hook_runs_ends_at_once() {
    let app = App::new().routes(routes![token]);
    let server = Server::start(app).await;
    let begun = Arc::new(Notify::new());
    let told = Arc::clone(&begun);
    let mut client: Client = Client::builder(format!("ws://{}/token/x", server.addr()))
        .backoff(quickly())
        .on_open(move |opening| {
            let told = Arc::clone(&told);
            async move {
                if !opening.is_first() {
                    told.notify_one();
                    std::future::pending::<()>().await;
                }
                Ok(())
            }
        })
        .connect()
        .await
        .unwrap();
    within("the second connection", begun.notified()).await;
    assert!(matches!(client.state(), ClientState::Connecting { .. }));
    let ended = within("the end", client.close(CloseCode::NORMAL_CLOSURE)).await;
    assert!(matches!(ended, Ended::Local(_)), "{ended}");
    while let Err(ClientError::Message(_)) | Ok(_) = client.recv().await {}
}
