//! What a received media body holds, as far as a relay has to know: what to keep
//! for players that come later, and where they can start.
//!
//! Both the classic headers and those of Enhanced RTMP (FourCC codecs, several
//! tracks, ModEx) are understood; a body that is neither is [`Other`](VideoTag::Other).

/// What a video body is (FLV 10.1 §E.4.3, Enhanced RTMP v2 "ExVideoTagHeader").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoTag {
    /// The decoder's configuration.
    SequenceHeader,
    /// A sequence header that ends where its configuration should begin.
    EmptyHeader,
    /// A picture where decoding can start.
    Keyframe,
    /// A picture that needs earlier ones.
    Interframe,
    /// Nothing follows until the next sequence header.
    EndOfSequence,
    /// Colour or other information about the pictures that follow.
    Metadata,
    /// A command to the player, an empty body, or something unknown.
    Other,
}

/// What an audio body is (FLV 10.1 §E.4.2, Enhanced RTMP v2 "ExAudioTagHeader").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioTag {
    /// The decoder's configuration.
    SequenceHeader,
    /// A sequence header that ends where its configuration should begin.
    EmptyHeader,
    /// Sound.
    Frame,
    /// Nothing follows until the next sequence header.
    EndOfSequence,
    /// Where the channels are.
    Metadata,
    /// An empty body or something unknown.
    Other,
}

/// Packet types that audio and video share in Enhanced RTMP.
mod packet {
    pub const SEQUENCE_START: u8 = 0;
    pub const CODED_FRAMES: u8 = 1;
    pub const SEQUENCE_END: u8 = 2;
    pub const VIDEO_CODED_FRAMES_X: u8 = 3;
    /// Video metadata, audio channel layout.
    pub const METADATA: u8 = 4;
    pub const VIDEO_MPEG2TS_SEQUENCE_START: u8 = 5;
    pub const AUDIO_MULTITRACK: u8 = 5;
    pub const VIDEO_MULTITRACK: u8 = 6;
    pub const MOD_EX: u8 = 7;
}

const FRAME_KEY: u8 = 1;
const FRAME_COMMAND: u8 = 5;
const CODEC_AVC: u8 = 7;
/// HEVC and AV1 in the classic header, as in use before Enhanced RTMP: laid out as
/// AVC is.
const CODEC_HEVC: u8 = 12;
const CODEC_AV1: u8 = 13;
const SOUND_AAC: u8 = 10;
const SOUND_EX: u8 = 9;

/// Bytes before the configuration in a classic header: frame type and codec, packet
/// type, composition time; sound format and packet type.
const VIDEO_HEADER_LEN: usize = 5;
const AUDIO_HEADER_LEN: usize = 2;

impl VideoTag {
    /// What `body`, the payload of a video message, is.
    pub fn of(body: &[u8]) -> Self {
        let Some(&first) = body.first() else { return Self::Other };
        let frame = first >> 4 & 7;
        if first & 0x80 == 0 {
            return Self::classic(frame, first & 0x0F, body);
        }
        let Some(packet) = Packet::of(body, packet::VIDEO_MULTITRACK) else { return Self::Other };
        if frame == FRAME_COMMAND && packet.kind != packet::METADATA {
            return Self::Other;
        }
        match packet.kind {
            packet::SEQUENCE_START | packet::VIDEO_MPEG2TS_SEQUENCE_START => {
                if packet.data.is_empty() { Self::EmptyHeader } else { Self::SequenceHeader }
            }
            packet::CODED_FRAMES | packet::VIDEO_CODED_FRAMES_X => Self::picture(frame),
            packet::SEQUENCE_END => Self::EndOfSequence,
            packet::METADATA => Self::Metadata,
            _ => Self::Other,
        }
    }

    fn classic(frame: u8, codec: u8, body: &[u8]) -> Self {
        if frame == FRAME_COMMAND {
            return Self::Other;
        }
        if !matches!(codec, CODEC_AVC | CODEC_HEVC | CODEC_AV1) {
            return Self::picture(frame);
        }
        match body.get(1) {
            Some(0) if body.len() <= VIDEO_HEADER_LEN => Self::EmptyHeader,
            Some(0) => Self::SequenceHeader,
            Some(1) => Self::picture(frame),
            Some(2) => Self::EndOfSequence,
            _ => Self::Other,
        }
    }

    fn picture(frame: u8) -> Self {
        if frame == FRAME_KEY { Self::Keyframe } else { Self::Interframe }
    }

