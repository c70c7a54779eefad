//! Which texts each type of parameter accepts, in both rejection modes.

use std::{fmt, net::IpAddr, num::NonZeroU8, str::FromStr};

use serde_json::json;
use ws_runtime::{App, SocketError, WebSocket, routes, websocket};
use ws_tests::{Modes, detail};

const INT: &str = "Input should be a valid integer, unable to parse string as an integer";
const FLOAT: &str = "Input should be a valid number, unable to parse string as a number";
const BOOL: &str = "Input should be a valid boolean, unable to interpret input";

/// Endpoints that send what they read from the query, and return.
macro_rules! show {
    ($($name:ident $path:literal $type:ty;)*) => {$(
        #[websocket($path)]
        async fn $name(#[query] v: $type, mut ws: WebSocket) -> Result<(), SocketError> {
            ws.send_text(format!("{v:?}")).await
        }
    )*};
}

show! {
    of_u8 "/u8" u8;
    of_i8 "/i8" i8;
    of_u64 "/u64" u64;
    of_i128 "/i128" i128;
    of_usize "/usize" usize;
    of_non_zero "/non-zero" NonZeroU8;
    of_f32 "/f32" f32;
    of_f64 "/f64" f64;
    of_bool "/bool" bool;
    of_char "/char" char;
    of_string "/string" String;
    of_ip "/ip" IpAddr;
    of_colour "/colour" Colour;
    of_even "/even" Even;
    of_alias "/alias" Alias;
}

/// A user's enum.
#[derive(Debug)]
enum Colour {
    Red,
    Green,
}

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "red" => Ok(Self::Red),
            "green" => Ok(Self::Green),
            other => Err(format!("no colour {other}")),
        }
    }
}

