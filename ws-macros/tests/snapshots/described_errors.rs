#[derive(Debug, thiserror::Error, CloseError)]
enum SearchError {
    /// Nobody is signed in.
    #[error("no session")]
    #[close(1008)]
    NoSession,
    #[error("item {0} is gone")]
    #[close(4004, reason = "gone", status = 410)]
    Gone(u64),
    #[close(1011)]
    Db(std::io::Error),
    #[close(transparent)]
    Socket(SocketError),
}

#[on_error(Throttled, closes = [4001, 1013])]
async fn throttled(error: Throttled, cx: ErrorContext) -> Close {
    Close::from(CloseCode::TRY_AGAIN_LATER)
}
