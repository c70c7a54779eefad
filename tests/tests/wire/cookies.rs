//! What counts as a cookie, and which value it has, for parameters and for [`Handshake::cookie`].

#![allow(clippy::unused_async, reason = "dependencies are async whether they wait or not")]

use ws_runtime::{App, Close, CloseCode, Handshake, Result, WebSocket, routes, websocket};
use ws_tests::Modes;

async fn session(handshake: &Handshake) -> Result<String, Close> {
    let session = handshake.cookie("__Host-session").map(str::to_owned);
    session.ok_or_else(|| Close::new(CloseCode::POLICY_VIOLATION, "no session"))
}

/// Sends what a parameter and a dependency read.
#[websocket("/session")]
async fn read(
    #[cookie(name = "__Host-session")] parameter: Option<String>,
    #[depends(session)] session: String,
    mut ws: WebSocket,
) -> Result {
    assert_eq!(parameter.as_ref(), Some(&session));
    ws.send_text(session).await?;
    Ok(())
}

/// Every value of the name.
#[websocket("/all")]
async fn all(#[cookie(name = "__Host-session")] values: Vec<String>, mut ws: WebSocket) -> Result {
    ws.send_text(format!("{values:?}")).await?;
    Ok(())
}

/// Checks what the endpoint reads from these `Cookie` lines. `None` means no session.
async fn reads(cases: &[(&[&[u8]], Option<&str>)]) {
    let modes = Modes::start(|| App::new().routes(routes![read, all])).await;
    for (lines, session) in cases {
        let verdict = modes
            .ask("/session", |connect| {
                lines.iter().fold(connect, |connect, line| connect.header("cookie", line))
            })
            .await;
        let lines: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
        match session {
            Some(session) => assert_eq!(&verdict.value(), session, "{lines:?}"),
            None => verdict.rejected().assert(1008, "no session", 403),
        }
    }
}

// To a browser these characters are part of the name, so a page of a sibling domain may set such a cookie.
#[tokio::test]
async fn white_space_is_space_and_tab_alone() {
    let spaces = [
        "\u{85}", "\u{a0}", "\u{1680}", "\u{2000}", "\u{2007}", "\u{200b}", "\u{2028}", "\u{2029}",
        "\u{202f}", "\u{205f}", "\u{3000}", "\u{feff}",
    ];
    for space in spaces {
        for forged in [
            format!("__Host-session=good; {space}__Host-session=evil"),
            format!("__Host-session=good; __Host-session{space}=evil"),
            format!("__Host-session=good;{space} __Host-session=evil"),
        ] {
            reads(&[(&[forged.as_bytes()], Some("good"))]).await;
        }
        let alone = format!("{space}__Host-session=evil");
        reads(&[(&[alone.as_bytes()], None)]).await;
        let value = format!("{space}a{space}");
        let sent = format!("__Host-session= {value}\t; b=1");
        reads(&[(&[sent.as_bytes()], Some(&value))]).await;
    }
    reads(&[
        (&[b"\t __Host-session \t=\t a b \t; x=1"], Some("a b")),
        (&[b"__Host-session=good; \xa0__Host-session=evil"], Some("good")),
        (&[b"__Host-session=good; \x85__Host-session=evil"], Some("good")),
    ])
    .await;
}

#[tokio::test]
async fn a_cookie_that_is_not_utf8_hides_no_other() {
    reads(&[
        (&[b"__Host-session=abc; city=K\xf6ln"], Some("abc")),
        (&[b"city=K\xf6ln; __Host-session=abc"], Some("abc")),
        (&[b"st\xe4dte=2; __Host-session=abc; \xff"], Some("abc")),
        (&["__Host-session=é; city=Köln".as_bytes()], Some("é")),
    ])
    .await;
}

#[tokio::test]
async fn quotes_and_escapes_are_read_as_python_reads_them() {
    reads(&[
        (&[br#"a=1; __Host-session="x y"; b=2"#], Some("x y")),
        (&[br#"__Host-session="a\073b\054c\042\"d\\""#], Some(r#"a;b,c""d\"#)),
        (&[br#"__Host-session="caf\351""#], Some("café")),
        (&[br#"__Host-session="""#], Some("")),
        (&[br#"__Host-session="abc"#], Some(r#""abc"#)),
        (&[br#"__Host-session=a"b"c"#], Some(r#"a"b"c"#)),
        // A browser ends a cookie at the semicolon, quoted or not (RFC 6265, section 5.2).
        (&[br#"x="; __Host-session=abc; y=""#], Some("abc")),
    ])
    .await;
}

#[tokio::test]
async fn the_last_of_several_counts_escaped_or_not() {
    reads(&[
        (&[b"__Host-session=1; __Host-session=2", b"__Host-session=3"], Some("3")),
        (&[br#"__Host-session=1; __Host-session="\062""#], Some("2")),
        (&[br#"__Host-session="\061"; __Host-session=2"#], Some("2")),
        (&[br#"__Host-session="\061"; other="\063"; __Host-session="\062""#], Some("2")),
        (&[b"__Host-session=1; __host-session=2; x__Host-session=3; __Host-session"], Some("1")),
    ])
    .await;
    let modes = Modes::start(|| App::new().routes(routes![all])).await;
    let verdict = modes
        .ask("/all", |connect| connect.header("cookie", r#"__Host-session="\061"; __Host-session=2"#))
        .await;
    assert_eq!(verdict.value(), r#"["1", "2"]"#);
}
