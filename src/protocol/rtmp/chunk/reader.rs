//! Bytes to messages.

use super::copy;
use super::header::{ChunkHeader, MAX_HEADER_SIZE};
use super::stream::ChunkStream;
use super::{ChunkError, ChunkErrorKind, INITIAL_CHUNK_SIZE, MAX_MESSAGE_LENGTH, Message};
use crate::protocol::rtmp::message::{MessageType, ProtocolControl};

/// Buffers kept for messages to come.
const MAX_SPARE_BUFFERS: usize = 4;

/// A buffer that grew beyond this is given back rather than kept, in bytes. It
/// also bounds what a chunk stream can hold for a message of few bytes.
const MAX_SPARE_CAPACITY: usize = 256 << 10;

/// What a peer may ask for. A breach is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in one message; no more than 16,777,215 can be announced.
    pub max_message_length: u32,
    /// Chunk streams in use since the connection began.
    pub max_chunk_streams: usize,
    /// Bytes of all unfinished messages together, with the one being read.
    pub max_partial_bytes: usize,
}

impl Limits {
    /// For a connection that is answered: enough for every reply.
    pub const CLIENT: Self =
        Self { max_message_length: 4 << 20, max_chunk_streams: 64, max_partial_bytes: 8 << 20 };

    /// For a connection that publishes to us: enough for large keyframes.
    pub const SERVER: Self =
        Self { max_message_length: 10 << 20, max_chunk_streams: 64, max_partial_bytes: 16 << 20 };
}

/// Puts messages together from the bytes of a connection, in any pieces.
///
/// ```
/// # use tallylight::protocol::rtmp::chunk::{ChunkReader, Limits};
/// let mut reader = ChunkReader::new(Limits::CLIENT);
/// let mut input: &[u8] = &[0x02, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 16, 0];
/// while let Some(message) = reader.read(&mut input)? {
///     println!("type {}, {} bytes", message.header.message_type.0, message.payload.len());
/// }
/// # Ok::<(), tallylight::protocol::rtmp::chunk::ChunkError>(())
/// ```
///
/// A message borrows the reader. Keep the reader beside the state that messages
/// change, not inside it.
///
/// A message that lies in the input in one piece is lent from there. Others are
/// gathered in buffers that grow with what arrives, never with what is announced,
/// and are used again: once warm, reading allocates nothing.
#[derive(Debug)]
pub struct ChunkReader {
    limits: Limits,
    /// The peer's chunk size; any above the longest message means "whole".
    chunk_size: u32,
    streams: Vec<ChunkStream>,
    /// Index of the chunk stream of the last header.
    current: usize,
    /// Bytes of the current chunk that have not come yet.
    chunk_remaining: u32,
    /// Whether a chunk is under way, which may be one with no bytes.
    in_chunk: bool,
    /// The start of a header whose rest has not come yet.
    carry: Carry,
    /// Bytes of the connection before the next one to read.
    offset: u64,
    /// Where the current chunk starts.
    chunk_offset: u64,
    /// Bytes in the buffers of unfinished messages.
    partial_bytes: usize,
    /// The message that is lent out.
    lent: Vec<u8>,
    /// Empty buffers for messages to come.
    spare: Vec<Vec<u8>>,
}

/// A message that is complete.
struct Complete<'i> {
    /// Its payload, where it lies in the input; else it is the lent buffer.
    payload: Option<&'i [u8]>,
}

