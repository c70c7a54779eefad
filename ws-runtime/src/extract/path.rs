//! Path parameters: segments, percent-decoded after routing.

use super::{
    Extraction, FromText, Param, RawValue, Rest, Segment, Shape,
    bare::InPath,
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
        param.read(&mut values, Field::new(Source::Path, name, errors))
    }

    /// Reads the remaining segments `<name..>`, as one value or as one value for each segment.
    pub fn rest<S: Rest + Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
    ) -> Option<S::Value> {
        self.captured(name, param, S::BY_SEGMENT)
    }

    /// Reads the path parameter `<name>` or `<name..>` of the endpoint for one of its dependencies.
    pub fn in_path<S: InPath + Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
    ) -> Option<S::Value> {
        self.captured(name, param, S::BY_SEGMENT)
    }

    fn captured<S: Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
        by_segment: bool,
    ) -> Option<S::Value> {
        let (handshake, errors) = self.parts();
        let field = Field::new(Source::Path, name, errors);
        let captured = handshake.captured(name);
        if by_segment {
            // An empty rest has no values, whereas `a//b` contains an empty one.
            let segments = captured.filter(|rest| !rest.is_empty()).map(|rest| rest.split('/'));
            param.read(&mut segments.into_iter().flatten().map(percent_decode), field)
        } else {
            let values = captured.map(|text| -> RawValue<'_> { percent_decode(text) });
            param.read(&mut values.into_iter(), field)
        }
    }
}
