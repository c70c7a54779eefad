//! A file in chunks, with progress, a limit, and a checksum.
//!
//! The client says `{"type":"start","name":"a.txt","size":5}`, sends the bytes in as many binary messages as it likes, and
//! is told after each how many have arrived. It takes no more memory than one chunk.
//!
//! ```sh
//! cargo run -p cookbook --bin upload
//! ```

use std::{error::Error, path::PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::{fs::File, io::AsyncWriteExt};
use ws_runtime::{App, CloseError, SocketError, State, WebSocket, routes, websocket};

const MAX_SIZE: u64 = 64 * 1024 * 1024;

#[derive(Debug, thiserror::Error, CloseError)]
enum UploadError {
    #[error("files have at most {MAX_SIZE} bytes")]
    #[close(4413)]
    TooLarge,
    #[error("more bytes than the file has")]
    #[close(4400)]
    TooMany,
    #[error("a name has letters, digits, dots and dashes")]
    #[close(4400)]
    Name,
    #[error("disk: {0}")]
    #[close(1011)]
    Disk(#[from] std::io::Error),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum In {
    Start { name: String, size: u64 },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Out {
    Progress { received: u64, size: u64 },
    Done { sha256: String },
}

/// Where files go.
#[derive(Clone)]
struct Folder(PathBuf);

/// A file that is not complete. Its `Drop` removes it, however the connection ends.
struct Partial {
    path: PathBuf,
    kept: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[websocket("/upload", max_message_size = 256 * 1024)]
async fn upload(
    State(Folder(folder)): State<Folder>,
    mut ws: WebSocket,
) -> Result<(), UploadError> {
    loop {
        let In::Start { name, size } = ws.recv_json().await?;
        if size > MAX_SIZE {
            return Err(UploadError::TooLarge);
        }
        let path = folder.join(checked(&name)?);
        let sha256 = receive(&mut ws, path, size).await?;
        ws.send_json(&Out::Done { sha256 }).await?;
    }
}

async fn receive(
    ws: &mut WebSocket,
    path: PathBuf,
    size: u64,
) -> Result<String, UploadError> {
    let mut partial = Partial { path: path.with_extension("part"), kept: false };
    let mut file = File::create(&partial.path).await?;
    let mut sum = Sha256::new();
    let mut received = 0;
    while received < size {
        let chunk = ws.recv_binary().await?;
        received += chunk.len() as u64;
        if received > size {
            return Err(UploadError::TooMany);
        }
        sum.update(&chunk);
        // While the disk is slow, nothing is read from the client: it waits, and the
        // server's memory does not grow.
        file.write_all(&chunk).await?;
        ws.send_json(&Out::Progress { received, size }).await?;
    }
    file.sync_all().await?;
    tokio::fs::rename(&partial.path, &path).await?;
    partial.kept = true;
    Ok(format!("{:x}", sum.finalize()))
}

/// Names come from the client, so they must not lead out of the folder.
fn checked(name: &str) -> Result<&str, UploadError> {
    let allowed = |char: char| char.is_ascii_alphanumeric() || char == '.' || char == '-';
    let fits = (1..=100).contains(&name.len())
        && !name.starts_with('.')
        && name.chars().all(allowed);
    if fits { Ok(name) } else { Err(UploadError::Name) }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder =
        std::env::var_os("UPLOADS").map_or_else(std::env::temp_dir, PathBuf::from);
    let listener = examples::listen().await?;
    App::new().routes(routes![upload]).state(Folder(folder)).serve(listener).await?;
    Ok(())
}
