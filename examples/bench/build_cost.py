#!/usr/bin/env python3
"""What the macros cost a build: 100 endpoints beside the same 100 handlers written by hand on axum.

    python3 examples/bench/build_cost.py [--rounds 7] [--clean-rounds 3] [--keep DIRECTORY]

Makes two crates and two minimal servers in a temporary directory and compiles them in turns, offline, with the dependencies of
this workspace's Cargo.lock and its toolchain. The figure is the CPU time, user and system, of cargo and all that it starts: wall time
depends on what else the machine does. Needs Linux.
"""

import argparse
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = 10
PER_MODULE = 10

OURS_MODULE = '''
//! Endpoints.

use ws_runtime::{{CloseError, Route, SocketError, WebSocket, routes, websocket}};

/// How they fail.
#[derive(Debug, thiserror::Error, CloseError)]
pub enum Fault {{
    /// Nobody is logged in.
    #[error("not authenticated")]
    #[close(1008)]
    NoSession,
    /// There is no such item.
    #[error("item {{0}} is gone")]
    #[close(4004)]
    Gone(u64),
    /// The peer is gone, or speaks another language.
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}}

/// The routes.
pub fn routes() -> Vec<Route> {{
    routes![{names}]
}}
{endpoints}'''

OURS_ENDPOINT = '''
/// Sends back what it receives.
#[websocket("/{module}/{name}/<id>/ws")]
async fn {name}(id: u64, #[query] q: Option<i32>, #[cookie] session: String, mut ws: WebSocket) -> Result<(), Fault> {{
    if session.is_empty() {{
        return Err(Fault::NoSession);
    }}
    if id == {number} {{
        return Err(Fault::Gone(id));
    }}
    loop {{
        let text = ws.recv_text().await?;
        ws.send_text(format!("{{session}} {{id}} {{q:?}}: {{text}}")).await?;
    }}
}}
'''

OURS_LIB = '''
//! Endpoints.

{modules}

/// The app.
pub fn app() -> ws_runtime::App {{
    ws_runtime::App::new(){mounts}
}}
'''

# What the user of axum writes once for all handlers; the endpoints have it from the runtime.
AXUM_LIB = '''
//! Handlers.

use axum::{{
    Router,
    extract::ws::{{CloseFrame, Message, WebSocket}},
    http::{{HeaderMap, header}},
}};

{modules}

/// A cookie.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {{
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then(|| value.to_owned()))
}}

/// Closes as the handler ended.
async fn close(mut ws: WebSocket, code: u16, reason: String) {{
    let frame = CloseFrame {{ code, reason: reason.into() }};
    let _ = ws.send(Message::Close(Some(frame))).await;
}}

/// The app.
pub fn app() -> Router {{
    Router::new(){mounts}
}}
'''

AXUM_MODULE = '''
//! Handlers.

use axum::{{
    Router,
    extract::{{
        Path, Query,
        ws::{{Message, WebSocket, WebSocketUpgrade}},
    }},
    http::{{HeaderMap, StatusCode}},
    response::{{IntoResponse, Response}},
    routing::get,
}};

/// How they fail.
#[derive(Debug, thiserror::Error)]
pub enum Fault {{
    /// Nobody is logged in.
    #[error("not authenticated")]
    NoSession,
    /// There is no such item.
    #[error("item {{0}} is gone")]
    Gone(u64),
    /// The peer is gone, or speaks another language.
    #[error(transparent)]
    Socket(#[from] axum::Error),
}}

impl Fault {{
    fn code(&self) -> u16 {{
        match self {{
            Self::NoSession => 1008,
            Self::Gone(_) => 4004,
            Self::Socket(_) => 1011,
        }}
    }}
}}

/// The routes.
pub fn routes() -> Router {{
    Router::new(){mounts}
}}
{endpoints}'''

