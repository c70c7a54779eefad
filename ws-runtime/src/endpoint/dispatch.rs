//! Finds the handler for an error, and logs the error.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    future::Future,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use tracing::{Level, level_filters::LevelFilter};

use crate::{
    Close, CloseCode, Error, ErrorContext, IntoClose, Panicked, SocketError, ValidationError, error::Verdict,
    observe,
};

/// A handler for errors of type `E`: `async fn(E, ErrorContext) -> Close`, or a closure that returns such a future.
///
/// With [`Error`] as `E` it is the catch-all of its scope.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error handler",
    label = "expected `async fn(E, ErrorContext) -> Close`",
    note = "an error handler takes the error and an `ErrorContext`, and returns a `Close`"
)]
pub trait ErrorHandler<E>: Send + Sync + 'static {
    /// Chooses the close for an error.
    fn handle(&self, error: E, cx: ErrorContext) -> BoxFuture<Close>;
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<E, F, Handled> ErrorHandler<E> for F
where
    F: Fn(E, ErrorContext) -> Handled + Send + Sync + 'static,
    Handled: Handling + Send + 'static,
    Handled::Output: IntoClose,
{
    fn handle(&self, error: E, cx: ErrorContext) -> BoxFuture<Close> {
        let handled = self(error, cx);
        Box::pin(async move { handled.await.into_close() })
    }
}

/// The future that a call of an error handler returns. It stands in for `Future` so that the compiler's message is
/// clear.
#[diagnostic::on_unimplemented(
    message = "an error handler is `async`",
    label = "expected `async fn(E, ErrorContext) -> Close`, or a closure that returns an `async` block"
)]
pub trait Handling: Future {}

#[diagnostic::do_not_recommend]
impl<T: Future> Handling for T {}

/// The handlers of one scope, by the type of error. The catch-all is stored under [`Error`].
#[derive(Default)]
pub(crate) struct Handlers {
    by_type: HashMap<TypeId, Handler>,
    duplicates: Vec<DuplicateHandler>,
}

struct Handler {
    call: Box<dyn Fn(Error, ErrorContext) -> BoxFuture<Close> + Send + Sync>,
    declared: &'static Location<'static>,
}

/// A pair of handlers for the same type in one scope.
#[derive(Debug, Clone)]
pub(crate) struct DuplicateHandler {
    pub(crate) error_type: &'static str,
    pub(crate) first: &'static Location<'static>,
    pub(crate) second: &'static Location<'static>,
}

impl Handlers {
    pub(crate) fn insert<E: 'static, H: ErrorHandler<E>>(
        &mut self,
        handler: H,
        declared: &'static Location<'static>,
    ) {
        let call = move |error: Error, cx: ErrorContext| match expect_type::<E>(error) {
            Ok(error) => handler.handle(error, cx),
            // Handlers are looked up by type, so this arm is only here to avoid a panic.
            Err(error) => Box::pin(error.into_own_close(cx)),
        };
        let handler = Handler { call: Box::new(call), declared };
        if let Some(first) = self.by_type.insert(TypeId::of::<E>(), handler) {
            let error_type = type_name::<E>();
            self.duplicates.push(DuplicateHandler { error_type, first: first.declared, second: declared });
        }
    }

    pub(crate) fn duplicates(&self) -> &[DuplicateHandler] {
        &self.duplicates
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_type.is_empty()
    }

    /// Returns `true` if a handler of this scope decides about errors of a type.
    #[cfg(feature = "describe")]
    pub(crate) fn decide(&self, error: TypeId) -> bool {
        self.by_type.contains_key(&error) || self.by_type.contains_key(&TypeId::of::<Error>())
    }

    fn find(&self, error: &Error) -> Option<&Handler> {
        self.by_type.get(&error.inner_type()).or_else(|| self.by_type.get(&TypeId::of::<Error>()))
    }
}

/// Downcasts the error to `E`, which may be [`Error`] itself.
fn expect_type<E: 'static>(error: Error) -> Result<E, Error> {
    if TypeId::of::<E>() != TypeId::of::<Error>() {
        return error.downcast();
    }
    let mut error = Some(error);
    let slot: &mut dyn Any = &mut error;
    match slot.downcast_mut::<Option<E>>().and_then(Option::take) {
        Some(error) => Ok(error),
        None => error.map_or_else(|| unreachable!("taken only as an `E`"), Err),
    }
}

