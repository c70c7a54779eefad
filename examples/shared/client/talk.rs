//! The client's program talks to the server over TCP, and each error of the contract comes back as itself.

use std::time::Duration;

use items_contract::{ItemError, item};
use tokio::{net::TcpListener, process::Command, time::timeout};
use ws_runtime::client::Client;

async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(items_server::app().handle_signals(false).serve(listener));
    format!("ws://{address}")
}

#[tokio::test]
async fn the_program_buys_until_nothing_is_left() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_items-client"));
    let program = program.arg(server().await).kill_on_drop(true).output();
    let output = timeout(Duration::from_secs(30), program)
        .await
        .expect("it ends")
        .expect("it runs");
    let printed = String::from_utf8(output.stdout).expect("text");
    assert_eq!(printed, "Price { cents: 375 }\nbought\ntry again tomorrow\n");
    assert!(output.status.success());
}

#[tokio::test]
async fn errors_of_the_contract_come_back() {
    let server = server().await;
    for (request, expected) in [
        (item::at(5), ItemError::NoSession),
        (item::at(100).session("abc"), ItemError::NotFound),
    ] {
        let mut client = Client::builder(server.clone())
            .call(request)
            .connect()
            .await
            .expect("a connection");
        let error = timeout(Duration::from_secs(30), client.recv())
            .await
            .expect("a close")
            .unwrap_err();
        assert_eq!(error.close_of::<ItemError>(), Some(expected));
    }
}
