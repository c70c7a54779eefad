//! [`IntoListeners`]: the argument of [`App::serve`](crate::App::serve).

use std::sync::Arc;

use tokio::task::JoinSet;
use tracing::Instrument;

use super::{accept::Accepting, service::Inner};
use crate::{Listener, listener::Bound, observe};

/// What [`App::serve`](crate::App::serve) serves on: a [`Listener`], or several as a `Vec` or a tuple, which may be nested.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a listener of tokio",
    label = "expected a `tokio::net::TcpListener`; for an address write `.run(\"127.0.0.1:8000\").await`",
    note = "`TcpListener::bind(\"127.0.0.1:8000\").await?` makes one, `TcpListener::from_std(listener)?` one of that of std"
)]
pub trait IntoListeners: sealed::Listen {}

#[diagnostic::do_not_recommend]
impl<T: sealed::Listen> IntoListeners for T {}

pub(super) mod sealed {
    use super::Serving;

    pub trait Listen: Send + 'static {
        #[doc(hidden)]
        fn listen(self, serving: &mut Serving);
    }
}

/// The listeners of a server.
pub struct Serving {
    service: Arc<Inner>,
    listeners: Vec<Accepting>,
    /// The tasks that accept.
    pub(super) tasks: JoinSet<()>,
}

impl Serving {
    pub(super) fn new(service: Arc<Inner>) -> Self {
        Self { service, listeners: Vec::new(), tasks: JoinSet::new() }
    }

    fn add<L: Listener>(&mut self, listener: L) {
        if let Ok(address) = listener.local_addr() {
            let address = tracing::field::debug(&address);
            if self.service.server.announce {
                observe::info!("serving", address = address);
            } else {
                tracing::info!(address, "serving");
            }
        }
        let (accepting, task) = Accepting::new(listener, Arc::clone(&self.service));
        self.listeners.push(accepting);
        // Accepting runs in a task of its own, as the caller may not be a worker of the runtime (under `block_on` it is
        // none). Each connection would then have to be handed to another thread, and that thread woken.
        self.tasks.spawn(task.in_current_span());
    }

    /// Drops the listeners, so that no client keeps waiting in their backlogs.
    pub(super) fn stop(&mut self) {
        self.listeners.clear();
        self.tasks.abort_all();
    }
}

#[diagnostic::do_not_recommend]
impl<L: Listener> sealed::Listen for L {
    fn listen(self, serving: &mut Serving) {
        serving.add(self);
    }
}

impl<T: sealed::Listen> sealed::Listen for Vec<T> {
    fn listen(self, serving: &mut Serving) {
        for listener in self {
            listener.listen(serving);
        }
    }
}

impl sealed::Listen for Bound {
    fn listen(self, serving: &mut Serving) {
        self.tcp.listen(serving);
        #[cfg(all(unix, feature = "systemd"))]
        self.unix.listen(serving);
    }
}

macro_rules! tuples {
    ($($($listener:ident)+;)*) => {$(
        impl<$($listener: sealed::Listen),+> sealed::Listen for ($($listener,)+) {
            fn listen(self, serving: &mut Serving) {
                #[allow(non_snake_case, reason = "the names of the types serve as those of the values")]
                let ($($listener,)+) = self;
                $($listener.listen(serving);)+
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
}
