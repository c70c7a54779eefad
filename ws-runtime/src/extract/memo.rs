//! [`Memo`]: the dependencies of one handshake, each of which is made once.

use std::{
    any::{Any, TypeId, type_name},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Extraction, Making};
use crate::{Close, CloseError, Closes, Error, ValidationError};

/// The dependencies of a handshake that have begun. An endpoint without dependencies has none.
#[derive(Default)]
pub(super) struct Memo(Mutex<Vec<Entry>>);

struct Entry {
    dependency: TypeId,
    /// The number of parameters that still take the value. The last one gets it without a clone, so that a value which
    /// cleans up when it is dropped lives no longer than its parameter.
    uses: usize,
    /// A `Slot<T>`.
    slot: Box<dyn Any + Send>,
}

/// The value of a dependency, before and after it is made. Both are `None` while it is being made.
struct Slot<T> {
    making: Option<Making<T>>,
    value: Option<T>,
}

/// A dependency that has begun, for one of the parameters that take its value.
pub struct Begun<T> {
    dependency: TypeId,
    share: Option<fn(&T) -> T>,
}

impl<T> fmt::Debug for Begun<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Begun<{}>", type_name::<T>())
    }
}

impl Memo {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a use. Returns `true` if it is the first, so that the dependency has to begin.
    fn is_first_use<T: Send + 'static>(&self, dependency: TypeId) -> bool {
        let mut entries = self.entries();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.dependency == dependency) {
            entry.uses += 1;
            return false;
        }
        let slot = Box::new(Slot::<T> { making: None, value: None });
        entries.push(Entry { dependency, uses: 1, slot });
        true
    }

    /// Calls `act` with the entry of a dependency and its slot.
    fn with<T: 'static, R>(
        &self,
        dependency: TypeId,
        act: impl FnOnce(&mut usize, &mut Slot<T>) -> R,
    ) -> Option<R> {
        let mut entries = self.entries();
        let entry = entries.iter_mut().find(|entry| entry.dependency == dependency)?;
        let acted = act(&mut entry.uses, entry.slot.downcast_mut()?);
        entries.retain(|entry| entry.uses > 0);
        Some(acted)
    }
}

impl<T> Slot<T> {
    /// Takes the value for one use.
    fn take(&mut self, uses: &mut usize, share: Option<fn(&T) -> T>) -> Option<T> {
        *uses = uses.saturating_sub(1);
        match (*uses, share) {
            (0, _) => self.value.take(),
            (_, Some(share)) => self.value.as_ref().map(share),
            (_, None) => None,
        }
    }
}

impl Extraction {
    /// Begins a dependency, unless it has begun, and collects the mistakes in its parameters. A mistake that another
    /// parameter has already reported is reported once.
    pub(super) fn begin<T: Send + 'static>(
        &mut self,
        dependency: TypeId,
        share: Option<fn(&T) -> T>,
        begin: impl FnOnce(&mut Self) -> Making<T>,
    ) -> Begun<T> {
        let memo = Arc::clone(self.memo.get_or_insert_default());
        if memo.is_first_use::<T>(dependency) {
            let mut inner = self.fork();
            let making = match self.replacement(dependency) {
                #[cfg(feature = "test-client")]
                Some(replacement) => replacement.begin(&mut inner),
                _ => begin(&mut inner),
            };
            memo.with(dependency, |_, slot| slot.making = Some(making));
            self.errors.merge(std::mem::take(&mut inner.errors));
        }
        Begun { dependency, share }
    }

    #[cfg(feature = "test-client")]
    fn replacement<T: 'static>(&self, dependency: TypeId) -> Option<Arc<super::Replacement<T>>> {
        self.handshake().replacement(dependency)?.downcast().ok()
    }

    #[cfg(not(feature = "test-client"))]
    fn replacement(&self, _: TypeId) -> Option<std::convert::Infallible> {
        let _ = self;
        None
    }

    /// Returns another reader of the same handshake, which shares the dependencies of this one and has no mistakes.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { handshake: self.handshake.clone(), errors: ValidationError::new(), memo: self.memo.clone() }
    }

    /// Makes the value of a dependency, unless it has been made for this handshake.
    ///
    /// # Errors
    ///
    /// Returns the error of the dependency, if it fails.
    pub async fn supply<T: 'static>(&mut self, begun: Begun<T>) -> Result<T, Error> {
        let Begun { dependency, share } = begun;
        let Some(memo) = self.memo.clone() else { return Err(NotMade(type_name::<T>()).into()) };
        let making = memo.with::<T, _>(dependency, |_, slot| slot.making.take()).flatten();
        if let Some(making) = making {
            let value = making.await?;
            memo.with(dependency, |_, slot| slot.value = Some(value));
        }
        let value = memo.with(dependency, |uses, slot: &mut Slot<T>| slot.take(uses, share)).flatten();
        value.ok_or_else(|| NotMade(type_name::<T>()).into())
    }
}

/// The error of a dependency that needs its own value, or whose value cannot be cloned for a second parameter. An app
/// with such a dependency does not build, but a test may put one in the place of another.
#[derive(Debug, thiserror::Error)]
#[error(
    "the dependency that makes `{0}` needs its own value, or the value is needed twice and is not `Clone`"
)]
struct NotMade(&'static str);

impl CloseError for NotMade {
    fn close(&self) -> Close {
        Close::internal_error()
    }

    fn closes(closes: &mut Closes) {
        closes.internal_error("A dependency needs its own value.");
    }
}