    /// The track that a video body belongs to; 0 where it names none or several,
    /// which is the track that players without several tracks show.
    pub fn track(body: &[u8]) -> u8 {
        let enhanced = body.first().is_some_and(|first| first & 0x80 != 0);
        let packet = enhanced.then(|| Packet::of(body, packet::VIDEO_MULTITRACK)).flatten();
        packet.map_or(0, |packet| packet.track)
    }
}

impl AudioTag {
    /// What `body`, the payload of an audio message, is.
    pub fn of(body: &[u8]) -> Self {
        let Some(&first) = body.first() else { return Self::Other };
        match first >> 4 {
            SOUND_AAC => match body.get(1) {
                Some(0) if body.len() <= AUDIO_HEADER_LEN => Self::EmptyHeader,
                Some(0) => Self::SequenceHeader,
                Some(1) => Self::Frame,
                _ => Self::Other,
            },
            SOUND_EX => Self::enhanced(body),
            _ => Self::Frame,
        }
    }

    fn enhanced(body: &[u8]) -> Self {
        let Some(packet) = Packet::of(body, packet::AUDIO_MULTITRACK) else { return Self::Other };
        match packet.kind {
            packet::SEQUENCE_START if packet.data.is_empty() => Self::EmptyHeader,
            packet::SEQUENCE_START => Self::SequenceHeader,
            packet::CODED_FRAMES => Self::Frame,
            packet::SEQUENCE_END => Self::EndOfSequence,
            packet::METADATA => Self::Metadata,
            _ => Self::Other,
        }
    }

    /// The track that an audio body belongs to; 0 where it names none or several.
    pub fn track(body: &[u8]) -> u8 {
        let enhanced = body.first().is_some_and(|first| first >> 4 == SOUND_EX);
        let packet = enhanced.then(|| Packet::of(body, packet::AUDIO_MULTITRACK)).flatten();
        packet.map_or(0, |packet| packet.track)
    }
}

/// An Enhanced RTMP body without its headers (Enhanced RTMP v2 "ModEx",
/// "Multitrack").
struct Packet<'a> {
    /// The packet type behind ModEx and multitrack headers.
    kind: u8,
    /// The track; 0 where none or several are named.
    track: u8,
    /// What stands behind the FourCC and the track.
    data: &'a [u8],
}

impl<'a> Packet<'a> {
    /// `None` where the body ends within its ModEx or before the kind of multitrack.
    fn of(body: &'a [u8], multitrack: u8) -> Option<Self> {
        const FOURCC: usize = 4;
        const ONE_TRACK: u8 = 0;
        let (&first, mut rest) = body.split_first()?;
        let mut kind = first & 0x0F;
        while kind == packet::MOD_EX {
            (kind, rest) = skip_mod_ex(rest)?;
        }
        let mut track = 0;
        let mut start = FOURCC;
        if kind == multitrack {
            let (&tracks_and_kind, after) = rest.split_first()?;
            (kind, rest) = (tracks_and_kind & 0x0F, after);
            if tracks_and_kind >> 4 == ONE_TRACK {
                track = rest.get(FOURCC).copied().unwrap_or(0);
                start = FOURCC + 1;
            }
        }
        Some(Self { kind, track, data: rest.get(start..).unwrap_or_default() })
    }
}

