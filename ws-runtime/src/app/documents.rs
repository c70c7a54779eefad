//! What an [`App`] says about itself: its description, and the documents and pages that are made of it.

#[cfg(any(feature = "docs", feature = "schema"))]
use std::panic::Location;

#[cfg(any(feature = "docs", feature = "schema"))]
use bytes::Bytes;

use super::App;
#[cfg(any(feature = "docs", feature = "schema"))]
use crate::serve::Content;
use crate::{
    description::{Description, Info},
    routing::describe,
};

impl App {
    /// Sets the name and the version of the app in its [description](Self::describe).
    pub fn info(mut self, info: Info) -> Self {
        self.info = Some(info);
        self
    }

    /// Returns what is known of every endpoint, as [data](crate::description). An app that does not
    /// [`build`](Self::build) is described, too.
    #[must_use]
    pub fn describe(&self) -> Description {
        let mut description = describe(&self.root, &self.server.ending.close);
        let first = description.endpoints.first().and_then(|endpoint| endpoint.module.split("::").next());
        let info = self.info.clone();
        description.info = info.unwrap_or_else(|| Info::new(first.unwrap_or("app"), "0.0.0"));
        description
    }

    /// Returns the [AsyncAPI](crate::asyncapi) 3.1 document of the app, which tools for message-driven services read.
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn asyncapi(&self) -> crate::asyncapi::Document {
        (&self.describe()).into()
    }

    /// Serves the [AsyncAPI document](Self::asyncapi) as JSON at a path, such as `"/asyncapi.json"`.
    ///
    /// An app whose path is not a static path, or is that of an endpoint or of another page, does not
    /// [build](Self::build).
    #[cfg(feature = "schema")]
    #[track_caller]
    pub fn asyncapi_at(self, path: impl Into<String>) -> Self {
        self.page(path.into(), Location::caller(), Content::AsyncApi(Bytes::new()))
    }

    /// Returns a client of the app in TypeScript: one file without dependencies. It has, for each endpoint, a function
    /// that connects, the types of its messages, and its close codes; see
    /// [`Description::typescript`](crate::description::Description::typescript).
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn typescript(&self) -> String {
        self.describe().typescript()
    }

    /// Serves a page that shows the endpoints and connects to them, at a path such as `"/docs"`. In an app without a
    /// [fallback](Self::fallback), `/` leads there.
    ///
    /// The page has the parameters of each endpoint as a form, its messages with examples, a log of what is sent and
    /// received, and the closes of the endpoint in words. It is one document without dependencies, under a strict
    /// `Content-Security-Policy`. With the feature `schema` it knows the types of messages. Leave out the call where
    /// nobody should see what endpoints there are.
    ///
    /// ```
    /// # use ws_runtime::{App, Result, WebSocket, routes, websocket};
    /// /// Sends back what it receives.
    /// #[websocket("/echo")]
    /// async fn echo(mut ws: WebSocket) -> Result {
    ///     loop {
    ///         let text = ws.recv_text().await?;
    ///         ws.send_text(text).await?;
    ///     }
    /// }
    ///
    /// let app = App::new().routes(routes![echo]).docs("/docs");
    /// # app.build().unwrap();
    /// ```
    ///
    /// An app whose path is not a static path, or is that of an endpoint or of another page, does not
    /// [build](Self::build).
    #[cfg(feature = "docs")]
    #[track_caller]
    pub fn docs(self, path: impl Into<String>) -> Self {
        self.page(path.into(), Location::caller(), Content::Docs(Bytes::new()))
    }

    /// Writes the pages that describe the app, once it has all of its endpoints.
    #[cfg(any(feature = "docs", feature = "schema"))]
    pub(super) fn write_documents(&mut self) {
        if self.server.pages.iter().all(|page| matches!(page.content, Content::Health)) {
            return;
        }
        let description = self.describe();
        #[cfg(feature = "docs")]
        let links: Vec<_> = {
            let documents = self.server.pages.iter().filter(|page| page.content.is_linked());
            documents.map(|page| (page.content.name(), page.path.clone())).collect()
        };
        for page in &mut self.server.pages {
            match &mut page.content {
                Content::Health => {}
                #[cfg(feature = "docs")]
                Content::Docs(text) => {
                    *text = crate::docs::page(&description, &links).into();
                    let index = self.fallback.is_none().then_some(page.path.as_str());
                    self.server.index = index.and_then(|path| path.parse().ok());
                }
                #[cfg(feature = "schema")]
                Content::AsyncApi(text) => {
                    *text = crate::asyncapi::Document::from(&description).to_json().into();
                }
            }
        }
    }
}
