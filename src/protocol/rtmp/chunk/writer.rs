//! Messages to bytes.

use super::copy;
use super::cut::{Cut, HeaderBytes};
use super::header::{ChunkHeader, EXTENDED, Format, MAX_HEADER_SIZE};
use super::{
    CONTROL_CHUNK_STREAM, INITIAL_CHUNK_SIZE, MAX_CHUNK_STREAM_ID, MAX_MESSAGE_LENGTH,
    MessageHeader, WriteError,
};
use crate::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};

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
    chunk_stream_id: u32,
    timestamp: u32,
    length: u32,
    message_type: u8,
    message_stream_id: u32,
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
        let first = self.next_header(header, length)?;
        let chunk_size = self.chunk_size as usize;
        if length <= chunk_size {
            out.reserve(MAX_HEADER_SIZE + length);
            first.append(out);
            parts.iter().for_each(|part| out.extend_from_slice(part));
        } else {
            append_chunks(&first, parts, chunk_size, out);
        }
        Ok(())
    }

    /// Says how the next message is cut, for a payload of `length` bytes that is
    /// handed to the socket from where it lies. The message counts as written.
    pub fn cut(&mut self, header: &MessageHeader, length: usize) -> Result<Cut, WriteError> {
        let first = self.next_header(header, length)?;
        Ok(Cut::new(&first, self.chunk_size as usize))
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
    #[inline]
    fn next_header(
        &mut self,
        header: &MessageHeader,
        length: usize,
    ) -> Result<ChunkHeader, WriteError> {
        let chunk_stream_id = header.chunk_stream_id;
        if length > MAX_MESSAGE_LENGTH as usize {
            return Err(WriteError::MessageTooLong { length });
        }
        if !(2..=MAX_CHUNK_STREAM_ID).contains(&chunk_stream_id) {
            return Err(WriteError::NoSuchChunkStream { chunk_stream_id });
        }
        let full = full_header(header, length as u32);
        let is_it = |previous: &&mut Previous| previous.chunk_stream_id == chunk_stream_id;
        let Some(previous) = self.streams.iter_mut().find(is_it) else {
            self.streams.push(Previous::of(header, &full));
            return Ok(full);
        };
        let chosen = previous.shorten(header.timestamp, full);
        *previous = Previous::of(header, &full);
        Ok(chosen)
    }
}

impl Previous {
    fn of(header: &MessageHeader, full: &ChunkHeader) -> Self {
        Self {
            chunk_stream_id: full.chunk_stream_id,
            timestamp: header.timestamp,
            length: full.length,
            message_type: full.message_type,
            message_stream_id: full.message_stream_id,
        }
    }

    /// The smallest header for the message that comes after this one.
    fn shorten(&self, timestamp: u32, full: ChunkHeader) -> ChunkHeader {
        // A time before this one gives a difference of 2³¹ and more.
        let delta = timestamp.wrapping_sub(self.timestamp);
        if delta >= EXTENDED || full.message_stream_id != self.message_stream_id {
            return full;
        }
        let same = full.message_type == self.message_type && full.length == self.length;
        let format = if same { Format::SameLength } else { Format::SameStream };
        ChunkHeader { format, timestamp: delta, extended: false, ..full }
    }
}

fn full_header(header: &MessageHeader, length: u32) -> ChunkHeader {
    ChunkHeader {
        format: Format::Full,
        chunk_stream_id: header.chunk_stream_id,
        timestamp: header.timestamp,
        extended: header.timestamp >= EXTENDED,
        length,
        message_type: header.message_type.0,
        message_stream_id: header.message_stream_id,
    }
}

/// Appends a payload that is longer than one chunk, with a header before each.
fn append_chunks(first: &ChunkHeader, parts: &[&[u8]], chunk_size: usize, out: &mut Vec<u8>) {
    let next = HeaderBytes::of(&first.next());
    let length = first.length as usize;
    out.reserve(MAX_HEADER_SIZE + length + (length / chunk_size) * next.as_slice().len());
    first.append(out);
    let mut room = chunk_size;
    for part in parts {
        let mut rest = *part;
        while rest.len() > room {
            let (now, later) = rest.split_at(room);
            copy::append(out, now);
            out.extend_from_slice(next.as_slice());
            (rest, room) = (later, chunk_size);
        }
        copy::append(out, rest);
        room -= rest.len();
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

fn check_chunk_size(size: u32) -> Result<(), WriteError> {
    if (1..1 << 31).contains(&size) {
        return Ok(());
    }
    Err(WriteError::InvalidChunkSize { size })
}

#[cfg(test)]
mod tests;
