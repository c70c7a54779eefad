//! The measured servers: the same four endpoints on each library, with its default settings.
//!
//! | path | what it does |
//! |---|---|
//! | `/echo` | sends every message back |
//! | `/items/<id>/ws?q=<int>`, with the cookie `session` | the same, with three parameters |
//! | `/room/ws` | receives what is published |
//! | `/room/pub` | publishes each text |

mod axum;
mod tungstenite;
mod ws_runtime;

use std::{error::Error, net::Ipv4Addr};

use tokio::{net::TcpListener, runtime::Builder};

/// A measured library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The library of this repository.
    WsRuntime,
    /// axum's `ws` feature.
    Axum,
    /// tokio-tungstenite on bare TCP connections, without an HTTP server.
    Tungstenite,
}

impl Server {
    /// Every server, in the order of the report.
    pub const ALL: [Self; 3] = [Self::WsRuntime, Self::Axum, Self::Tungstenite];

    /// The library's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WsRuntime => "ws-runtime",
            Self::Axum => "axum",
            Self::Tungstenite => "tokio-tungstenite",
        }
    }

    /// Serves on loopback until the process is ended.
    ///
    /// # Errors
    ///
    /// Fails if the port is taken, or the threads cannot be created.
    pub fn run(self, port: u16, workers: usize) -> Result<(), Box<dyn Error>> {
        let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            match self {
                Self::WsRuntime => ws_runtime::serve(listener).await?,
                Self::Axum => axum::serve(listener).await?,
                Self::Tungstenite => tungstenite::serve(listener).await?,
            }
            Ok(())
        })
    }
}
