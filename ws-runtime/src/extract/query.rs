//! Query parameters.

use super::{
    Extraction, FromText, Param, Shape,
    field::{Field, Source},
};
use crate::handshake::query_values;

impl Extraction {
    /// Reads the query parameter `name`.
    pub fn query<S: Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
    ) -> Option<S::Value> {
        let (handshake, errors) = self.parts();
        let mut values = query_values(handshake.raw_query(), name);
        param.read(&mut values, Field::new(Source::Query, name, errors))
    }
}
