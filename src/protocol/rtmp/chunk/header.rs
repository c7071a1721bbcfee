//! The bytes in front of a chunk's payload (RTMP 1.0 §5.3.1).

use super::MAX_CHUNK_STREAM_ID;

/// The longest chunk header: three bytes of chunk stream id, eleven of message
/// header, four of extended timestamp.
pub(super) const MAX_HEADER_SIZE: usize = 18;

/// A timestamp field of this value says that the timestamp follows in four bytes.
pub(super) const EXTENDED: u32 = 0xFF_FFFF;

/// How much of the message header is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Type 0: everything; the timestamp is absolute.
    Full,
    /// Type 1: the message stream is the one before.
    SameStream,
    /// Type 2: length and type are those before, too.
    SameLength,
    /// Type 3: nothing; the chunk goes on with a message or repeats the header.
    Nothing,
}

/// One chunk header as it stands on the wire. Fields that its format leaves out
/// are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkHeader {
    /// Which fields are there.
    pub format: Format,
    /// The chunk stream.
    pub chunk_stream_id: u32,
    /// Absolute in a full header, else the difference to the message before.
    pub timestamp: u32,
    /// Whether the timestamp came in the extended field.
    pub extended: bool,
    /// Bytes in the message: 24 bits.
    pub length: u32,
    /// The type of the message.
    pub message_type: u8,
    /// The message stream.
    pub message_stream_id: u32,
}

impl Format {
    fn from_bits(bits: u8) -> Self {
        match bits >> 6 {
            0 => Self::Full,
            1 => Self::SameStream,
            2 => Self::SameLength,
            _ => Self::Nothing,
        }
    }

    /// The number of the standard: 0 to 3.
    pub fn number(self) -> u8 {
        match self {
            Self::Full => 0,
            Self::SameStream => 1,
            Self::SameLength => 2,
            Self::Nothing => 3,
        }
    }

    /// Bytes of message header, without an extended timestamp.
    fn size(self) -> usize {
        match self {
            Self::Full => 11,
            Self::SameStream => 7,
            Self::SameLength => 3,
            Self::Nothing => 0,
        }
    }
}

impl ChunkHeader {
    /// Reads a header and gives its size, or nothing while bytes are missing.
    ///
    /// `extended_of` tells which extended timestamp is in force on a chunk stream.
    /// A type 3 chunk repeats it by the standard (§5.3.1.3), and some senders leave
    /// it out; the four bytes are taken for it only when they are equal to it.
    #[inline]
    pub fn parse(
        bytes: &[u8],
        extended_of: impl FnOnce(u32) -> Option<u32>,
    ) -> Option<(Self, usize)> {
        let format = Format::from_bits(*bytes.first()?);
        let (chunk_stream_id, basic) = parse_chunk_stream_id(bytes)?;
        let rest = &bytes[basic..];
        let mut header = Self::bare(format, chunk_stream_id);
        match format {
            Format::Full => header.take_full(rest.first_chunk()?),
            Format::SameStream => header.take_same_stream(rest.first_chunk()?),
            Format::SameLength => header.take_same_length(*rest.first_chunk()?),
            Format::Nothing => {
                let repeated = repeated_size(rest, extended_of(chunk_stream_id))?;
                return Some((header, basic + repeated));
            }
        }
        let size = basic + format.size();
        if header.timestamp != EXTENDED {
            return Some((header, size));
        }
        header.timestamp = u32::from_be_bytes(*bytes[size..].first_chunk()?);
        header.extended = true;
        Some((header, size + 4))
    }

    /// The header of the chunks after the first of the same message.
    pub fn next(&self) -> Self {
        Self { format: Format::Nothing, ..*self }
    }