AXUM_ENDPOINT = '''
#[derive(serde::Deserialize)]
struct {type}Query {{
    q: Option<i32>,
}}

/// Sends back what it receives.
async fn {name}(
    Path(id): Path<u64>,
    Query(query): Query<{type}Query>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {{
    let Some(session) = crate::cookie(&headers, "session") else {{
        return StatusCode::FORBIDDEN.into_response();
    }};
    upgrade.on_upgrade(move |mut ws| async move {{
        match serve_{name}(id, query.q, session, &mut ws).await {{
            Ok(()) => crate::close(ws, 1000, String::new()).await,
            Err(fault) => crate::close(ws, fault.code(), fault.to_string()).await,
        }}
    }})
}}

async fn serve_{name}(id: u64, q: Option<i32>, session: String, ws: &mut WebSocket) -> Result<(), Fault> {{
    if session.is_empty() {{
        return Err(Fault::NoSession);
    }}
    if id == {number} {{
        return Err(Fault::Gone(id));
    }}
    while let Some(message) = ws.recv().await {{
        if let Message::Text(text) = message? {{
            ws.send(Message::text(format!("{{session}} {{id}} {{q:?}}: {{text}}"))).await?;
        }}
    }}
    Ok(())
}}
'''

OURS_SERVER = '''
use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items/<id>/ws")]
async fn item(id: u64, mut ws: WebSocket) -> Result {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("{id}: {text}")).await?;
    }
}

#[tokio::main]
async fn main() -> Result<(), ws_runtime::ServeError> {
    App::new().routes(routes![item]).run("127.0.0.1:8000").await
}
'''

AXUM_SERVER = '''
use axum::{
    Router,
    extract::{
        Path,
        ws::{Message, WebSocketUpgrade},
    },
    response::Response,
    routing::get,
};

async fn item(Path(id): Path<u64>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |mut ws| {
        while let Some(Ok(message)) = ws.recv().await {
            if let Message::Text(text) = message
                && ws.send(Message::text(format!("{id}: {text}"))).await.is_err()
            {
                return;
            }
        }
    })
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    axum::serve(listener, Router::new().route("/items/{id}/ws", get(item))).await
}
'''

TOKIO = 'tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }\n'
OURS = f'ws-runtime = {{ path = "{ROOT}/ws-runtime" }}\n'
AXUM = 'axum = { version = "0.8", features = ["ws"] }\n'
CRATES = {
    "ours": OURS + 'thiserror = "2"\n',
    "by-hand": AXUM + 'thiserror = "2"\nserde = { version = "1", features = ["derive"] }\n',
    "ours-server": OURS + TOKIO,
    "by-hand-server": AXUM + TOKIO,
}


def main():
    parser = argparse.ArgumentParser(description="Measures what the macros cost a build.")
    parser.add_argument("--rounds", type=int, default=7, help="compilations of each crate")
    parser.add_argument("--clean-rounds", type=int, default=3, help="clean builds of each server; 0 leaves them out")
    parser.add_argument("--keep", type=pathlib.Path, help="make the crates here and leave them")
    args = parser.parse_args()
    directory = args.keep or pathlib.Path(tempfile.mkdtemp(prefix="build-cost-"))
    try:
        measure(Workspace(directory), args)
    finally:
        if not args.keep:
            shutil.rmtree(directory)


def measure(workspace, args):
    crates = ["ours", "by-hand"]
    check, build = ["check"], ["build"]
    table = Table()
    for crate in crates:
        workspace.cargo(*check, "-p", crate)
        workspace.cargo(*build, "-p", crate)
    for turn in range(args.rounds):
        for crate in crates:
            workspace.forget(crate)
            table.add("`cargo check`, the crate alone", crate, workspace.cargo(*check, "-p", crate))
            workspace.edit(crate, turn)
            table.add("`cargo check` after an edit in one body", crate, workspace.cargo(*check, "-p", crate))
            table.add("`cargo build`, the crate alone", crate, workspace.cargo(*build, "-p", crate))
            workspace.edit(crate, turn + 1000)
            table.add("`cargo build` after an edit in one body", crate, workspace.cargo(*build, "-p", crate))
    for _ in range(args.clean_rounds):
        for crate in crates:
            workspace.clean()
            seconds = workspace.cargo(*build, "-p", f"{crate}-server")
            table.add("clean `cargo build` of a minimal server", crate, seconds)
    table.print()
    ours, by_hand = (workspace.count(f"{crate}-server") for crate in crates)
    print(f"| crates compiled for it | {ours} | {by_hand} | {ours / by_hand:.2f} |")


