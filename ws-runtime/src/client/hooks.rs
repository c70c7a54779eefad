//! [`Hooks`]: what the user does before and after each connection is made.

use std::{error::Error, future::Future, pin::Pin, sync::Arc};

use super::{Attempt, Opening};

/// Any error, as the hooks of a client return it. `?` converts every error into it.
pub type BoxError = Box<dyn Error + Send + Sync>;

type Hooked<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;
pub(super) type BeforeConnect = Arc<dyn Fn(Attempt) -> Hooked<Attempt> + Send + Sync>;
pub(super) type OnOpen = Arc<dyn Fn(Opening) -> Hooked<()> + Send + Sync>;

#[derive(Clone, Default)]
pub(super) struct Hooks {
    pub(super) before_connect: Option<BeforeConnect>,
    pub(super) on_open: Option<OnOpen>,
}

/// Erases the type of a hook.
pub(super) fn boxed<A, T, F, Fut>(hook: F) -> Arc<dyn Fn(A) -> Hooked<T> + Send + Sync>
where
    F: Fn(A) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, BoxError>> + Send + 'static,
{
    Arc::new(move |argument| Box::pin(hook(argument)))
}
