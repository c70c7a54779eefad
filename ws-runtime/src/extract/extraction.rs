//! [`Extraction`]: the parameters of one connection being read.

use super::Parameter;
use crate::{Error, Handshake, ValidationError};

/// Reads the parameters of one connection, for [`Endpoint::run`](crate::Endpoint::run).
///
/// Each reading call keeps its mistake and yields `None`; [`finish`](Self::finish) then reports all of them at once.
#[derive(Debug)]
pub struct Extraction {
    handshake: Handshake,
    errors: ValidationError,
}

impl Extraction {
    pub(crate) fn new(handshake: Handshake) -> Self {
        Self { handshake, errors: ValidationError::new() }
    }

    /// The opening handshake.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    pub(super) fn parts(&mut self) -> (&Handshake, &mut ValidationError) {
        (&self.handshake, &mut self.errors)
    }

    /// Lets a [`FromHandshake`](super::FromHandshake) type say what is wrong with the parameters that it reads.
    pub fn validate<T>(&mut self, parameter: &Parameter<T>) {
        (parameter.validate)(&self.handshake, &mut self.errors);
    }

    /// Ends the first phase: takes the values out if every one of them was read.
    ///
    /// # Errors
    ///
    /// One [`ValidationError`] with every mistake.
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
    /// The type's own.
    pub async fn extract<T>(&self, parameter: Parameter<T>) -> Result<T, Error> {
        (parameter.make)(&self.handshake).await
    }

    /// Takes the result of a dependency.
    ///
    /// # Errors
    ///
    /// The dependency's own.
    pub fn settle<T, R: Settle<T>>(&self, result: R) -> Result<T, Error> {
        result.settle()
    }
}

/// What a dependency of a `T` returns: `Result<T, E>`, for any error with a close code.
#[diagnostic::on_unimplemented(
    message = "a dependency of `{T}` cannot return `{Self}`",
    label = "expected an `async fn(&Handshake) -> Result<{T}, E>`",
    note = "if it cannot fail, return `Ok(..)` with `ws_runtime::Result<{T}>`"
)]
pub trait Settle<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// The dependency's own.
    fn settle(self) -> Result<T, Error>;
}

impl<T, E: Into<Error>> Settle<T> for Result<T, E> {
    fn settle(self) -> Result<T, Error> {
        self.map_err(Into::into)
    }
}

/// Values that were read, or not: an `Option`, or a tuple of them.
pub trait Finish {
    /// The values.
    type Values;

    /// The values, if all of them were read.
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
