//! [`Body`]: the body of a request or a response.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request that a [fallback](crate::App::fallback) receives, and of every response of a
/// [`Service`](crate::Service): either bytes in memory, or a stream of them.
///
/// It implements [`http_body::Body`](https://docs.rs/http-body), as the bodies of tower services do.
/// `http_body_util::BodyExt` has the adapters to read one.
///
/// ```
/// use ws_runtime::Body;
///
/// let response = http::Response::new(Body::from("hello"));
/// ```
#[derive(Default)]
pub struct Body(Kind);

/// The two kinds of body. The bodies of the library's own responses are never boxed.
enum Kind {
    Whole(Full<Bytes>),
    Boxed(UnsyncBoxBody<Bytes, BoxError>),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Whole(Full::default())
    }
}

impl Body {
    /// Wraps a body of any other type.
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Kind::Boxed(body.map_err(Into::into).boxed_unsync()))
    }

    /// Returns the bytes of a body that is in memory, and no bytes for a stream.
    pub(crate) fn into_bytes(self) -> Bytes {
        match self.0 {
            Kind::Whole(body) => body.into_inner().unwrap_or_default(),
            Kind::Boxed(_) => Bytes::new(),
        }
    }

    /// Creates an empty body.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Whole(Full::new(bytes)))
    }
}

impl From<()> for Body {
    /// Creates an empty body.
    fn from((): ()) -> Self {
        Self::empty()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Whole(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            Kind::Boxed(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(body) => body.is_end_stream(),
            Kind::Boxed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(body) => body.size_hint(),
            Kind::Boxed(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The content is never printed.
        f.debug_struct("Body").field("size", &self.size_hint()).finish_non_exhaustive()
    }
}
