//! Path parameters: segments, percent-decoded after routing.

use super::{
    Extraction, RawValue, ReadRest, ReadSegment,
    param::{Field, Source},
    percent_decode,
};

impl Extraction {
    /// Reads the path parameter `<name>`.
    pub fn path<P: ReadSegment>(&mut self, name: &'static str, param: P) -> Option<P::Value> {
        let (handshake, errors) = self.parts();
        let mut values = handshake.captured(name).map(percent_decode).into_iter();
        param.read(&mut values, Field::new(Source::Path, name, errors))
    }

    /// Reads the remaining segments `<name..>`: as one value, or as one for each segment.
    pub fn rest<P: ReadRest>(&mut self, name: &'static str, param: P) -> Option<P::Value> {
        let (handshake, errors) = self.parts();
        let rest = handshake.captured(name).unwrap_or_default();
        let field = Field::new(Source::Path, name, errors);
        if P::BY_SEGMENT {
            // No segments at all are no values; `a//b` has an empty one.
            let segments = (!rest.is_empty()).then(|| rest.split('/')).into_iter().flatten();
            param.read(&mut segments.map(percent_decode), field)
        } else {
            let value: RawValue<'_> = percent_decode(rest);
            param.read(&mut std::iter::once(value), field)
        }
    }
}
