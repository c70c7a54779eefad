//! The answers of a server to offers.

use http::{HeaderMap, HeaderValue, header::SEC_WEBSOCKET_EXTENSIONS};

use super::{
    super::{Compression, accept},
    *,
};

pub(super) fn headers(lines: &[&str]) -> HeaderMap {
    let line = |line: &&str| (SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    lines.iter().map(line).collect()
}

/// Returns the answer of a server, and the parameters that it agrees to.
fn answer(option: &Compression, lines: &[&str]) -> Option<(Agreed, String)> {
    let lines = lines.iter().map(|line| line.as_bytes());
    accept(option, lines).map(|(agreed, answer)| (agreed, answer.to_str().unwrap().to_owned()))
}

fn default_answer(line: &str) -> Option<String> {
    answer(&Compression::deflate(), &[line]).map(|(_, answer)| answer)
}

#[test]
fn what_known_clients_offer() {
    let both = |send, receive| Agreed { send, receive };
    for (line, answered, agreed) in [
        // The offer of Chrome and Firefox.
        (
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=12",
            both(direction(15), direction(12)),
        ),
        // The offer of Python's websockets.
        (
            "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
            "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
            both(direction(12), direction(12)),
        ),
        // The offer of a client that cannot limit its window.
        ("permessage-deflate", "permessage-deflate; client_no_context_takeover", both(direction(15), ALONE)),
        // The offer of gorilla and others.
        (
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            both(ALONE, ALONE),
        ),
    ] {
        assert_eq!(answer(&Compression::deflate(), &[line]), Some((agreed, answered.to_owned())), "{line}");
    }
}

#[test]
fn each_parameter_is_answered_as_it_must_be() {
    let cases = [
        ("", "; client_no_context_takeover"),
        ("; client_no_context_takeover", "; client_no_context_takeover"),
        ("; server_no_context_takeover", "; server_no_context_takeover; client_no_context_takeover"),
        (
            "; server_max_window_bits=8; client_max_window_bits",
            "; server_max_window_bits=8; client_max_window_bits=12",
        ),
        (
            "; server_max_window_bits=15; client_max_window_bits",
            "; server_max_window_bits=15; client_max_window_bits=12",
        ),
        ("; client_max_window_bits=8", "; client_max_window_bits=8"),
        ("; client_max_window_bits=10", "; client_max_window_bits=10"),
        ("; client_max_window_bits=15", "; client_max_window_bits=12"),
        (r#"; client_max_window_bits="10""#, "; client_max_window_bits=10"),
        (r#" ;client_max_window_bits = "1\0" "#, "; client_max_window_bits=10"),
        (
            "; client_max_window_bits; client_no_context_takeover",
            "; client_no_context_takeover; client_max_window_bits=12",
        ),
    ];
    for (parameters, answered) in cases {
        let line = format!("permessage-deflate{parameters}");
        assert_eq!(default_answer(&line), Some(format!("permessage-deflate{answered}")), "{line}");
    }
}

#[test]
fn offers_that_are_invalid_are_declined() {
    for parameters in [
        "; unknown",
        "; unknown=1",
        "; server_no_context_takeover=1",
        "; client_no_context_takeover=true",
        "; server_max_window_bits",
        "; server_max_window_bits=7",
        "; server_max_window_bits=16",
        "; server_max_window_bits=08",
        "; server_max_window_bits=+9",
        "; server_max_window_bits=-9",
        "; server_max_window_bits=1",
        "; server_max_window_bits=100",
        "; server_max_window_bits=1e1",
        "; client_max_window_bits=7",
        "; client_max_window_bits=16",
        "; client_max_window_bits=012",
        r#"; client_max_window_bits="""#,
        r#"; client_max_window_bits=" 9""#,
        "; client_max_window_bits=",
        "; client_max_window_bits; client_max_window_bits",
        "; client_max_window_bits=10; client_max_window_bits=10",
        "; server_max_window_bits=10; server_max_window_bits=11",
        "; server_no_context_takeover; server_no_context_takeover",
        "; client_no_context_takeover; client_no_context_takeover",
        "; SERVER_NO_CONTEXT_TAKEOVER",
        ";",
        ";; client_max_window_bits",
    ] {
        let line = format!("permessage-deflate{parameters}");
        assert_eq!(default_answer(&line), None, "{line}");
    }
    for line in
        ["", "permessage-bzip2", "x-webkit-deflate-frame", "permessage-deflate2", "Permessage-Deflate"]
    {
        assert_eq!(default_answer(line), None, "{line}");
    }
}

#[test]
fn the_first_offer_that_can_be_kept_to_is_taken() {
    let first = Some("permessage-deflate; client_max_window_bits=11".to_owned());
    let option = Compression::deflate();
    for lines in [
        &["permessage-deflate; client_max_window_bits=11, permessage-deflate"][..],
        &["permessage-deflate; client_max_window_bits=11", "permessage-deflate"],
        &["permessage-deflate; unknown, permessage-deflate; client_max_window_bits=11"],
        &["foo; bar=\"permessage-deflate\", , permessage-deflate; client_max_window_bits=11"],
        &[
            "foo",
            "bar; baz",
            "permessage-deflate; server_max_window_bits, permessage-deflate;client_max_window_bits=11",
        ],
    ] {
        assert_eq!(answer(&option, lines).map(|(_, answer)| answer), first, "{lines:?}");
    }
}

#[test]
fn the_options_of_the_server() {
    let offer = &["permessage-deflate; client_max_window_bits"];
    for (option, answered) in [
        (Compression::deflate().max_window_bits(15), ""),
        (Compression::deflate().max_window_bits(9), "; client_max_window_bits=9"),
        (Compression::deflate().history(0), "; server_no_context_takeover; client_max_window_bits=12"),
        (
            Compression::deflate().no_context_takeover(),
            "; server_no_context_takeover; client_no_context_takeover",
        ),
    ] {
        assert_eq!(answer(&option, offer).unwrap().1, format!("permessage-deflate{answered}"), "{option:?}");
    }
    assert_eq!(answer(&Compression::off(), offer), None);
    // What was not offered is not limited, and does not have to be if everything is allowed.
    let (agreed, answered) =
        answer(&Compression::deflate().max_window_bits(15), &["permessage-deflate"]).unwrap();
    assert_eq!((agreed.receive, answered.as_str()), (direction(15), "permessage-deflate"));
}

#[test]
fn a_header_that_is_no_text_is_declined() {
    assert_eq!(answer(&Compression::deflate(), &["permessage-deflate", "\u{e9}"]), None);
}
