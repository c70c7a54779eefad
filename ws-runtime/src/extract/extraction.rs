//! [`Extraction`]: the state of reading the parameters of one connection.

use std::{fmt, sync::Arc};

use super::{Parameter, memo::Memo};
use crate::{Error, Handshake, ValidationError};

/// Reads the parameters of one connection, for [`Endpoint::run`](crate::Endpoint::run).
///
/// Each method that reads a parameter keeps its mistakes and returns `None`; [`finish`](Self::finish) then reports all
/// mistakes at once.
pub struct Extraction {
    pub(super) handshake: Handshake,
    pub(super) errors: ValidationError,
    /// The dependencies that have begun, which all readers of the handshake share.
    pub(super) memo: Option<Arc<Memo>>,
}

impl Extraction {
    pub(crate) fn new(handshake: Handshake) -> Self {
        Self { handshake, errors: ValidationError::new(), memo: None }
    }

    /// Returns the opening handshake.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    pub(super) fn parts(&mut self) -> (&Handshake, &mut ValidationError) {
        (&self.handshake, &mut self.errors)
    }

    /// Lets a [`FromHandshake`](super::FromHandshake) type report mistakes in the parameters that it reads.
    pub fn validate<T>(&mut self, parameter: &Parameter<T>) {
        (parameter.validate)(&self.handshake, &mut self.errors);
    }

    /// Ends the first phase, and returns the values if all of them were read.
    ///
    /// # Errors
    ///
    /// Returns one [`ValidationError`] with all mistakes.
    pub fn finish<T: Finish>(&mut self, values: T) -> Result<T::Values, Error> {
        let errors = std::mem::take(&mut self.errors);
        match values.finish() {
            Some(values) if errors.is_empty() => Ok(values),
            _ => Err(errors.into()),
        }
    }

    /// Makes a value of the second phase.
    ///
    /// # Errors
    ///
    /// Returns the error of the type, if it fails.
    pub async fn extract<T>(&self, parameter: Parameter<T>) -> Result<T, Error> {
        (parameter.make)(&self.handshake).await
    }
}

impl fmt::Debug for Extraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extraction")
            .field("handshake", &self.handshake)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

/// The return type of a dependency that provides a `T`: `Result<T, E>`, for any error with a close code.
#[diagnostic::on_unimplemented(
    message = "a dependency of `{T}` cannot return `{Self}`",
    label = "expected an `async fn(&Handshake) -> Result<{T}, E>`",
    note = "if it cannot fail, return `Ok(..)` with `ws_runtime::Result<{T}>`"
)]
pub trait Settle<T> {
    /// Returns the value.
    ///
    /// # Errors
    ///
    /// Returns the error of the dependency, if it failed.
    fn settle(self) -> Result<T, Error>;
}

impl<T, E: Into<Error>> Settle<T> for Result<T, E> {
    fn settle(self) -> Result<T, Error> {
        self.map_err(Into::into)
    }
}

/// Values that may have been read: an `Option`, or a tuple of them.
pub trait Finish {
    /// The type of the values once they have been read.
    type Values;

    /// Returns the values if all of them were read.
    fn finish(self) -> Option<Self::Values>;
}

impl<T> Finish for Option<T> {
    type Values = T;

    fn finish(self) -> Option<T> {
        self
    }
}

impl Finish for () {
    type Values = ();

    fn finish(self) -> Option<()> {
        Some(())
    }
}

macro_rules! finish {
    ($($value:ident)+) => {
        impl<$($value: Finish),+> Finish for ($($value,)+) {
            type Values = ($($value::Values,)+);

            #[allow(non_snake_case)]
            fn finish(self) -> Option<Self::Values> {
                let ($($value,)+) = self;
                Some(($($value.finish()?,)+))
            }
        }
    };
}

finish!(A);
finish!(A B);
finish!(A B C);
finish!(A B C D);
finish!(A B C D E);
finish!(A B C D E F);
finish!(A B C D E F G);
finish!(A B C D E F G H);
finish!(A B C D E F G H I);
finish!(A B C D E F G H I J);
finish!(A B C D E F G H I J K);
finish!(A B C D E F G H I J K L);
finish!(A B C D E F G H I J K L M);
finish!(A B C D E F G H I J K L M N);
finish!(A B C D E F G H I J K L M N O);
finish!(A B C D E F G H I J K L M N O P);