/// Turns an error into a close. The innermost scope that has a handler for it decides, or else the type of the error.
pub(crate) async fn dispatch(scopes: &[Arc<Handlers>], error: Error, cx: ErrorContext) -> Close {
    let handshake = cx.handshake().clone();
    let endpoint = handshake.endpoint();
    let found = scopes.iter().find_map(|scope| scope.find(&error));
    // Once the connection is over, an error of its endpoint is no fault of ours. A panic is.
    let over = cx.is_closed() && !error.is::<Panicked>();
    let (described, message) = describe(&error, found.is_some());
    let handled = match found {
        Some(handler) => {
            let call = &handler.call;
            // The handler may panic before it returns its future.
            match catch_unwind(AssertUnwindSafe(|| call(error, cx))) {
                Ok(handling) => catch_panic(pin!(handling)).await,
                Err(payload) => Err(Panicked::new(&*payload)),
            }
        }
        None => catch_panic(pin!(own_close(error, cx))).await,
    };
    match handled {
        Ok(close) if close.code() == CloseCode::INTERNAL_ERROR && !over => {
            observe::error!(
                "an endpoint failed",
                endpoint = endpoint.name(),
                path = endpoint.path(),
                error = message,
                detail = described,
            );
            close
        }
        Ok(close) => {
            tracing::debug!(
                endpoint = endpoint.name(),
                error = message,
                code = close.code().as_u16(),
                over,
                "an endpoint ended with an error"
            );
            close
        }
        Err(panic) => {
            observe::error!(
                "the handler of an error panicked",
                endpoint = endpoint.name(),
                path = endpoint.path(),
                error = message,
                panic = panic.message(),
            );
            Close::internal_error()
        }
    }
}

/// Returns the close that the error's own type chooses. A boxed error does not choose one itself, so its content
/// decides. A type that treats every error as a fault of ours is overruled only if a message of the wrong kind came,
/// which is the peer's fault.
async fn own_close(error: Error, cx: ErrorContext) -> Close {
    let is_box = error.is::<Box<dyn std::error::Error + Send + Sync>>();
    let verdict = match error.verdict() {
        Some(Verdict::WrongKind(close)) => Some(close),
        Some(Verdict::Close(close)) if is_box => Some(close),
        _ => None,
    };
    let close = error.into_own_close(cx).await;
    if close.code() == CloseCode::INTERNAL_ERROR { verdict.unwrap_or(close) } else { close }
}

/// Returns the debug text and the display text of an error for the log, both empty if it would not be logged.
fn describe(error: &Error, handled: bool) -> (String, String) {
    // A validation error closes with 1008 by default, which is no fault of ours. Refusals are frequent and should be
    // cheap.
    let at = if error.is::<ValidationError>() && !handled { Level::DEBUG } else { Level::ERROR };
    let unheard = at == Level::ERROR && observe::is_unheard();
    if at > LevelFilter::current() && !unheard {
        return <(String, String)>::default();
    }
    // Even formatting the error may panic.
    let texts = catch_unwind(AssertUnwindSafe(|| {
        let message = error.to_string();
        // One of our own errors may hold data that the peer sent, which must not be logged.
        let ours = error.is::<ValidationError>() || error.is::<SocketError>();
        (if ours { message.clone() } else { format!("{error:?}") }, message)
    }));
    texts.unwrap_or_else(|payload| {
        let panicked = Panicked::new(&*payload).to_string();
        (panicked.clone(), panicked)
    })
}

/// Runs a future until it completes or panics. It takes the future by reference, as taking it by value would store it
/// twice.
pub(crate) fn catch_panic<F: Future>(
    mut future: Pin<&mut F>,
) -> impl Future<Output = Result<F::Output, Panicked>> {
    std::future::poll_fn(move |cx| {
        // A future that has panicked is not polled again.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(Panicked::new(&*payload))),
        }
    })
}
