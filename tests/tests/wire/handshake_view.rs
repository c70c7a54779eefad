//! What guards, dependencies and endpoints see of the handshake, and parameters that are made from the whole handshake.

#![allow(clippy::unused_async, reason = "dependencies are async whether they wait or not")]

use http::HeaderMap;
use ws_runtime::{
    App, ClientAddr, Close, CloseCode, FieldError, FromHandshake, Handshake, Rejection, SocketError, State,
    ValidationError, WebSocket, routes, websocket,
};
use ws_tests::{Memory, Modes, Opening, Server, Tell, ear};

/// Returns everything that a handshake has, in the order of its methods.
fn describe(handshake: &Handshake) -> Vec<String> {
    vec![
        handshake.method().to_string(),
        handshake.uri().to_string(),
        handshake.raw_path().to_owned(),
        handshake.headers().len().to_string(),
        format!("{:?}", handshake.header("X-One")),
        format!("{:?}", handshake.cookie("session")),
        format!("{:?}", handshake.query("q")),
        handshake.subprotocols().collect::<Vec<_>>().join("+"),
        format!("{:?}", handshake.origin()),
        format!("{:?}", handshake.host()),
        handshake.client_addr().is_some().to_string(),
        format!("{:?}", handshake.state::<u8>()),
        handshake.endpoint().name().to_owned(),
    ]
}

async fn guard(handshake: &Handshake) -> Result<(), Close> {
    handshake.state::<Tell>().expect("the app has an ear").say(describe(handshake).join(" "));
    Ok(())
}

#[websocket("/view", before_accept = [guard])]
async fn view(handshake: Handshake, mut ws: WebSocket) -> Result<(), SocketError> {
    assert_eq!(describe(&handshake), describe(ws.handshake()));
    for line in describe(&handshake) {
        ws.send_text(line).await?;
    }
    Ok(())
}

#[websocket("/headers")]
async fn headers(headers: HeaderMap, mut ws: WebSocket) -> Result<(), SocketError> {
    let many: Vec<_> = headers.get_all("x-many").iter().collect();
    ws.send_text(format!("{many:?}")).await
}

#[websocket("/address")]
async fn address(address: ClientAddr, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(address.0.to_string()).await
}

/// A user's type, with an error of its own, that reads text and therefore takes part in validation.
#[derive(Debug)]
struct Tenant(String);

impl FromHandshake for Tenant {
    type Error = Close;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, Close> {
        let tenant = handshake.header("x-tenant").unwrap_or_default();
        match tenant {
            "blocked" => Err(Close::new(CloseCode::POLICY_VIOLATION, "tenant blocked")),
            name => Ok(Self(name.to_owned())),
        }
    }

    fn validate(handshake: &Handshake, errors: &mut ValidationError) {
        if handshake.header("x-tenant").is_none() {
            errors.push(FieldError::new("missing", ["header", "x-tenant"], "Field required"));
        }
    }
}

async fn role(handshake: &Handshake) -> Result<char, Close> {
    let role = handshake.query("role").unwrap_or_default();
    role.chars().next().ok_or_else(|| Close::new(CloseCode::POLICY_VIOLATION, "no role"))
}

#[websocket("/tenant/<id>")]
async fn tenant(
    id: u8,
    tenant: Tenant,
    #[depends(role)] role: char,
    number: State<u8>,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    ws.send_text(format!("{id} {} {role} {}", tenant.0, *number)).await
}

fn app() -> App {
    App::new().routes(routes![view, headers, address, tenant]).state(7_u8).state(ear().0)
}

