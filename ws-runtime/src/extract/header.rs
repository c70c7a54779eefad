//! Header parameters.

use std::borrow::Cow;

use super::{
    Extraction, FromText, NotText, Param, Shape,
    field::{Field, Source},
};

impl Extraction {
    /// Reads the header `name`. Every line with that name is a value.
    pub fn header<S: Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
    ) -> Option<S::Value> {
        let (handshake, errors) = self.parts();
        let lines = handshake.header_lines(name);
        let mut values =
            lines.map(|value| std::str::from_utf8(value).map(Cow::Borrowed).map_err(|_| NotText));
        param.read(&mut values, Field::new(Source::Header, name, errors))
    }
}
