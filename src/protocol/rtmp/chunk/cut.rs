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
    /// Bytes of payload in each chunk but the last.
    chunk_size: usize,
    /// Bytes of payload in all.
    length: usize,
}

/// A chunk header as bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderBytes {
    bytes: [u8; MAX_HEADER_SIZE],
    size: u8,
}

impl Cut {
    pub(super) fn new(first: &ChunkHeader, chunk_size: usize) -> Self {
        let length = first.length as usize;
        let one_chunk = length <= chunk_size;
        let next = if one_chunk { HeaderBytes::NONE } else { HeaderBytes::of(&first.next()) };
        Self { first: HeaderBytes::of(first), next, chunk_size, length }
    }

    /// What goes before the payload.
    pub(in crate::protocol::rtmp) fn first_header(&self) -> &[u8] {
        self.first.as_slice()
    }

    /// What goes before each further chunk.
    pub(in crate::protocol::rtmp) fn next_header(&self) -> &[u8] {
        self.next.as_slice()
    }

    /// Bytes that the message takes on the wire, headers included.
    pub fn wire_length(&self) -> usize {
        let next_headers = self.length.saturating_sub(1) / self.chunk_size;
        let headers = self.first.as_slice().len() + next_headers * self.next.as_slice().len();
        headers + self.length
    }

    /// All bytes of the message in order: headers, and pieces of the payload.
    ///
    /// # Panics
    ///
    /// The parts must together be as long as the cut was made for.
    pub fn slices<'a>(&'a self, parts: &'a [&'a [u8]]) -> Slices<'a> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        assert_eq!(length, self.length, "the payload is the one that the cut was made for");
        Slices { cut: self, parts, rest: &[], room: self.chunk_size, header: Some(&self.first) }
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

/// The bytes of a message, piece by piece. None is empty.
#[derive(Clone, Debug)]
pub struct Slices<'a> {
    cut: &'a Cut,
    /// Parts of which nothing has come yet.
    parts: &'a [&'a [u8]],
    /// What is left of the part under way.
    rest: &'a [u8],
    /// Bytes of payload that the chunk under way still takes.
    room: usize,
    /// The header that comes next.
    header: Option<&'a HeaderBytes>,
}

impl<'a> Iterator for Slices<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if let Some(header) = self.header.take() {
            return Some(header.as_slice());
        }
        while self.rest.is_empty() {
            (self.rest, self.parts) = self.parts.split_first().map(|(part, rest)| (*part, rest))?;
        }
        if self.room == 0 {
            self.room = self.cut.chunk_size;
            return Some(self.cut.next.as_slice());
        }
        let (now, later) = self.rest.split_at(self.room.min(self.rest.len()));
        self.room -= now.len();
        self.rest = later;
        Some(now)
    }
}
