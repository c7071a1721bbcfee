//! Messages to bytes.

use super::cut::Cut;
use super::header::{ChunkHeader, EXTENDED, Format};
use super::{
    CONTROL_CHUNK_STREAM, INITIAL_CHUNK_SIZE, MAX_CHUNK_STREAM_ID, MAX_MESSAGE_LENGTH,
    MessageHeader, WriteError,
};
use crate::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};

/// Timestamps further apart than this have wrapped the other way: half of 2³².
const HALF_RANGE: u32 = 1 << 31;

/// Cuts messages into chunks.
///
/// Each message is written whole before the next one: many servers do not follow
/// interleaved chunks. Of the headers that are lawful the smallest is taken that
/// every server reads alike:
///
/// - the first message of a chunk stream, one on another message stream and one
///   that goes back in time get a full header (type 0);
/// - the others get a difference in time, with length and type (type 1) or
///   without (type 2) where they are the same;
/// - no message starts with type 3: servers disagree about what that adds to the
///   time after a type 0 header;
/// - a difference that would need an extended timestamp gets a full header, since
///   some servers take the extended field for an absolute time;
/// - where an extended timestamp is in force, all chunks of the message repeat it.
#[derive(Debug)]
pub struct ChunkWriter {
    chunk_size: u32,
    streams: Vec<Previous>,
}

/// The last message on a chunk stream.
#[derive(Clone, Copy, Debug)]
struct Previous {
    header: MessageHeader,
    length: u32,
}

impl Default for ChunkWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl ChunkWriter {
    /// Writes the first message after the handshake.
    pub fn new() -> Self {
        Self { chunk_size: INITIAL_CHUNK_SIZE, streams: Vec::new() }
    }

    /// Appends a message to `out`. Its payload is the parts one after the other.
    pub fn write(
        &mut self,
        header: &MessageHeader,
        parts: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let length = parts.iter().map(|part| part.len()).sum();
        self.cut(header, length)?.append(parts, out);
        Ok(())
    }

    /// Says how the next message is cut, for a payload of `length` bytes that is
    /// handed to the socket from where it lies. The message counts as written.
    pub fn cut(&mut self, header: &MessageHeader, length: usize) -> Result<Cut, WriteError> {
        let message_length = match u32::try_from(length) {
            Ok(short) if short <= MAX_MESSAGE_LENGTH => short,
            _ => return Err(WriteError::MessageTooLong { length }),
        };
        check_chunk_stream(header.chunk_stream_id)?;
        let first = self.next_header(header, message_length);
        Ok(Cut::new(&first, self.chunk_size as usize, length))
    }

    /// Appends a protocol control message. A new chunk size holds from the next
    /// message on.
    pub fn write_control(
        &mut self,
        control: &ProtocolControl,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        if let ProtocolControl::SetChunkSize(size) = *control {
            check_chunk_size(size)?;
        }
        let mut body = Vec::with_capacity(8);
        control.encode(&mut body);
        self.write(&control_header(control.message_type()), &[&body], out)?;
        if let ProtocolControl::SetChunkSize(size) = *control {
            self.chunk_size = size;
        }
        Ok(())
    }

    /// Appends a user control message.
    pub fn write_user_control(
        &mut self,
        event: &UserControl,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let mut body = Vec::with_capacity(16);
        event.encode(&mut body);
        self.write(&control_header(MessageType::USER_CONTROL), &[&body], out)
    }

    /// Our chunk size in bytes. [`write_control`](Self::write_control) changes it.
    pub fn chunk_size(&self) -> u32 {
        self.chunk_size
    }

    /// Chooses the header and remembers the message for the next one.
    fn next_header(&mut self, header: &MessageHeader, length: u32) -> ChunkHeader {
        let id = header.chunk_stream_id;
        let this = Previous { header: *header, length };
        match self.streams.iter_mut().find(|previous| previous.header.chunk_stream_id == id) {
            Some(previous) => this.after(&std::mem::replace(previous, this)),
            None => {
                self.streams.push(this);
                this.full()
            }
        }
    }
}

impl Previous {
    fn full(&self) -> ChunkHeader {
        ChunkHeader {
            format: Format::Full,
            chunk_stream_id: self.header.chunk_stream_id,
            timestamp: self.header.timestamp,
            extended: self.header.timestamp >= EXTENDED,
            length: self.length,
            message_type: self.header.message_type.0,
            message_stream_id: self.header.message_stream_id,
        }
    }

    fn after(&self, previous: &Self) -> ChunkHeader {
        let full = self.full();
        let delta = self.header.timestamp.wrapping_sub(previous.header.timestamp);
        let same_stream = self.header.message_stream_id == previous.header.message_stream_id;
        if !same_stream || delta >= HALF_RANGE || delta >= EXTENDED {
            return full;
        }
        let same_type = self.header.message_type == previous.header.message_type;
        let same_length = same_type && self.length == previous.length;
        let format = if same_length { Format::SameLength } else { Format::SameStream };
        ChunkHeader { format, timestamp: delta, extended: false, ..full }
    }
}

/// Control messages belong to the connection, and their timestamp means nothing.
fn control_header(message_type: MessageType) -> MessageHeader {
    MessageHeader {
        chunk_stream_id: CONTROL_CHUNK_STREAM,
        timestamp: 0,
        message_type,
        message_stream_id: 0,
    }
}

fn check_chunk_stream(chunk_stream_id: u32) -> Result<(), WriteError> {
    if (2..=MAX_CHUNK_STREAM_ID).contains(&chunk_stream_id) {
        return Ok(());
    }
    Err(WriteError::NoSuchChunkStream { chunk_stream_id })
}

fn check_chunk_size(size: u32) -> Result<(), WriteError> {
    if (1..HALF_RANGE).contains(&size) {
        return Ok(());
    }
    Err(WriteError::InvalidChunkSize { size })
}

#[cfg(test)]
mod tests;
