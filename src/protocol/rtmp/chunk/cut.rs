//! How one message is cut into chunks: what goes before and between its bytes.

use super::header::{ChunkHeader, Format, MAX_HEADER_SIZE};

/// The chunk headers of one message.
///
/// All headers after the first are the same few bytes, so that a payload of any
/// length is cut without touching it: [`slices`](Self::slices) gives pieces for a
/// vectored write, [`append`](Self::append) copies them.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    first: HeaderBytes,
    /// Of no use, and empty, where one chunk is enough.
    next: HeaderBytes,
    /// Bytes of payload in each chunk but the last.
    chunk_size: usize,
    /// Bytes of payload in all.
    length: usize,
}

/// A chunk header as bytes.
#[derive(Clone, Copy, Debug)]
struct HeaderBytes {
    bytes: [u8; MAX_HEADER_SIZE],
    size: usize,
}

impl Cut {
    pub(super) fn new(first: &ChunkHeader, chunk_size: usize, length: usize) -> Self {
        let next = if length > chunk_size {
            HeaderBytes::of(&ChunkHeader { format: Format::Nothing, ..*first })
        } else {
            HeaderBytes::NONE
        };
        Self { first: HeaderBytes::of(first), next, chunk_size, length }
    }

    /// Bytes that the message takes on the wire, headers included.
    pub fn wire_length(&self) -> usize {
        self.first.size + self.length + self.next_headers() * self.next.size
    }

    /// All bytes of the message in order: headers, and pieces of the payload, which
    /// is the parts one after the other and as long as the cut was made for.
    pub fn slices<'a>(&'a self, parts: &'a [&'a [u8]]) -> Slices<'a> {
        self.check(parts);
        Slices { cut: self, parts, rest: &[], room: self.chunk_size, header: Some(&self.first) }
    }

    /// Appends all bytes of the message to `out`.
    pub fn append(&self, parts: &[&[u8]], out: &mut Vec<u8>) {
        self.check(parts);
        out.reserve(self.wire_length() + MAX_HEADER_SIZE);
        self.first.append(out);
        if self.length <= self.chunk_size {
            for part in parts {
                out.extend_from_slice(part);
            }
            return;
        }
        let mut room = self.chunk_size;
        for part in parts {
            room = self.append_part(part, room, out);
        }
    }

    /// Appends one part, where the chunk under way has that much room, and gives
    /// the room that is left.
    fn append_part(&self, part: &[u8], mut room: usize, out: &mut Vec<u8>) -> usize {
        let mut rest = part;
        while !rest.is_empty() {
            if room == 0 {
                self.next.append(out);
                room = self.chunk_size;
            }
            let (now, later) = rest.split_at(room.min(rest.len()));
            out.extend_from_slice(now);
            room -= now.len();
            rest = later;
        }
        room
    }

    fn next_headers(&self) -> usize {
        if self.length > self.chunk_size { (self.length - 1) / self.chunk_size } else { 0 }
    }

    fn check(&self, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        assert_eq!(length, self.length, "the payload is the one that the cut was made for");
    }
}

impl HeaderBytes {
    const NONE: Self = Self { bytes: [0; MAX_HEADER_SIZE], size: 0 };

    fn of(header: &ChunkHeader) -> Self {
        let mut bytes = [0; MAX_HEADER_SIZE];
        let size = header.write(&mut bytes);
        Self { bytes, size }
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.size]
    }

    /// A copy of fixed length is a few moves, where one of any length is a call;
    /// what is too much is cut off again.
    fn append(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.size;
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
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
