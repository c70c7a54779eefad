//! Parameters that may be absent, that occur twice, and that have a default, from each source.

use serde_json::{Value, json};
use ws_runtime::{App, SocketError, WebSocket, routes, websocket};
use ws_tests::{Connect, Modes, detail};

const INT: &str = "Input should be a valid integer, unable to parse string as an integer";

/// Endpoints that send what they read, and return.
macro_rules! show {
    ($($name:ident $path:literal $(#[$source:meta])* $type:ty;)*) => {$(
        #[websocket($path)]
        async fn $name($(#[$source])* x_v: $type, mut ws: WebSocket) -> Result<(), SocketError> {
            ws.send_text(format!("{x_v:?}")).await
        }
    )*};
}

show! {
    query_one "/query/one" #[query] u32;
    query_option "/query/option" #[query] Option<u32>;
    query_many "/query/many" #[query] Vec<u32>;
    query_default "/query/default" #[query(default = 7)] u32;
    cookie_one "/cookie/one" #[cookie] u32;
    cookie_option "/cookie/option" #[cookie] Option<u32>;
    cookie_many "/cookie/many" #[cookie] Vec<u32>;
    cookie_default "/cookie/default" #[cookie(default = 7)] u32;
    header_one "/header/one" #[header] u32;
    header_option "/header/option" #[header] Option<u32>;
    header_many "/header/many" #[header] Vec<u32>;
    header_default "/header/default" #[header(default = 7)] u32;
    text_default "/text/default" #[query(default = "none")] String;
    computed_default "/computed/default" #[query(default = u32::from(b'a') + 1)] u32;
    renamed "/renamed" #[query(name = "page-size")] u32;
}

fn app() -> App {
    App::new()
        .routes(routes![query_one, query_option, query_many, query_default])
        .routes(routes![cookie_one, cookie_option, cookie_many, cookie_default])
        .routes(routes![header_one, header_option, header_many, header_default])
        .routes(routes![text_default, computed_default, renamed])
}

/// A source of values.
struct Source {
    name: &'static str,
    /// The name of its parameter on the wire.
    wire: &'static str,
    /// Set if errors show what was received.
    shown: bool,
}

const SOURCES: [Source; 3] = [
    Source { name: "query", wire: "x_v", shown: true },
    Source { name: "cookie", wire: "x_v", shown: false },
    Source { name: "header", wire: "x-v", shown: false },
];

impl Source {
    /// Returns the target of a shape's endpoint with these values.
    fn target(&self, shape: &str, values: &[&str]) -> String {
        let query: Vec<String> = values.iter().map(|value| format!("{}={value}", self.wire)).collect();
        match self.name {
            "query" => format!("/query/{shape}?{}", query.join("&")),
            name => format!("/{name}/{shape}"),
        }
    }

    /// Puts the values into headers.
    fn put(&self, values: &[&str], connect: Connect) -> Connect {
        values.iter().fold(connect, |connect, value| match self.name {
            "cookie" => connect.cookie(&format!("other=1; {}={value}", self.wire)),
            "header" => connect.header(self.wire, value),
            _ => connect,
        })
    }

    fn loc(&self) -> Value {
        json!([self.name, self.wire])
    }

    fn input<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.shown.then_some(text)
    }
}

/// Runs a case on every source.
async fn everywhere(shape: &str, values: &[&str], check: impl Fn(&Source, ws_tests::Verdict)) {
    let modes = Modes::start(app).await;
    for source in &SOURCES {
        let target = source.target(shape, values);
        check(source, modes.ask(&target, |connect| source.put(values, connect)).await);
    }
}

/// Checks that these are the values read from every source.
async fn reads(shape: &str, values: &[&str], shown: &str) {
    everywhere(shape, values, |source, verdict| {
        assert_eq!(verdict.value(), shown, "{} {shape} {values:?}", source.name);
    })
    .await;
}

#[tokio::test]
async fn an_absent_scalar_is_missing() {
    everywhere("one", &[], |source, verdict| {
        assert_eq!(verdict.detail(), detail("missing", &source.loc(), "Field required", None));
    })
    .await;
}

#[tokio::test]
async fn a_malformed_scalar_shows_its_input_unless_it_may_be_a_secret() {
    everywhere("one", &["abc"], |source, verdict| {
        assert_eq!(verdict.detail(), detail("int_parsing", &source.loc(), INT, source.input("abc")));
    })
    .await;
}

#[tokio::test]
async fn the_last_of_repeated_scalars_wins() {
    reads("one", &["1", "2", "3"], "3").await;
    reads("option", &["1", "2"], "Some(2)").await;
    reads("default", &["1", "2"], "2").await;
    reads("one", &["abc", "2"], "2").await;
    everywhere("one", &["2", "abc"], |source, verdict| {
        assert_eq!(verdict.detail(), detail("int_parsing", &source.loc(), INT, source.input("abc")));
    })
    .await;
}

#[tokio::test]
async fn an_option_forgives_absence_and_nothing_else() {
    reads("option", &[], "None").await;
    reads("option", &["5"], "Some(5)").await;
    for text in ["abc", ""] {
        everywhere("option", &[text], |source, verdict| {
            assert_eq!(verdict.detail(), detail("int_parsing", &source.loc(), INT, source.input(text)));
        })
        .await;
    }
}

#[tokio::test]
async fn a_default_stands_in_for_absence_and_nothing_else() {
    reads("default", &[], "7").await;
    reads("default", &["5"], "5").await;
    for text in ["abc", ""] {
        everywhere("default", &[text], |source, verdict| {
            assert_eq!(verdict.detail(), detail("int_parsing", &source.loc(), INT, source.input(text)));
        })
        .await;
    }
}

#[tokio::test]
async fn a_vec_takes_every_value_in_order() {
    reads("many", &[], "[]").await;
    reads("many", &["5"], "[5]").await;
    reads("many", &["3", "1", "2"], "[3, 1, 2]").await;
}

#[tokio::test]
async fn every_faulty_value_of_a_vec_is_named_by_its_index() {
    everywhere("many", &["1", "x", "3", ""], |source, verdict| {
        let at = |index: usize| json!([source.name, source.wire, index]);
        assert_eq!(
            verdict.details(),
            [
                detail("int_parsing", &at(1), INT, source.input("x")),
                detail("int_parsing", &at(3), INT, source.input("")),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn defaults_are_texts_and_expressions_too() {
    let modes = Modes::start(app).await;
    assert_eq!(modes.at("/text/default").await.value(), r#""none""#);
    assert_eq!(modes.at("/text/default?x_v=").await.value(), r#""""#);
    assert_eq!(modes.at("/computed/default").await.value(), "98");
}

#[tokio::test]
async fn a_name_of_ones_own_is_the_only_name() {
    let modes = Modes::start(app).await;
    assert_eq!(modes.at("/renamed?page-size=5&x_v=6").await.value(), "5");
    let missing = detail("missing", &json!(["query", "page-size"]), "Field required", None);
    assert_eq!(modes.at("/renamed?x_v=6").await.detail(), missing);
}