impl ChunkReader {
    /// Reads from the first byte after the handshake.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            chunk_size: INITIAL_CHUNK_SIZE,
            streams: Vec::new(),
            current: 0,
            chunk_remaining: 0,
            in_chunk: false,
            carry: Carry::default(),
            offset: 0,
            chunk_offset: 0,
            partial_bytes: 0,
            lent: Vec::new(),
            spare: Vec::with_capacity(MAX_SPARE_BUFFERS),
        }
    }

    /// Counts from `offset` instead of zero, so that errors tell the place in the
    /// connection, handshake included.
    pub fn starting_at(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Takes bytes from the front of `input` until a message is complete, and gives
    /// it; or takes all of them and gives nothing. A change of the chunk size or an
    /// abort is in force when its message is given.
    ///
    /// After an error nothing more can be read from this connection.
    pub fn read<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Message<'a>>, ChunkError> {
        self.take_back();
        let Some(complete) = self.next_complete(input)? else {
            return Ok(None);
        };
        self.obey(complete.payload).map_err(|kind| self.error(kind))?;
        let header = self.streams[self.current].header;
        Ok(Some(Message { header, payload: complete.payload.unwrap_or(&self.lent) }))
    }

    /// Changes what the peer may ask for. What it has sent already stays.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The peer's chunk size in bytes.
    pub fn chunk_size(&self) -> u32 {
        self.chunk_size
    }

    /// Bytes of the connection that were read, up to the last whole chunk header
    /// or payload byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Memory held for messages, in bytes: unfinished, lent and spare.
    pub fn buffered_capacity(&self) -> usize {
        let unfinished = self.streams.iter().map(|stream| stream.buffer.capacity());
        let spare = self.spare.iter().map(Vec::capacity);
        unfinished.chain(spare).sum::<usize>() + self.lent.capacity()
    }

    fn next_complete<'i>(
        &mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Complete<'i>>, ChunkError> {
        loop {
            if !self.in_chunk && !self.next_header(input)? {
                return Ok(None);
            }
            if let Some(payload) = self.whole_in(input)? {
                return Ok(Some(Complete { payload: Some(payload) }));
            }
            self.gather(input)?;
            if self.in_chunk {
                return Ok(None);
            }
            if self.streams[self.current].remaining == 0 {
                self.lend();
                return Ok(Some(Complete { payload: None }));
            }
        }
    }

    /// Reads a chunk header; false when its end has not come yet.
    fn next_header(&mut self, input: &mut &[u8]) -> Result<bool, ChunkError> {
        let carried = self.carry.length;
        let parsed = if carried == 0 {
            self.parse_header(input)
        } else {
            self.carry.fill(input);
            self.parse_header(self.carry.bytes())
        };
        let Some((header, size)) = parsed else {
            if carried == 0 {
                self.carry.fill(input);
            }
            *input = &[];
            return Ok(false);
        };
        self.chunk_offset = self.offset;
        self.offset += size as u64;
        // Bytes of the input that were copied for the header but are not part of
        // it are read again from the input.
        *input = &input[size.saturating_sub(carried)..];
        self.carry.keep(size..carried);
        self.start_chunk(&header)?;
        Ok(true)
    }

    #[inline]
    fn parse_header(&self, bytes: &[u8]) -> Option<(ChunkHeader, usize)> {
        ChunkHeader::parse(bytes, |chunk_stream_id| {
            self.find(chunk_stream_id).and_then(|index| self.streams[index].extended)
        })
    }

    fn start_chunk(&mut self, header: &ChunkHeader) -> Result<(), ChunkError> {
        self.current = self.find_or_add(header.chunk_stream_id)?;
        let stream = &mut self.streams[self.current];
        if let Err(kind) = stream.on_header(header) {
            return Err(self.error(kind));
        }
        let (length, message_type) = (stream.length, stream.header.message_type);
        let limit = self.limits.max_message_length;
        if length > limit {
            return Err(self.error(ChunkErrorKind::MessageTooLong { message_type, length, limit }));
        }
        self.chunk_remaining = stream.remaining.min(self.chunk_size);
        self.in_chunk = true;
        Ok(())
    }

    /// The payload of a message that consists of this one chunk and lies in the
    /// input with all its bytes.
    fn whole_in<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, ChunkError> {
        let stream = &self.streams[self.current];
        let length = self.chunk_remaining;
        let whole = length == stream.length && length == stream.remaining;
        if !whole || self.carry.length > 0 || input.len() < length as usize {
            return Ok(None);
        }
        // Nothing is kept, but how bytes come in pieces must not matter.
        self.check_partial(length as usize)?;
        let (payload, rest) = input.split_at(length as usize);
        *input = rest;
        self.offset += u64::from(length);
        self.streams[self.current].remaining = 0;
        (self.chunk_remaining, self.in_chunk) = (0, false);
        Ok(Some(payload))
    }

    /// Copies what there is of the current chunk, and of those after it while they
    /// go on with the same message in the usual way.
    fn gather(&mut self, input: &mut &[u8]) -> Result<(), ChunkError> {
        if self.carry.length > 0 {
            let carry = self.carry;
            let mut carried = carry.bytes();
            self.append(&mut carried)?;
            self.carry.keep(carry.length - carried.len()..carry.length);
        }
        if self.carry.length == 0 && self.in_chunk {
            self.append(input)?;
        }
        Ok(())
    }

    /// Adds bytes from the front of `bytes` to the current message. Headers of one
    /// known byte are taken along the way, since nearly all chunks of long messages
    /// have them.
    fn append(&mut self, bytes: &mut &[u8]) -> Result<(), ChunkError> {
        loop {
            let taken = bytes.len().min(self.chunk_remaining as usize);
            self.check_partial(taken)?;
            self.make_room(taken);
            let (now, later) = bytes.split_at(taken);
            let stream = &mut self.streams[self.current];
            copy::append(&mut stream.buffer, now);
            // No more than `chunk_remaining`, which is a u32.
            stream.remaining -= taken as u32;
            self.chunk_remaining -= taken as u32;
            self.partial_bytes += taken;
            self.offset += taken as u64;
            *bytes = later;
            self.in_chunk = self.chunk_remaining > 0;
            if self.in_chunk || !self.take_usual_header(bytes) {
                return Ok(());
            }
        }
    }

    /// Takes the one byte that goes on with a message on a low chunk stream without
    /// an extended timestamp, if it is next.
    #[inline]
    fn take_usual_header(&mut self, bytes: &mut &[u8]) -> bool {
        let stream = &self.streams[self.current];
        let [byte, rest @ ..] = *bytes else { return false };
        let usual = stream.continuation == Some(*byte) && stream.extended.is_none();
        if stream.remaining == 0 || !usual {
            return false;
        }
        self.chunk_offset = self.offset;
        self.offset += 1;
        self.chunk_remaining = stream.remaining.min(self.chunk_size);
        self.in_chunk = true;
        *bytes = rest;
        true
    }

    /// Gives the current message room for so many bytes more, which have arrived.
    #[inline]
    fn make_room(&mut self, more: usize) {
        let stream = &mut self.streams[self.current];
        if stream.buffer.capacity() == 0 && more > 0 {
            stream.buffer = self.spare.pop().unwrap_or_default();
        }
        grow(&mut stream.buffer, more, stream.length as usize);
    }

    fn check_partial(&self, more: usize) -> Result<(), ChunkError> {
        let limit = self.limits.max_partial_bytes;
        if self.partial_bytes + more > limit {
            return Err(self.error(ChunkErrorKind::TooManyPartialBytes { limit }));
        }
        Ok(())
    }

    /// Makes the buffer of the current message the one that is lent out.
    fn lend(&mut self) {
        self.lent = std::mem::take(&mut self.streams[self.current].buffer);
        self.partial_bytes -= self.lent.len();
    }

    /// Takes the buffer back that was lent out with the message before.
    fn take_back(&mut self) {
        let buffer = std::mem::take(&mut self.lent);
        self.keep_spare(buffer);
    }

    fn keep_spare(&mut self, mut buffer: Vec<u8>) {
        let useful = (1..=MAX_SPARE_CAPACITY).contains(&buffer.capacity());
        if useful && self.spare.len() < MAX_SPARE_BUFFERS {
            buffer.clear();
            self.spare.push(buffer);
        }
    }

    /// Does what a message asks of the chunk stream itself. The payload is the lent
    /// buffer where it is not given.
    fn obey(&mut self, payload: Option<&[u8]>) -> Result<(), ChunkErrorKind> {
        let message_type = self.streams[self.current].header.message_type;
        if !matches!(message_type, MessageType::SET_CHUNK_SIZE | MessageType::ABORT) {
            return Ok(());
        }
        match ProtocolControl::parse(message_type, payload.unwrap_or(&self.lent))? {
            Some(ProtocolControl::SetChunkSize(size)) => {
                self.chunk_size = size.min(MAX_MESSAGE_LENGTH);
            }
            Some(ProtocolControl::Abort { chunk_stream_id }) => self.abort(chunk_stream_id),
            _ => {}
        }
        Ok(())
    }

    /// Drops the unfinished message of a chunk stream. Its header stays what the
    /// next one refers to.
    fn abort(&mut self, chunk_stream_id: u32) {
        let Some(index) = self.find(chunk_stream_id) else {
            return;
        };
        let stream = &mut self.streams[index];
        stream.remaining = 0;
        let buffer = std::mem::take(&mut stream.buffer);
        self.partial_bytes -= buffer.len();
        self.keep_spare(buffer);
    }

    /// Chunk streams are few, and the next chunk mostly belongs to the last one's.
    #[inline]
    fn find(&self, chunk_stream_id: u32) -> Option<usize> {
        let is_it = |stream: &ChunkStream| stream.header.chunk_stream_id == chunk_stream_id;
        if self.streams.get(self.current).is_some_and(is_it) {
            return Some(self.current);
        }
        self.streams.iter().position(is_it)
    }

    fn find_or_add(&mut self, chunk_stream_id: u32) -> Result<usize, ChunkError> {
        if let Some(index) = self.find(chunk_stream_id) {
            return Ok(index);
        }
        let limit = self.limits.max_chunk_streams;
        if self.streams.len() >= limit {
            let kind = ChunkErrorKind::TooManyChunkStreams { limit };
            return Err(ChunkError { offset: self.chunk_offset, chunk_stream_id, kind });
        }
        self.streams.push(ChunkStream::new(chunk_stream_id));
        Ok(self.streams.len() - 1)
    }

    fn error(&self, kind: ChunkErrorKind) -> ChunkError {
        let chunk_stream_id = self.streams[self.current].header.chunk_stream_id;
        ChunkError { offset: self.chunk_offset, chunk_stream_id, kind }
    }
}

/// Makes room for `more` bytes: twice what there was, but no more than the message
/// can need, and for a start no more than has arrived.
fn grow(buffer: &mut Vec<u8>, more: usize, length: usize) {
    let needed = buffer.len() + more;
    if needed > buffer.capacity() {
        let wanted = (2 * buffer.capacity()).min(length).max(needed);
        buffer.reserve_exact(wanted - buffer.len());
    }
}

/// The start of a chunk header that came in pieces.
#[derive(Clone, Copy, Debug, Default)]
struct Carry {
    bytes: [u8; MAX_HEADER_SIZE],
    length: usize,
}

impl Carry {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Copies as much of the input as a header can need.
    fn fill(&mut self, input: &[u8]) {
        let count = input.len().min(MAX_HEADER_SIZE - self.length);
        self.bytes[self.length..self.length + count].copy_from_slice(&input[..count]);
        self.length += count;
    }

    /// Keeps only the bytes of this range, which may be empty or reversed.
    fn keep(&mut self, range: std::ops::Range<usize>) {
        self.length = range.len();
        if !range.is_empty() {
            self.bytes.copy_within(range, 0);
        }
    }
}

#[cfg(test)]
mod tests;