#[tokio::test]
async fn the_handshake_can_be_read_everywhere() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![view]).state(7_u8).state(tell)).await;
    let origin = format!("http://{}", server.addr());
    let opening = Opening::new("/view?q=a%20b&q=c+d&x=1")
        .set("host", server.addr().to_string())
        .header("x-one", "1")
        .header("x-one", "2")
        .header("cookie", "a=b; session=s1")
        .header("sec-websocket-protocol", "x, y")
        .header("origin", origin);
    server.raw().await.open(&opening).await;
    let host = server.addr();
    let seen = ear.next().await;
    let expected = format!(
        "GET /view?q=a%20b&q=c+d&x=1 /view 10 Some(\"2\") Some(\"s1\") Some(\"c d\") x+y Some(\"http://{host}\") Some(\"{host}\") true Some(7) view"
    );
    assert_eq!(seen, expected);

    let end = server.at("/view").end().await;
    let nothing = ["None", "None", "None", "", "None"];
    assert_eq!(end.messages[4..9], nothing);
    assert_eq!(end.close(), (1000, ""));
}

// RFC 9112, section 3.2.2.
#[tokio::test]
async fn the_host_is_that_of_an_absolute_target() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![view]).state(7_u8).state(tell)).await;
    let opening = Opening::new("http://a.example:81/view").set("host", "b.example");
    server.raw().await.open(&opening).await;
    assert!(ear.next().await.contains(r#" Some("a.example:81") "#));
}

#[tokio::test]
async fn all_headers_can_be_taken() {
    let server = Server::start(app()).await;
    let end = server.at("/headers").header("x-many", "a").header("X-Many", "b").end().await;
    assert_eq!(end.messages, [r#"["a", "b"]"#]);
}

#[tokio::test]
async fn the_address_is_the_peers() {
    let server = Server::start(app()).await;
    let stream = tokio::net::TcpStream::connect(server.addr()).await.expect("the server listens");
    let own = stream.local_addr().expect("a socket has an address");
    let mut raw = ws_tests::Raw::over(stream);
    raw.open(&Opening::new("/address")).await;
    assert_eq!(raw.text().await, own.to_string());
}

#[tokio::test]
async fn an_address_that_nobody_told_is_the_servers_fault() {
    let mut memory = Memory::open(app(), "/address").await;
    assert_eq!(memory.raw.closed().await, (Some(1011), "internal server error".to_owned()));
}

#[tokio::test]
async fn a_type_of_ones_own_is_validated_with_the_rest() {
    let modes = Modes::start(app).await;
    let ask = |target: &'static str, tenant: &'static str| {
        let modes = &modes;
        async move { modes.ask(target, |connect| connect.header("x-tenant", tenant)).await }
    };
    assert_eq!(ask("/tenant/5?role=admin", "acme").await.value(), "5 acme a 7");
    let details = modes.at("/tenant/x").await.details();
    let names: Vec<_> = details.iter().map(|detail| detail["loc"][1].as_str()).collect();
    assert_eq!(names, [Some("id"), Some("x-tenant")]);

    let found = modes.at("/tenant/5?role=admin").await.detail();
    assert_eq!(found["loc"], serde_json::json!(["header", "x-tenant"]), "alone too");
}

#[tokio::test]
async fn the_second_phase_runs_in_the_order_written_and_stops_at_the_first_error() {
    let modes = Modes::start(app).await;
    let blocked = modes.ask("/tenant/5", |connect| connect.header("x-tenant", "blocked")).await;
    blocked.rejected().assert(1008, "tenant blocked", 403);
    let no_role = modes.ask("/tenant/5", |connect| connect.header("x-tenant", "acme")).await;
    no_role.rejected().assert(1008, "no role", 403);
}

#[tokio::test]
async fn debug_shows_no_secrets() {
    async fn show(handshake: &Handshake) -> Result<(), Close> {
        Err(Close::new(CloseCode::POLICY_VIOLATION, format!("{handshake:?}")))
    }
    let app = app().before_accept(show).rejection(Rejection::Close);
    let server = Server::start(app).await;
    let end = server.at("/headers?token=secret").cookie("session=secret").header("x", "secret").end().await;
    assert_eq!(end.code, Some(1008));
    assert!(!end.reason.contains("secret"), "{}", end.reason);
}