class Workspace:
    """The crates, in a directory."""

    def __init__(self, directory):
        self.directory = directory
        self.environment = {**os.environ, "CARGO_TARGET_DIR": str(directory / "target"), "CARGO_TERM_COLOR": "never"}
        directory.mkdir(parents=True, exist_ok=True)
        members = ", ".join(f'"{crate}"' for crate in CRATES)
        self.write("Cargo.toml", f'[workspace]\nresolver = "3"\nmembers = [{members}]\n')
        for file in ["Cargo.lock", "rust-toolchain.toml"]:
            shutil.copy(ROOT / file, directory)
        for crate, dependencies in CRATES.items():
            package = f'[package]\nname = "{crate}"\nversion = "0.0.0"\nedition = "2024"\n'
            self.write(f"{crate}/Cargo.toml", f"{package}\n[dependencies]\n{dependencies}")
        self.write("ours-server/src/main.rs", OURS_SERVER)
        self.write("by-hand-server/src/main.rs", AXUM_SERVER)
        self.write_modules("ours", OURS_LIB, OURS_MODULE, OURS_ENDPOINT, ".routes({module}::routes())")
        self.write_modules("by-hand", AXUM_LIB, AXUM_MODULE, AXUM_ENDPOINT, ".merge({module}::routes())")

    def write(self, path, text):
        path = self.directory / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))

    def write_modules(self, crate, lib, module_text, endpoint_text, mount):
        modules = [f"items{index}" for index in range(MODULES)]
        for module in modules:
            names = [f"item{index}" for index in range(PER_MODULE)]
            endpoints = "".join(
                endpoint_text.format(name=name, type=name.capitalize(), module=module, number=index)
                for index, name in enumerate(names)
            )
            mounts = "".join(f'\n        .route("/{module}/{name}/{{id}}/ws", get({name}))' for name in names)
            text = module_text.format(endpoints=endpoints, names=", ".join(names), mounts=mounts)
            self.write(f"{crate}/src/{module}.rs", text)
        declared = "\n".join(f"pub mod {module};" for module in modules)
        mounts = "".join("\n        " + mount.format(module=module) for module in modules)
        self.write(f"{crate}/src/lib.rs", lib.format(modules=declared, mounts=mounts))

    def edit(self, crate, number):
        """Changes one body."""
        path = self.directory / crate / "src/items5.rs"
        text = re.sub(r"id == \d+", f"id == {number + 100}", path.read_text(), count=1)
        path.write_text(text)

    def forget(self, crate):
        """Removes what was compiled of one crate."""
        self.cargo("clean", "-p", crate)

    def clean(self):
        shutil.rmtree(self.directory / "target", ignore_errors=True)

    def cargo(self, *args):
        """Runs cargo and returns the CPU time of it and all of its children, in seconds."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = ["cargo", *args, "--offline", "--quiet"]
        subprocess.run(command, cwd=self.directory, env=self.environment, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def count(self, crate):
        """How many crates are compiled for one, itself included."""
        tree = ["cargo", "tree", "-p", crate, "-e", "normal,build", "--prefix", "none", "--offline", "-f", "{p}"]
        listed = subprocess.run(tree, cwd=self.directory, env=self.environment, check=True, capture_output=True, text=True)
        return len({line.removesuffix(" (*)") for line in listed.stdout.splitlines() if line})


class Table:
    """Measurements by row and crate."""

    def __init__(self):
        self.rows = {}

    def add(self, row, crate, seconds):
        self.rows.setdefault(row, {}).setdefault(crate, []).append(seconds)
        print(f"{row}: {crate} {seconds:.2f} s", file=sys.stderr)

    def print(self):
        print("| CPU time | ws-runtime | axum by hand | ratio |")
        print("|---|---|---|---|")
        for row, crates in self.rows.items():
            ours, by_hand = (statistics.median(crates[crate]) for crate in ["ours", "by-hand"])
            print(f"| {row} | {ours:.2f} s | {by_hand:.2f} s | {ours / by_hand:.2f} |")


if __name__ == "__main__":
    main()
