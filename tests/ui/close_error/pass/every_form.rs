use ws_runtime::{Close, CloseCode, CloseError, Error, SocketError};

#[derive(Debug, thiserror::Error, CloseError)]
enum ItemError {
    #[error("session cookie missing")]
    #[close(1008)]
    NoSession,
    #[error("database: {0}")]
    #[close(1011)]
    Db(#[from] std::io::Error),
    #[error("cache {key}")]
    #[close(1011, reason = display)]
    Cache { key: String },
    #[error("{0} is gone")]
    #[close(4004, reason = "item is gone", status = 410)]
    Gone(u64),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
    #[error("nested")]
    #[close(transparent)]
    Nested { source: Busy },
}

#[derive(Debug, thiserror::Error, CloseError)]
#[error("busy")]
#[close(1013, status = 503)]
struct Busy;

#[derive(Debug, thiserror::Error, CloseError)]
#[error("{0}")]
#[close(transparent)]
struct Wrapped<E: CloseError + std::error::Error + 'static>(#[source] E);

#[derive(Debug, thiserror::Error, CloseError)]
#[error("item {id}")]
#[close(4000)]
struct Failed<T: std::fmt::Debug + std::fmt::Display, const N: usize>
where
    T: Send + Sync + 'static,
{
    id: T,
}

#[derive(Debug, thiserror::Error, CloseError)]
enum Never {}

fn main() {
    let io = std::io::Error::other("secret");
    assert_eq!(
        ItemError::NoSession.close(),
        Close::new(CloseCode::POLICY_VIOLATION, "session cookie missing")
    );
    assert_eq!(ItemError::from(io).close(), Close::internal_error());
    assert_eq!(ItemError::Cache { key: "a".into() }.close().reason(), "cache a");
    assert_eq!(ItemError::Gone(1).close().reason(), "item is gone");
    assert_eq!(ItemError::Gone(1).close().status().as_u16(), 410);
    assert_eq!(ItemError::Nested { source: Busy }.close().code(), CloseCode::TRY_AGAIN_LATER);
    assert!(Error::from(ItemError::Nested { source: Busy }).is::<Busy>());
    assert!(Error::from(Wrapped(Busy)).is::<Busy>());
    assert_eq!(Failed::<_, 1> { id: 7 }.close().reason(), "item 7");
    let _: fn(Never) -> Error = Error::from;
    let _: fn(SocketError) -> ItemError = ItemError::from;
}
