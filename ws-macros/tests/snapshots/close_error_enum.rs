#[derive(CloseError)]
enum ItemError {
    #[close(1008)]
    NoSession,
    #[close(1011)]
    Db(std::io::Error),
    #[close(1011, reason = display)]
    Cache { key: String },
    #[close(4004, reason = "item is gone", status = 410)]
    Gone(u64),
    #[close(transparent)]
    Socket(SocketError),
    #[close(transparent)]
    Nested { source: OtherError },
}
