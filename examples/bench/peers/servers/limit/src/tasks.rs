//! One tokio task for each connection.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Builder,
};

use crate::counter::{Answer, Counter};

pub(crate) fn serve(address: SocketAddr) -> io::Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        loop {
            let (stream, _address) = listener.accept().await?;
            tokio::spawn(connection(stream));
        }
    })
}

async fn connection(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut counter = Counter::new();
    let mut buffer = vec![0; 16 << 10];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        match counter.take(&buffer[..read]) {
            Answer::Replies(bytes) => stream.write_all(&counter.replies[..bytes]).await?,
            Answer::Bytes(bytes) | Answer::Joins(bytes) => stream.write_all(bytes).await?,
            Answer::Last(bytes) => return stream.write_all(bytes).await,
            Answer::FanOut(_) => return Ok(()),
        }
    }
}
