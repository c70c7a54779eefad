//! `Query<Valid<T>>`: a whole query string that follows the rules of its type.

use garde::Validate;
use serde::de::DeserializeOwned;

use super::Query;
use crate::{FieldError, FromHandshake, Handshake, Loc, Valid, ValidationError, codec::broken_rules};

fn read<T>(handshake: &Handshake) -> Result<T, ValidationError>
where
    T: DeserializeOwned + Validate<Context: Default>,
{
    let mut errors = ValidationError::new();
    match Query::<T>::read(handshake) {
        Ok(value) => match value.validate() {
            Ok(()) => return Ok(value),
            Err(report) => {
                for (place, message) in broken_rules(&report) {
                    let loc: Vec<Loc> = [Loc::from("query")].into_iter().chain(place).collect();
                    // A rule of the user's may quote the value.
                    errors.push(FieldError { quotes: true, ..FieldError::new("value_error", loc, message) });
                }
            }
        },
        Err(error) => error.push_to(&mut errors),
    }
    Err(errors)
}

impl<T> FromHandshake for Query<Valid<T>>
where
    T: DeserializeOwned + Validate<Context: Default> + Send,
{
    type Error = ValidationError;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, ValidationError> {
        read(handshake).map(|value| Self(Valid(value)))
    }

    fn validate(handshake: &Handshake, errors: &mut ValidationError) {
        if let Err(found) = read::<T>(handshake) {
            errors.merge(found);
        }
    }
}
