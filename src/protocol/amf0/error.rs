//! Why bytes could not be read as values.

use thiserror::Error;

/// What was wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind} at byte {offset} of the message")]
pub struct AmfError {
    /// Where in the decoder's input, in bytes.
    pub offset: usize,
    /// What was wrong there.
    pub kind: AmfErrorKind,
}

/// What can be wrong with bytes that claim to be values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmfErrorKind {
    /// The message ends inside a value.
    #[error("the message ends inside a value")]
    Truncated,
    /// An AMF0 type that does not exist or is reserved (AMF0 §2.1).
    #[error("unknown AMF0 type {0:#04x}")]
    UnknownMarker(u8),
    /// An AMF3 type that does not exist or has no place in RTMP (AMF3 §3.1).
    #[error("unknown AMF3 type {0:#04x}")]
    UnknownAmf3Marker(u8),
    /// An object end with no object to end.
    #[error("an object end outside of an object")]
    UnexpectedObjectEnd,
    /// Nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    #[error("values are nested too deep")]
    TooDeep,
    /// More values than [`MAX_VALUES`](super::MAX_VALUES).
    #[error("too many values")]
    TooManyValues,
    /// References repeat more than [`MAX_REPEATED_TEXT`](super::MAX_REPEATED_TEXT).
    #[error("references repeat too much text")]
    TooMuchText,
    /// An AMF3 reference to something that was not sent before.
    #[error("a reference to nothing")]
    BadReference,
    /// An AMF3 object that contains itself.
    #[error("an object that contains itself")]
    CircularReference,
    /// An AMF3 class with its own encoding, which only that class knows.
    #[error("an externalizable class that is not known")]
    Externalizable,
}