    /// Appends the header to `out`.
    #[inline]
    pub fn append(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; MAX_HEADER_SIZE];
        let end = out.len() + self.write(&mut bytes);
        // A copy of fixed length is a few moves, where one of any length is a call.
        out.extend_from_slice(&bytes);
        out.truncate(end);
    }

    /// Writes the header to the start of `out` and gives its size. The extended
    /// timestamp is written where `extended` says so, whatever the format.
    #[inline]
    pub fn write(&self, out: &mut [u8; MAX_HEADER_SIZE]) -> usize {
        let basic = self.write_chunk_stream_id(out);
        let time = if self.extended { EXTENDED } else { self.timestamp };
        let fields = u64::from(time) << 40
            | u64::from(self.length) << 16
            | u64::from(self.message_type) << 8;
        // There is always room for all fields; what follows overwrites those that
        // the format leaves out.
        out[basic..basic + 8].copy_from_slice(&fields.to_be_bytes());
        out[basic + 7..basic + 11].copy_from_slice(&self.message_stream_id.to_le_bytes());
        let size = basic + self.format.size();
        if !self.extended {
            return size;
        }
        out[size..size + 4].copy_from_slice(&self.timestamp.to_be_bytes());
        size + 4
    }

    fn bare(format: Format, chunk_stream_id: u32) -> Self {
        Self {
            format,
            chunk_stream_id,
            timestamp: 0,
            extended: false,
            length: 0,
            message_type: 0,
            message_stream_id: 0,
        }
    }

    /// The message stream id is the one number on the wire in little-endian order.
    fn take_full(&mut self, [a, b, c, d, e, f, g, stream @ ..]: &[u8; 11]) {
        self.take_same_stream(&[*a, *b, *c, *d, *e, *f, *g]);
        self.message_stream_id = u32::from_le_bytes(*stream);
    }

    fn take_same_stream(&mut self, [a, b, c, d, e, f, message_type]: &[u8; 7]) {
        self.take_same_length([*a, *b, *c]);
        self.length = u32::from_be_bytes([0, *d, *e, *f]);
        self.message_type = *message_type;
    }

    fn take_same_length(&mut self, [a, b, c]: [u8; 3]) {
        self.timestamp = u32::from_be_bytes([0, a, b, c]);
    }

    /// One byte up to 63, two up to 319, three above (§5.3.1.1).
    #[inline]
    fn write_chunk_stream_id(&self, out: &mut [u8; MAX_HEADER_SIZE]) -> usize {
        debug_assert!((2..=MAX_CHUNK_STREAM_ID).contains(&self.chunk_stream_id));
        let format = self.format.number() << 6;
        if self.chunk_stream_id < 64 {
            out[0] = format | self.chunk_stream_id as u8;
            return 1;
        }
        let [low, high, ..] = (self.chunk_stream_id - 64).to_le_bytes();
        out[..3].copy_from_slice(&[format | u8::from(high != 0), low, high]);
        if high == 0 { 2 } else { 3 }
    }
}

/// The chunk stream id and the bytes it takes. The three-byte form is
/// little-endian: the second byte plus the third times 256, plus 64.
#[inline]
fn parse_chunk_stream_id(bytes: &[u8]) -> Option<(u32, usize)> {
    match bytes[0] & 0x3F {
        0 => Some((64 + u32::from(*bytes.get(1)?), 2)),
        1 => {
            let [low, high] = *bytes[1..].first_chunk()?;
            Some((64 + u32::from(u16::from_le_bytes([low, high])), 3))
        }
        id => Some((u32::from(id), 1)),
    }
}

/// The size of the extended timestamp that a type 3 chunk repeats: 4 or 0, or
/// nothing while the bytes that are there could still be the start of it.
#[inline]
fn repeated_size(bytes: &[u8], in_force: Option<u32>) -> Option<usize> {
    let Some(timestamp) = in_force else {
        return Some(0);
    };
    let expected = timestamp.to_be_bytes();
    let there = bytes.len().min(4);
    if bytes[..there] != expected[..there] {
        return Some(0);
    }
    (there == 4).then_some(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_every_prefix_is_too_short() {
        let ids = [2, 63, 64, 319, 320, 1000, MAX_CHUNK_STREAM_ID];
        let formats = [Format::Full, Format::SameStream, Format::SameLength, Format::Nothing];
        let times = [(0, false), (0xFF_FFFE, false), (0xFF_FFFF, true), (u32::MAX, true)];
        for chunk_stream_id in ids {
            for format in formats {
                for (timestamp, extended) in times {
                    round_trip(chunk_stream_id, format, timestamp, extended);
                }
            }
        }
    }

    fn round_trip(chunk_stream_id: u32, format: Format, timestamp: u32, extended: bool) {
        let header = ChunkHeader {
            format,
            chunk_stream_id,
            timestamp,
            extended,
            length: 0x0A_0B0C,
            message_type: 9,
            message_stream_id: 0x0102_0304,
        };
        let in_force = |_| extended.then_some(timestamp);
        let mut bytes = Vec::new();
        header.append(&mut bytes);
        let size = bytes.len();
        assert!(size <= MAX_HEADER_SIZE);
        let (read, read_size) = ChunkHeader::parse(&bytes, in_force).unwrap();
        assert_eq!(read_size, size);
        assert_eq!(read, only_what_is_sent(header));
        for length in 0..size {
            assert_eq!(ChunkHeader::parse(&bytes[..length], in_force), None);
        }
    }

    /// The fields that a format has no place for come back as zeros.
    fn only_what_is_sent(header: ChunkHeader) -> ChunkHeader {
        let mut sent = ChunkHeader::bare(header.format, header.chunk_stream_id);
        if header.format != Format::Nothing {
            (sent.timestamp, sent.extended) = (header.timestamp, header.extended);
        }
        if matches!(header.format, Format::Full | Format::SameStream) {
            (sent.length, sent.message_type) = (header.length, header.message_type);
        }
        if header.format == Format::Full {
            sent.message_stream_id = header.message_stream_id;
        }
        sent
    }
}
