//! Why chunks could not be read or written.

use thiserror::Error;

use crate::protocol::rtmp::message::{MessageError, MessageType};

/// What was wrong with a peer's chunks, and where. The connection is lost: nothing
/// says where the next chunk starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind} (chunk stream {chunk_stream_id}, byte {offset} of the connection)")]
pub struct ChunkError {
    /// Where the chunk starts, in bytes from the start of the connection.
    pub offset: u64,
    /// The chunk stream it belongs to.
    pub chunk_stream_id: u32,
    /// What was wrong.
    pub kind: ChunkErrorKind,
}

/// What can be wrong with chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChunkErrorKind {
    /// Announced longer than [`Limits`](super::Limits) allow.
    #[error("a message of {length} bytes and type {}, where {limit} are allowed", message_type.0)]
    MessageTooLong {
        /// What kind of message.
        message_type: MessageType,
        /// Bytes announced.
        length: u32,
        /// Bytes allowed.
        limit: u32,
    },
    /// More chunk streams in use than [`Limits`](super::Limits) allow.
    #[error("more than {limit} chunk streams")]
    TooManyChunkStreams {
        /// How many are allowed.
        limit: usize,
    },
    /// More bytes of unfinished messages than [`Limits`](super::Limits) allow.
    #[error("more than {limit} bytes of unfinished messages")]
    TooManyPartialBytes {
        /// How many are allowed.
        limit: usize,
    },
    /// A chunk inside a message that claims another length for it.
    #[error("the length of an unfinished message changed from {from} to {to}")]
    LengthChanged {
        /// Bytes announced at first.
        from: u32,
        /// Bytes announced now.
        to: u32,
    },
    /// A chunk inside a message that claims another type for it.
    #[error("the type of an unfinished message changed from {} to {}", from.0, to.0)]
    TypeChanged {
        /// The type announced at first.
        from: MessageType,
        /// The type announced now.
        to: MessageType,
    },
    /// A full header (type 0) inside a message that was not aborted.
    #[error("a new message inside an unfinished one")]
    UnfinishedMessage,
    /// A chunk that repeats the length of a message before it, and none was before
    /// it (chunk types 2 and 3).
    #[error("a chunk of type {format} with no message before it")]
    NoHistory {
        /// The chunk type.
        format: u8,
    },
    /// A message for the chunk stream itself that makes no sense.
    #[error(transparent)]
    BadControl(#[from] MessageError),
}

/// Why a message cannot be written. Nothing was written then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WriteError {
    /// No chunk header can announce it.
    #[error("a message of {length} bytes is longer than 16,777,215")]
    MessageTooLong {
        /// Bytes of payload.
        length: usize,
    },
    /// Not within 2 and 65,599.
    #[error("there is no chunk stream {chunk_stream_id}")]
    NoSuchChunkStream {
        /// The id asked for.
        chunk_stream_id: u32,
    },
    /// Not within 1 and 2³¹ − 1.
    #[error("{size} is no chunk size")]
    InvalidChunkSize {
        /// The size asked for.
        size: u32,
    },
}
