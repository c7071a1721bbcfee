//! How one message is cut into chunks: what goes before and between its bytes.

use super::header::{ChunkHeader, MAX_HEADER_SIZE};

/// The chunk headers of one message, for a payload that is not copied.
///
/// All headers after the first are the same few bytes, so that a payload of any
/// length is cut without touching it.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    first: HeaderBytes,
    /// Empty where one chunk is enough.
    next: HeaderBytes,
}

/// A chunk header as bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderBytes {
    bytes: [u8; MAX_HEADER_SIZE],
    size: u8,
}

impl Cut {
    pub(super) fn new(first: &ChunkHeader, chunk_size: usize) -> Self {
        let one_chunk = first.length as usize <= chunk_size;
        let next = if one_chunk { HeaderBytes::NONE } else { HeaderBytes::of(&first.next()) };
        Self { first: HeaderBytes::of(first), next }
    }

    /// What goes before the payload.
    pub(in crate::protocol::rtmp) fn first_header(&self) -> &[u8] {
        self.first.as_slice()
    }

    /// What goes before each further chunk.
    pub(in crate::protocol::rtmp) fn next_header(&self) -> &[u8] {
        self.next.as_slice()
    }
}

impl HeaderBytes {
    const NONE: Self = Self { bytes: [0; MAX_HEADER_SIZE], size: 0 };

    pub fn of(header: &ChunkHeader) -> Self {
        let mut bytes = [0; MAX_HEADER_SIZE];
        let size = header.write(&mut bytes);
        Self { bytes, size: size as u8 }
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.size)]
    }
}
