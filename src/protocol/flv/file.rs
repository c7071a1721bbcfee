//! FLV on disk: the file's header, and each tag between its own header and its
//! size (FLV 10.1 §E.2 to §E.4.1).

/// Bytes of the file's header with the zero size that stands before the first tag.
pub const FILE_HEADER_LEN: usize = 13;

/// Bytes of a tag's header.
pub const TAG_HEADER_LEN: usize = 11;

/// Longest body: its length has 24 bits.
pub const MAX_BODY: usize = 0xFF_FFFF;

/// What a tag carries (TagType).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKind {
    /// 8: sound.
    Audio,
    /// 9: a picture.
    Video,
    /// 18: script data in AMF0.
    Script,
    /// Any other, kept as it is.
    Other(u8),
}

impl TagKind {
    /// The kind with this number.
    pub fn from_wire(number: u8) -> Self {
        match number {
            8 => Self::Audio,
            9 => Self::Video,
            18 => Self::Script,
            other => Self::Other(other),
        }
    }

    /// Its number.
    pub fn to_wire(self) -> u8 {
        match self {
            Self::Audio => 8,
            Self::Video => 9,
            Self::Script => 18,
            Self::Other(number) => number,
        }
    }
}

/// The header of a file with these tracks.
pub fn file_header(audio: bool, video: bool) -> [u8; FILE_HEADER_LEN] {
    let flags = u8::from(audio) << 2 | u8::from(video);
    [b'F', b'L', b'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]
}

/// What stands before a tag's body of `body_len` bytes, and what stands behind it:
/// the size of header and body. None for a body longer than [`MAX_BODY`], which no
/// tag can hold: a shorter length would make the rest of the file unreadable.
pub fn tag_frame(
    kind: TagKind,
    timestamp_ms: u32,
    body_len: usize,
) -> Option<([u8; TAG_HEADER_LEN], [u8; 4])> {
    let length = u32::try_from(body_len).ok().filter(|_| body_len <= MAX_BODY)?;
    let [_, l2, l1, l0] = length.to_be_bytes();
    let [t3, t2, t1, t0] = timestamp_ms.to_be_bytes();
    let header = [kind.to_wire(), l2, l1, l0, t2, t1, t0, t3, 0, 0, 0];
    Some((header, (length + TAG_HEADER_LEN as u32).to_be_bytes()))
}

/// One tag of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What it carries.
    pub kind: TagKind,
    /// When, in ms from the file's start.
    pub timestamp_ms: u32,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why bytes are not an FLV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlvError {
    /// The file does not start as an FLV file does.
    #[error("this is not an FLV file")]
    NotFlv,
    /// A tag is longer than the reader was told to accept.
    #[error("an FLV tag of {length} bytes at byte {offset} is longer than {max}")]
    TooLong {
        /// Where the tag starts in the file.
        offset: u64,
        /// The body's length as claimed.
        length: usize,
        /// The longest body accepted.
        max: usize,
    },
    /// The tag's body is encrypted.
    #[error("the FLV tag at byte {offset} is encrypted")]
    Encrypted {
        /// Where the tag starts in the file.
        offset: u64,
    },
}

/// Reads a file piece by piece: feed bytes, take tags.
///
/// It holds what was fed and not yet taken, so feed it in pieces of bounded size
/// and take all tags after each.
#[derive(Debug)]
pub struct FlvReader {
    max_body: usize,
    buffer: Vec<u8>,
    /// Where `buffer` starts in the file.
    offset: u64,
    past_header: bool,
}

impl FlvReader {
    /// A reader that accepts bodies of up to `max_body` bytes.
    pub fn new(max_body: usize) -> Self {
        Self { max_body, buffer: Vec::new(), offset: 0, past_header: false }
    }

    /// Hands over the next piece of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether the file ended between two tags.
    pub fn is_at_boundary(&self) -> bool {
        self.past_header && self.buffer.is_empty()
    }

    /// The next whole tag, or none until more is fed.
    pub fn next_tag(&mut self) -> Result<Option<Tag>, FlvError> {
        if !self.past_header && !self.skip_file_header()? {
            return Ok(None);
        }
        let Some(&[kind, l2, l1, l0, t2, t1, t0, t3, ..]) =
            self.buffer.first_chunk::<TAG_HEADER_LEN>()
        else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([0, l2, l1, l0]) as usize;
        self.check(kind, length)?;
        let end = TAG_HEADER_LEN + length;
        if self.buffer.len() < end + 4 {
            return Ok(None);
        }
        let body = self.buffer[TAG_HEADER_LEN..end].to_vec();
        self.consume(end + 4);
        let timestamp_ms = u32::from_be_bytes([t3, t2, t1, t0]);
        Ok(Some(Tag { kind: TagKind::from_wire(kind & 0x1F), timestamp_ms, body }))
    }

    fn check(&self, kind: u8, length: usize) -> Result<(), FlvError> {
        const FILTER: u8 = 0x20;
        if length > self.max_body {
            return Err(FlvError::TooLong { offset: self.offset, length, max: self.max_body });
        }
        if kind & FILTER != 0 {
            return Err(FlvError::Encrypted { offset: self.offset });
        }
        Ok(())
    }

    fn skip_file_header(&mut self) -> Result<bool, FlvError> {
        const LONGEST: usize = 1024;
        let Some(&[f, l, v, _, _, s3, s2, s1, s0]) = self.buffer.first_chunk::<9>() else {
            return Ok(false);
        };
        let size = u32::from_be_bytes([s3, s2, s1, s0]) as usize;
        if [f, l, v] != *b"FLV" || !(9..=LONGEST).contains(&size) {
            return Err(FlvError::NotFlv);
        }
        if self.buffer.len() < size + 4 {
            return Ok(false);
        }
        self.consume(size + 4);
        self.past_header = true;
        Ok(true)
    }

    fn consume(&mut self, count: usize) {
        self.buffer.drain(..count);
        self.offset += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(tags: &[Tag]) -> Vec<u8> {
        let mut out = file_header(true, true).to_vec();
        for tag in tags {
            let frame = tag_frame(tag.kind, tag.timestamp_ms, tag.body.len());
            let (header, trailer) = frame.expect("the test's bodies are short");
            out.extend(header);
            out.extend(&tag.body);
            out.extend(trailer);
        }
        out
    }

    fn tags() -> Vec<Tag> {
        vec![
            Tag { kind: TagKind::Script, timestamp_ms: 0, body: vec![1, 2, 3] },
            Tag { kind: TagKind::Video, timestamp_ms: 0x1234_5678, body: vec![0x17; 300] },
            Tag { kind: TagKind::Audio, timestamp_ms: 40, body: vec![] },
        ]
    }

    #[test]
    fn the_framing_has_its_known_bytes() {
        assert_eq!(file_header(true, true), *b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
        assert_eq!(
            tag_frame(TagKind::Video, 0x0A0B_0C0D, 0x0102),
            Some(([9, 0, 1, 2, 0x0B, 0x0C, 0x0D, 0x0A, 0, 0, 0], [0, 0, 1, 13]))
        );
    }

    #[test]
    fn a_body_that_no_tag_can_hold_gets_no_header() {
        let (header, trailer) = tag_frame(TagKind::Video, 0, MAX_BODY).expect("the longest");
        assert_eq!((&header[1..4], trailer), (&[0xFF; 3][..], [0x01, 0, 0, 0x0A]));
        assert_eq!(tag_frame(TagKind::Video, 0, MAX_BODY + 1), None);
        assert_eq!(tag_frame(TagKind::Video, 0, (1 << 32) + 5), None);
    }

    #[test]
    fn every_split_reads_the_same() {
        let bytes = file(&tags());
        for split in 0..=bytes.len() {
            let mut reader = FlvReader::new(1000);
            let mut read = Vec::new();
            for piece in [&bytes[..split], &bytes[split..]] {
                reader.feed(piece);
                while let Some(tag) = reader.next_tag().unwrap() {
                    read.push(tag);
                }
            }
            assert_eq!(read, tags(), "split at {split}");
            assert!(reader.is_at_boundary());
        }
    }

    #[test]
    fn what_is_not_flv_or_too_long_is_an_error() {
        let mut reader = FlvReader::new(100);
        reader.feed(b"RIFF....WAVE");
        assert_eq!(reader.next_tag(), Err(FlvError::NotFlv));
        let mut reader = FlvReader::new(100);
        reader.feed(&file(&tags()[1..2]));
        assert_eq!(reader.next_tag(), Err(FlvError::TooLong { offset: 13, length: 300, max: 100 }));
    }
}
