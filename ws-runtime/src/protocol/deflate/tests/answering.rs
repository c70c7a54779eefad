//! The offers of a client, and the answers that it accepts.

use http::{HeaderMap, header::SEC_WEBSOCKET_EXTENSIONS};

use super::{
    super::{Compression, accept, check_answer, offer},
    negotiating::headers,
    *,
};

#[test]
fn client_and_server_agree() {
    let options = || {
        let base = Compression::deflate();
        [
            base.clone(),
            base.clone().history(0),
            base.clone().no_context_takeover(),
            base.clone().max_window_bits(9),
            base.max_window_bits(15),
        ]
    };
    for client in options() {
        for server in options() {
            let offered = offer(&client).unwrap();
            let (server_agreed, answered) = accept(&server, [offered.as_bytes()].into_iter()).unwrap();
            let answered = HeaderMap::from_iter([(SEC_WEBSOCKET_EXTENSIONS, answered)]);
            let agreed = check_answer(&client, &answered).unwrap().unwrap();
            assert_eq!(agreed.send, server_agreed.receive, "{client:?} {server:?}");
            assert_eq!(agreed.receive, server_agreed.send, "{client:?} {server:?}");
        }
    }
    assert_eq!(offer(&Compression::off()), None);
}

#[test]
fn the_answers_that_a_client_takes() {
    let check = |option: &Compression, line| check_answer(option, &headers(&[line]));
    let option = Compression::deflate();
    let agreed = |send, receive| Ok(Some(Agreed { send, receive }));
    assert_eq!(check_answer(&option, &HeaderMap::new()), Ok(None));
    assert_eq!(check_answer(&Compression::off(), &HeaderMap::new()), Ok(None));
    for (line, expected) in [
        ("permessage-deflate; server_max_window_bits=12", agreed(direction(15), direction(12))),
        ("permessage-deflate; server_max_window_bits=8", agreed(direction(15), direction(8))),
        (
            "permessage-deflate; server_max_window_bits=\"12\"; client_max_window_bits=8",
            agreed(direction(8), direction(12)),
        ),
        ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", agreed(ALONE, ALONE)),
    ] {
        assert_eq!(check(&option, line), expected, "{line}");
    }
    assert_eq!(
        check(&option.max_window_bits(15), "permessage-deflate"),
        agreed(direction(15), direction(15))
    );
}

#[test]
fn the_answers_that_fail_the_connection() {
    for line in [
        // These answers agree to more than was offered.
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits=12",
        "permessage-deflate; server_max_window_bits=13",
        "permessage-deflate; server_max_window_bits=12; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=12; unknown",
        "permessage-deflate; server_max_window_bits=12; server_max_window_bits=12",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=16",
        "permessage-deflate; server_no_context_takeover, permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover, foo",
        "foo",
        "foo, permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover;",
        "permessage-deflate server_no_context_takeover",
    ] {
        assert!(check_answer(&Compression::deflate(), &headers(&[line])).is_err(), "{line}");
    }
    let twice = ["permessage-deflate; server_no_context_takeover"; 2];
    assert!(check_answer(&Compression::deflate(), &headers(&twice)).is_err());
    let alone = Compression::deflate().no_context_takeover();
    assert!(check_answer(&alone, &headers(&["permessage-deflate; server_max_window_bits=12"])).is_err());
    let off =
        check_answer(&Compression::off(), &headers(&["permessage-deflate; server_no_context_takeover"]));
    assert!(off.is_err());
}
