//! Action Message Format: the values inside commands and metadata.
//!
//! [`Encoder`] writes AMF0, [`Decoder`] reads AMF0 and, after an avmplus marker,
//! AMF3 (AMF0 §3.1). Both kinds become a [`Value`], which keeps the order of
//! properties, their duplicates and bytes that are not UTF-8.
//!
//! What a hostile peer can ask for is bounded by [`MAX_DEPTH`], [`MAX_VALUES`] and
//! [`MAX_REPEATED_TEXT`]; a count on the wire never allocates anything.
//!
//! Commands and their meaning belong to [`rtmp`](super::rtmp), not here.

mod amf3;
mod decode;
mod encode;
mod error;
mod text;
mod value;

pub use decode::Decoder;
pub use encode::Encoder;
pub use error::{AmfError, AmfErrorKind};
pub use text::AmfString;
pub use value::{Properties, Value};

/// How deep values may be nested: an object in an object counts two.
pub const MAX_DEPTH: usize = 32;

/// How many values one decoder hands out, nested ones counted.
pub const MAX_VALUES: usize = 10_000;

/// How many bytes of text AMF3 references may repeat beyond what was sent.
pub const MAX_REPEATED_TEXT: usize = 1 << 20;

/// The type markers of AMF0 §2.1.
mod marker {
    pub const NUMBER: u8 = 0x00;
    pub const BOOLEAN: u8 = 0x01;
    pub const STRING: u8 = 0x02;
    pub const OBJECT: u8 = 0x03;
    pub const NULL: u8 = 0x05;
    pub const UNDEFINED: u8 = 0x06;
    pub const REFERENCE: u8 = 0x07;
    pub const ECMA_ARRAY: u8 = 0x08;
    pub const OBJECT_END: u8 = 0x09;
    pub const STRICT_ARRAY: u8 = 0x0A;
    pub const DATE: u8 = 0x0B;
    pub const LONG_STRING: u8 = 0x0C;
    pub const UNSUPPORTED: u8 = 0x0D;
    pub const XML_DOCUMENT: u8 = 0x0F;
    pub const TYPED_OBJECT: u8 = 0x10;
    pub const AVMPLUS: u8 = 0x11;
}
