//! Path parameters: segments, percent-decoded after routing.

use super::{
    Extraction, FromText, Param, RawValue, Rest, Segment, Shape,
    field::{Field, Source},
};
use crate::handshake::percent_decode;

impl Extraction {
    /// Reads the path parameter `<name>`.
    pub fn path<S: Segment + Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
    ) -> Option<S::Value> {
        let (handshake, errors) = self.parts();
        let mut values = handshake.captured(name).map(percent_decode).into_iter();
        S::read(param, &mut values, Field::new(Source::Path, name, errors))
    }

    /// Reads the remaining segments `<name..>`, as one value or as one value for each segment.
    pub fn rest<S: Rest + Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
    ) -> Option<S::Value> {
        let (handshake, errors) = self.parts();
        let rest = handshake.captured(name).unwrap_or_default();
        let field = Field::new(Source::Path, name, errors);
        if S::BY_SEGMENT {
            // An empty rest has no values, whereas `a//b` contains an empty one.
            let segments = (!rest.is_empty()).then(|| rest.split('/')).into_iter().flatten();
            S::read(param, &mut segments.map(percent_decode), field)
        } else {
            let value: RawValue<'_> = percent_decode(rest);
            S::read(param, &mut std::iter::once(value), field)
        }
    }
}
