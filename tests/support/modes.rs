//! Sends the same request under both ways of rejecting a handshake.

use serde_json::{Value, json};
use ws_runtime::{App, Rejection};

use crate::{Client, Connect, End, Refused, Server};

/// An app that is served twice: once it rejects with Close frames, and once over HTTP.
#[derive(Debug)]
pub struct Modes {
    close: Server,
    http: Server,
}

/// The outcome of a request.
#[derive(Debug)]
pub enum Verdict {
    /// Both accepted it, and ended in the same way.
    Accepted(End),
    /// Both rejected it.
    Rejected(Rejected),
}

/// How both rejected a request.
#[derive(Debug)]
pub struct Rejected {
    /// The Close frame that immediately followed the 101.
    pub close: End,
    /// The HTTP response.
    pub http: Refused,
}

impl Modes {
    /// Serves the app that `app` builds in both modes.
    pub async fn start(app: impl Fn() -> App) -> Self {
        Self {
            close: Server::start(app().rejection(Rejection::Close)).await,
            http: Server::start(app().rejection(Rejection::Http)).await,
        }
    }

    /// Opens `target` in both modes.
    pub async fn at(&self, target: &str) -> Verdict {
        self.ask(target, |connect| connect).await
    }

    /// Opens `target` in both modes, with headers.
    pub async fn ask(&self, target: &str, prepare: impl Fn(Connect) -> Connect) -> Verdict {
        let close = prepare(self.close.at(target)).end().await;
        match prepare(self.http.at(target)).attempt().await {
            Ok(client) => {
                let http = Client::end(client).await;
                assert_eq!(close, http, "{target} ends alike in both modes");
                Verdict::Accepted(close)
            }
            Err(http) => Verdict::Rejected(Rejected { close, http }),
        }
    }
}

impl Verdict {
    /// Returns the end of the accepted connection.
    #[must_use]
    pub fn accepted(self) -> End {
        match self {
            Self::Accepted(end) => end,
            Self::Rejected(rejected) => panic!("rejected: {rejected:#?}"),
        }
    }

    /// Returns how the handshake was rejected.
    #[must_use]
    pub fn rejected(self) -> Rejected {
        match self {
            Self::Rejected(rejected) => rejected,
            Self::Accepted(end) => panic!("accepted: {end:#?}"),
        }
    }

    /// Returns the message that an accepted endpoint sent before it returned.
    #[must_use]
    pub fn value(self) -> String {
        let end = self.accepted();
        assert_eq!(end.close(), (1000, ""), "{end:?}");
        end.messages.join("|")
    }

    /// Returns the details of a validation error, after checking what both modes promise.
    #[must_use]
    pub fn details(self) -> Vec<Value> {
        let Rejected { close, http } = self.rejected();
        assert_eq!(http.status, 422, "{http:?}");
        let body = http.json();
        let details = body["detail"].as_array().expect("an array of details").clone();
        assert_eq!(body, json!({ "detail": details }));

        assert_eq!(close.messages, [""; 0]);
        assert_eq!(close.code, Some(1008));
        assert!(close.reason.len() <= 123, "{}", close.reason);
        let summaries: Vec<Value> = serde_json::from_str(&close.reason).expect("the reason parses");
        let expected = details.iter().map(|detail| json!({ "type": detail["type"], "loc": detail["loc"] }));
        assert!(summaries.len() <= details.len());
        assert!(summaries.iter().cloned().eq(expected.take(summaries.len())), "{summaries:?} of {details:?}");
        details
    }

    /// Returns the only detail of a validation error.
    #[must_use]
    pub fn detail(self) -> Value {
        match <[Value; 1]>::try_from(self.details()) {
            Ok([detail]) => detail,
            Err(details) => panic!("expected one error: {details:#?}"),
        }
    }
}

impl Rejected {
    /// Asserts the code and reason, which the HTTP body repeats, and the HTTP status.
    pub fn assert(&self, code: u16, reason: &str, status: u16) {
        let nothing: [&str; 0] = [];
        assert_eq!(self.close.messages, nothing);
        assert_eq!(self.close.close(), (code, reason));
        assert_eq!(self.http.status, status);
        assert_eq!(self.http.json(), json!({ "code": code, "reason": reason }));
    }
}

/// What FastAPI reports about one field.
#[must_use]
pub fn detail(kind: &str, loc: &Value, msg: &str, input: Option<&str>) -> Value {
    json!({ "type": kind, "loc": loc, "msg": msg, "input": input })
}
