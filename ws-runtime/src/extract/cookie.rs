//! Cookie parameters.

use super::{
    Extraction, FromText, Param, Shape,
    field::{Field, Source},
};
use crate::handshake::cookies;

impl Extraction {
    /// Reads the cookie `name`.
    pub fn cookie<S: Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
    ) -> Option<S::Value> {
        let (handshake, errors) = self.parts();
        let mut values = cookies(handshake.cookie_lines(), name);
        param.read(&mut values, Field::new(Source::Cookie, name, errors))
    }
}