/// The packet type after one ModEx, and what follows it.
fn skip_mod_ex(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (&size, mut rest) = bytes.split_first()?;
    let mut size = usize::from(size) + 1;
    if size == 256 {
        let (long, after) = rest.split_first_chunk()?;
        size = usize::from(u16::from_be_bytes(*long)) + 1;
        rest = after;
    }
    let (&kind_and_next, rest) = rest.get(size..)?.split_first()?;
    Some((kind_and_next & 0x0F, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classic_video() {
        assert_eq!(VideoTag::of(&[0x17, 0, 0, 0, 0, 1]), VideoTag::SequenceHeader);
        assert_eq!(VideoTag::of(&[0x17, 1, 0, 0, 0, 1]), VideoTag::Keyframe);
        assert_eq!(VideoTag::of(&[0x27, 1, 0, 0, 0, 1]), VideoTag::Interframe);
        assert_eq!(VideoTag::of(&[0x17, 2, 0, 0, 0]), VideoTag::EndOfSequence);
        assert_eq!(VideoTag::of(&[0x12, 9]), VideoTag::Keyframe, "Sorenson has no packet type");
        assert_eq!(VideoTag::of(&[0x1C, 0, 0, 0, 0, 1]), VideoTag::SequenceHeader, "HEVC");
        assert_eq!(VideoTag::of(&[0x1C, 1, 0, 0, 0, 1]), VideoTag::Keyframe);
        assert_eq!(VideoTag::of(&[0x2D, 1, 0, 0, 0, 1]), VideoTag::Interframe, "AV1");
        for other in [&[][..], &[0x57, 0], &[0x17], &[0x17, 3]] {
            assert_eq!(VideoTag::of(other), VideoTag::Other, "{other:?}");
        }
    }

    #[test]
    fn enhanced_video() {
        assert_eq!(VideoTag::of(b"\x90hvc1\x01"), VideoTag::SequenceHeader);
        assert_eq!(VideoTag::of(b"\x93hvc1"), VideoTag::Keyframe);
        assert_eq!(VideoTag::of(b"\xA1hvc1\0\0\0"), VideoTag::Interframe);
        assert_eq!(VideoTag::of(b"\x92hvc1"), VideoTag::EndOfSequence);
        assert_eq!(VideoTag::of(b"\xD4hvc1"), VideoTag::Metadata);
        assert_eq!(VideoTag::of(b"\xD1\0"), VideoTag::Other, "a seek command");
        assert_eq!(VideoTag::of(b"\x96\x00hvc1\x01\x01"), VideoTag::SequenceHeader, "track 1");
        assert_eq!(VideoTag::of(b"\xA6\x11hvc1\x01"), VideoTag::Interframe);
    }

    #[test]
    fn enhanced_audio() {
        assert_eq!(AudioTag::of(b"\x90OpusOpusHead"), AudioTag::SequenceHeader);
        assert_eq!(AudioTag::of(b"\x91Opus"), AudioTag::Frame);
        assert_eq!(AudioTag::of(b"\x95\x01Opus\x01"), AudioTag::Frame);
        assert_eq!(AudioTag::of(&[0xAF, 0, 0x11, 0x90]), AudioTag::SequenceHeader);
        assert_eq!(AudioTag::of(&[0xAF, 1, 9]), AudioTag::Frame);
        assert_eq!(AudioTag::of(&[0x2F, 9]), AudioTag::Frame, "MP3");
        assert_eq!(AudioTag::of(&[]), AudioTag::Other);
    }

    #[test]
    fn a_header_without_a_configuration_is_none() {
        let nano = b"\x97\x02\0\0\x09\0av01";
        for empty in [&[0x17, 0][..], &[0x17, 0, 0, 0, 0], &[0x1C, 0, 0, 0, 0], b"\x90hvc1", nano] {
            assert_eq!(VideoTag::of(empty), VideoTag::EmptyHeader, "{empty:?}");
        }
        for empty in [b"\x90", &b"\x90hv"[..], b"\x96\0hvc1\x01", b"\x95av01"] {
            assert_eq!(VideoTag::of(empty), VideoTag::EmptyHeader, "{empty:?}");
        }
        for empty in [&[0xAF, 0][..], b"\x90mp4a", b"\x95\0Opus\x01"] {
            assert_eq!(AudioTag::of(empty), AudioTag::EmptyHeader, "{empty:?}");
        }
    }

    #[test]
    fn tracks_are_told_apart() {
        assert_eq!(VideoTag::track(b"\x96\x01hvc1\x03\0"), 3);
        assert_eq!(VideoTag::track(b"\x97\x02\0\0\x09\x06\x01hvc1\x03\0"), 3, "behind ModEx");
        assert_eq!(AudioTag::track(b"\x95\x01Opus\x02\0"), 2);
        for one in [&b"\x96\x11hvc1\x03\0\0\x01\0"[..], b"\x17\x01\0\0\0", b"\x91hvc1\x03", b""] {
            assert_eq!(VideoTag::track(one), 0, "{one:?}");
        }
        assert_eq!(AudioTag::track(&[0xAF, 1, 9]), 0);
    }

    #[test]
    fn mod_ex_is_looked_through() {
        let nano = [0x97, 2, 0, 0, 9, 0x01, b'a', b'v', b'0', b'1'];
        assert_eq!(VideoTag::of(&nano), VideoTag::Keyframe);
        let twice = [0x97, 0, 0, 0x07, 0, 0, 0x00, b'a', b'v', b'0', b'1', 0x81];
        assert_eq!(VideoTag::of(&twice), VideoTag::SequenceHeader);
        let mut long = vec![0xA7, 255, 1, 0];
        long.extend([0; 257]);
        long.push(0x03);
        assert_eq!(VideoTag::of(&long), VideoTag::Interframe);
        for end in 1..nano.len() - 5 {
            assert_eq!(VideoTag::of(&nano[..end]), VideoTag::Other, "cut at {end}");
        }
    }
}
