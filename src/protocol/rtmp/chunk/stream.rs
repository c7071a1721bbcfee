//! What the reader remembers of one chunk stream.

use super::header::{ChunkHeader, Format};
use super::{ChunkErrorKind, MessageHeader};
use crate::protocol::rtmp::message::MessageType;

/// The last header of a chunk stream, and the message under way on it.
#[derive(Debug)]
pub(super) struct ChunkStream {
    /// The last message, or the one under way.
    pub header: MessageHeader,
    /// Its length in bytes.
    pub length: u32,
    /// Bytes of it that have not come yet; zero between messages.
    pub remaining: u32,
    /// Bytes of it that have come, unless all of it lies in the input.
    pub buffer: Vec<u8>,
    /// What a type 3 header adds to the timestamp.
    delta: u32,
    /// The extended timestamp in force, as it stood on the wire.
    pub extended: Option<u32>,
    /// The byte that goes on with a message, where the id fits into it.
    pub continuation: Option<u8>,
    /// Whether a message length was ever said.
    has_history: bool,
}

impl ChunkStream {
    /// A chunk stream with no history, which counts as zeros.
    pub fn new(chunk_stream_id: u32) -> Self {
        let header = MessageHeader {
            chunk_stream_id,
            timestamp: 0,
            message_type: MessageType(0),
            message_stream_id: 0,
        };
        Self {
            header,
            length: 0,
            remaining: 0,
            buffer: Vec::new(),
            delta: 0,
            extended: None,
            continuation: (chunk_stream_id < 64).then_some(0xC0 | chunk_stream_id as u8),
            has_history: false,
        }
    }

    /// Takes the header of a chunk, which starts a message or goes on with one.
    #[inline]
    pub fn on_header(&mut self, header: &ChunkHeader) -> Result<(), ChunkErrorKind> {
        if self.remaining > 0 {
            return self.on_continuation(header);
        }
        self.on_start(header)
    }

    /// A new message takes what its header says and the rest from the one before.
    fn on_start(&mut self, header: &ChunkHeader) -> Result<(), ChunkErrorKind> {
        let repeats_length = matches!(header.format, Format::SameLength | Format::Nothing);
        if repeats_length && !self.has_history {
            return Err(ChunkErrorKind::NoHistory { format: header.format.number() });
        }
        self.has_history = true;
        self.set_timestamp(header);
        if !repeats_length {
            self.length = header.length;
            self.header.message_type = MessageType(header.message_type);
        }
        if header.format == Format::Full {
            self.header.message_stream_id = header.message_stream_id;
        }
        self.remaining = self.length;
        Ok(())
    }

    /// After a full header, type 3 adds that header's timestamp once more
    /// (§5.3.1.2.4). Timestamps wrap at 32 bits.
    fn set_timestamp(&mut self, header: &ChunkHeader) {
        if header.format != Format::Nothing {
            self.delta = header.timestamp;
            self.extended = header.extended.then_some(header.timestamp);
        }
        let base = if header.format == Format::Full { 0 } else { self.header.timestamp };
        self.header.timestamp = base.wrapping_add(self.delta);
    }

    /// Type 3 is the only lawful format inside a message. Types 1 and 2 are
    /// tolerated while they change nothing, since widespread servers take them.
    fn on_continuation(&mut self, header: &ChunkHeader) -> Result<(), ChunkErrorKind> {
        match header.format {
            Format::Nothing => return Ok(()),
            Format::Full => return Err(ChunkErrorKind::UnfinishedMessage),
            Format::SameStream => self.check_unchanged(header)?,
            Format::SameLength => {}
        }
        self.extended = header.extended.then_some(header.timestamp);
        Ok(())
    }

    fn check_unchanged(&self, header: &ChunkHeader) -> Result<(), ChunkErrorKind> {
        let (from, to) = (self.header.message_type, MessageType(header.message_type));
        if header.length != self.length {
            return Err(ChunkErrorKind::LengthChanged { from: self.length, to: header.length });
        }
        if from != to {
            return Err(ChunkErrorKind::TypeChanged { from, to });
        }
        Ok(())
    }
}