/// A user's newtype around an integer, with an error of its own.
#[derive(Debug)]
struct Even(#[allow(dead_code, reason = "shown by Debug")] u32);

#[derive(Debug, thiserror::Error)]
enum NotEven {
    #[error(transparent)]
    Parse(#[from] std::num::ParseIntError),
    #[error("{0} is odd")]
    Odd(u32),
}

impl FromStr for Even {
    type Err = NotEven;

    fn from_str(text: &str) -> Result<Self, NotEven> {
        let number = text.parse()?;
        if number % 2 == 0 { Ok(Self(number)) } else { Err(NotEven::Odd(number)) }
    }
}

/// The compiler knows the types; the macro does not know them by their names.
type Alias = u16;

fn app() -> App {
    App::new()
        .routes(routes![of_u8, of_i8, of_u64, of_i128, of_usize, of_non_zero, of_f32, of_f64, of_bool])
        .routes(routes![of_char, of_string, of_ip, of_colour, of_even, of_alias])
}

/// Checks that each text, as written in a URL, gives the value.
async fn accepts(path: &str, cases: impl IntoIterator<Item = (&'static str, impl fmt::Debug)>) {
    let modes = Modes::start(app).await;
    for (text, value) in cases {
        let shown = modes.at(&format!("{path}?v={text}")).await.value();
        assert_eq!(shown, format!("{value:?}"), "{path}?v={text}");
    }
}

/// Checks that each text, given as written in a URL and decoded, is an error of this kind.
async fn refuses(path: &str, kind: &str, msg: &str, cases: impl IntoIterator<Item = (&str, &str)>) {
    let modes = Modes::start(app).await;
    for (text, input) in cases {
        let found = modes.at(&format!("{path}?v={text}")).await.detail();
        assert_eq!(found, detail(kind, &json!(["query", "v"]), msg, Some(input)), "{path}?v={text}");
    }
}

/// A text that is the same in both forms.
fn plain<'a>(texts: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    texts.iter().map(|text| (*text, *text))
}

#[tokio::test]
async fn integers_take_digits_and_a_sign() {
    accepts("/u8", [("0", 0), ("255", 255), ("007", 7), ("%2B5", 5), ("%35", 5)]).await;
    accepts("/i8", [("-128", -128), ("127", 127), ("-0", 0), ("%2B1", 1)]).await;
    accepts("/u64", [("18446744073709551615", u64::MAX)]).await;
    accepts("/i128", [("-170141183460469231731687303715884105728", i128::MIN)]).await;
    accepts("/usize", [("12", 12)]).await;
    accepts("/non-zero", [("1", 1)]).await;
    accepts("/alias", [("65535", 65535)]).await;
}

#[tokio::test]
async fn integers_take_nothing_else() {
    let never = ["", "abc", "5.0", "5.", "1_0", "1e3", "0x10", "--5", "-", "5-", "1,000", "NaN", "true"];
    for path in ["/u8", "/i8", "/u64", "/i128", "/usize", "/alias", "/non-zero"] {
        refuses(path, "int_parsing", INT, plain(&never)).await;
    }
    let encoded = [
        ("+5", " 5"),
        ("%205", " 5"),
        ("5%20", "5 "),
        ("5%0A", "5\n"),
        ("%2B", "+"),
        ("%2B-5", "+-5"),
        ("%D9%A5", "٥"),
        ("%EF%BC%95", "５"),
        ("5%00", "5\0"),
    ];
    refuses("/u8", "int_parsing", INT, encoded).await;
}

#[tokio::test]
async fn integers_out_of_their_range_are_refused() {
    let large = "Input should be a valid integer, the number is too large";
    let small = "Input should be a valid integer, the number is too small";
    refuses("/u8", "int_parsing", large, plain(&["256", "99999999999999999999999999"])).await;
    refuses("/u8", "int_parsing", INT, plain(&["-1"])).await;
    refuses("/i8", "int_parsing", large, plain(&["128"])).await;
    refuses("/i8", "int_parsing", small, plain(&["-129"])).await;
    refuses("/u64", "int_parsing", large, plain(&["18446744073709551616"])).await;
    refuses("/alias", "int_parsing", large, plain(&["65536"])).await;
    refuses("/non-zero", "int_parsing", INT, plain(&["0"])).await;
}

#[tokio::test]
async fn floats_take_decimals_and_exponents() {
    accepts("/f64", [("1", 1.0), ("-0.5", -0.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("2E-2", 0.02)])
        .await;
    accepts("/f64", [("inf", f64::INFINITY), ("-inf", f64::NEG_INFINITY), ("NaN", f64::NAN)]).await;
    accepts("/f32", [("0.1", 0.1_f32), ("%2B1.5", 1.5)]).await;
    refuses("/f64", "float_parsing", FLOAT, plain(&["", "abc", "1,5", "1.2.3", "0x1p3", "1e", "--1"])).await;
    refuses("/f32", "float_parsing", FLOAT, [("%201", " 1"), ("1%20", "1 ")]).await;
}

#[tokio::test]
async fn bools_take_six_words_and_their_opposites_in_any_case() {
    let yes = ["true", "1", "on", "yes", "y", "t", "True", "TRUE", "tRuE", "ON", "Yes", "Y", "T"];
    let no = ["false", "0", "off", "no", "n", "f", "False", "FALSE", "Off", "NO", "N", "F"];
    accepts("/bool", yes.map(|text| (text, true))).await;
    accepts("/bool", no.map(|text| (text, false))).await;
    let never = ["", "2", "-1", "00", "11", "tru", "yess", "ja", "enabled", "null"];
    refuses("/bool", "bool_parsing", BOOL, plain(&never)).await;
    refuses("/bool", "bool_parsing", BOOL, [("true%20", "true ")]).await;
}

#[tokio::test]
async fn a_char_is_exactly_one() {
    accepts("/char", [("a", 'a'), ("%C3%A9", 'é'), ("%F0%9F%A6%80", '🦀'), ("%20", ' '), ("+", ' ')]).await;
    let too_many = "Value error, too many characters in string";
    refuses("/char", "value_error", too_many, plain(&["ab"])).await;
    refuses("/char", "value_error", "Value error, cannot parse char from empty string", plain(&[""])).await;
}

#[tokio::test]
async fn a_string_takes_every_text() {
    accepts(
        "/string",
        [
            ("", ""),
            ("abc", "abc"),
            ("a+b%2Bc%20d", "a b+c d"),
            ("a=b", "a=b"),
            ("%26%3D%23", "&=#"),
            ("%E2%82%AC", "€"),
            ("%00", "\0"),
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("a/b?c", "a/b?c"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_ip_address_is_of_either_version() {
    let local: IpAddr = "127.0.0.1".parse().expect("an address");
    let local6: IpAddr = "::1".parse().expect("an address");
    accepts("/ip", [("127.0.0.1", local), ("::1", local6), ("%3A%3A1", local6)]).await;
    let invalid = "value is not a valid IPv4 or IPv6 address";
    refuses("/ip", "ip_any_address", invalid, plain(&["", "localhost", "127.0.0.256", "[::1]"])).await;
}

#[tokio::test]
async fn types_of_the_users_say_what_is_wrong_themselves() {
    accepts("/colour", [("red", Colour::Red), ("green", Colour::Green)]).await;
    refuses("/colour", "value_error", "Value error, no colour mauve", plain(&["mauve"])).await;
    accepts("/even", [("4", Even(4))]).await;
    refuses("/even", "value_error", "Value error, 5 is odd", plain(&["5"])).await;
    refuses("/even", "value_error", "Value error, invalid digit found in string", plain(&["x"])).await;
}

#[tokio::test]
async fn text_that_is_not_utf8_is_refused_whatever_the_type() {
    let modes = Modes::start(app).await;
    for path in ["/string", "/u8", "/bool", "/char", "/colour"] {
        let found = modes.at(&format!("{path}?v=%FF%FE")).await.detail();
        assert_eq!(
            (&found["type"], &found["loc"]),
            (&json!("string_unicode"), &json!(["query", "v"])),
            "{path}"
        );
    }
}
