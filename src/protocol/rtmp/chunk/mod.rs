//! The chunk stream: messages cut into chunks and put together again (RTMP 1.0 §5.3).
//!
//! [`ChunkReader`] takes the bytes of a connection after the handshake, in any
//! pieces, and lends out whole messages. [`ChunkWriter`] appends the chunks of a
//! message to a buffer. Both follow changes of the chunk size by themselves; what
//! else a message means is left to the session.

mod copy;
mod cut;
mod error;
mod header;
mod reader;
mod stream;
mod writer;

pub use cut::Cut;
pub use error::{ChunkError, ChunkErrorKind, WriteError};
pub use reader::{ChunkReader, Limits};
pub use writer::ChunkWriter;

use bytes::Bytes;

use super::message::MessageType;

/// The chunk size that both sides start with, in bytes (RTMP 1.0 §5.4.1).
pub const INITIAL_CHUNK_SIZE: u32 = 128;

/// The longest message that a chunk header can announce, in bytes.
pub const MAX_MESSAGE_LENGTH: u32 = 0xFF_FFFF;

/// The chunk stream of protocol and user control messages (RTMP 1.0 §5.4).
pub const CONTROL_CHUNK_STREAM: u32 = 2;

/// The largest chunk stream id (RTMP 1.0 §5.3.1.1).
pub const MAX_CHUNK_STREAM_ID: u32 = 65_599;

/// What a chunk stream says about a message, beside its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageHeader {
    /// The chunk stream that carries it: 2 to 65,599.
    pub chunk_stream_id: u32,
    /// Milliseconds, modulo 2³², from an epoch that the sender chooses.
    pub timestamp: u32,
    /// What the payload is.
    pub message_type: MessageType,
    /// The stream it belongs to; zero is the connection itself.
    pub message_stream_id: u32,
}

/// A whole message, lent by the reader until its next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What the chunk stream says about it.
    pub header: MessageHeader,
    /// Its bytes.
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// The payload in memory of its own, to be shared among several takers: one
    /// allocation of exactly its length, so that what is kept long costs no more
    /// than it must.
    pub fn to_bytes(&self) -> Bytes {
        Bytes::copy_from_slice(self.payload)
    }
}
