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

impl VideoTag {
    /// What `body`, the payload of a video message, is.
    pub fn of(body: &[u8]) -> Self {
        let Some(&first) = body.first() else { return Self::Other };
        let frame = first >> 4 & 7;
        if first & 0x80 == 0 {
            return Self::classic(frame, first & 0x0F, body);
        }
        let Some(packet) = real_packet_type(body, first & 0x0F, packet::VIDEO_MULTITRACK) else {
            return Self::Other;
        };
        if frame == FRAME_COMMAND && packet != packet::METADATA {
            return Self::Other;
        }
        match packet {
            packet::SEQUENCE_START | packet::VIDEO_MPEG2TS_SEQUENCE_START => Self::SequenceHeader,
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
            Some(0) => Self::SequenceHeader,
            Some(1) => Self::picture(frame),
            Some(2) => Self::EndOfSequence,
            _ => Self::Other,
        }
    }

    fn picture(frame: u8) -> Self {
        if frame == FRAME_KEY { Self::Keyframe } else { Self::Interframe }
    }
}

impl AudioTag {
    /// What `body`, the payload of an audio message, is.
    pub fn of(body: &[u8]) -> Self {
        let Some(&first) = body.first() else { return Self::Other };
        match first >> 4 {
            SOUND_AAC => match body.get(1) {
                Some(0) => Self::SequenceHeader,
                Some(1) => Self::Frame,
                _ => Self::Other,
            },
            SOUND_EX => Self::enhanced(body, first & 0x0F),
            _ => Self::Frame,
        }
    }

    fn enhanced(body: &[u8], packet: u8) -> Self {
        match real_packet_type(body, packet, packet::AUDIO_MULTITRACK) {
            Some(packet::SEQUENCE_START) => Self::SequenceHeader,
            Some(packet::CODED_FRAMES) => Self::Frame,
            Some(packet::SEQUENCE_END) => Self::EndOfSequence,
            Some(packet::METADATA) => Self::Metadata,
            _ => Self::Other,
        }
    }
}

/// The packet type behind ModEx and multitrack headers (Enhanced RTMP v2
/// "ModEx", "Multitrack"). `None` where the body ends within them.
fn real_packet_type(body: &[u8], first: u8, multitrack: u8) -> Option<u8> {
    let mut packet = first;
    let mut rest = &body[1..];
    while packet == packet::MOD_EX {
        let (next, after) = skip_mod_ex(rest)?;
        (packet, rest) = (next, after);
    }
    if packet == multitrack {
        packet = rest.first()? & 0x0F;
    }
    Some(packet)
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
        assert_eq!(VideoTag::of(b"\x90hvc1"), VideoTag::SequenceHeader);
        assert_eq!(VideoTag::of(b"\x93hvc1"), VideoTag::Keyframe);
        assert_eq!(VideoTag::of(b"\xA1hvc1\0\0\0"), VideoTag::Interframe);
        assert_eq!(VideoTag::of(b"\x92hvc1"), VideoTag::EndOfSequence);
        assert_eq!(VideoTag::of(b"\xD4hvc1"), VideoTag::Metadata);
        assert_eq!(VideoTag::of(b"\xD1\0"), VideoTag::Other, "a seek command");
        assert_eq!(VideoTag::of(b"\x96\x00hvc1\x01"), VideoTag::SequenceHeader, "track 1");
        assert_eq!(VideoTag::of(b"\xA6\x11hvc1\x01"), VideoTag::Interframe);
    }

    #[test]
    fn enhanced_audio() {
        assert_eq!(AudioTag::of(b"\x90Opus"), AudioTag::SequenceHeader);
        assert_eq!(AudioTag::of(b"\x91Opus"), AudioTag::Frame);
        assert_eq!(AudioTag::of(b"\x95\x01Opus\x01"), AudioTag::Frame);
        assert_eq!(AudioTag::of(&[0xAF, 0, 0x11, 0x90]), AudioTag::SequenceHeader);
        assert_eq!(AudioTag::of(&[0xAF, 1, 9]), AudioTag::Frame);
        assert_eq!(AudioTag::of(&[0x2F, 9]), AudioTag::Frame, "MP3");
        assert_eq!(AudioTag::of(&[]), AudioTag::Other);
    }

    #[test]
    fn mod_ex_is_looked_through() {
        let nano = [0x97, 2, 0, 0, 9, 0x01, b'a', b'v', b'0', b'1'];
        assert_eq!(VideoTag::of(&nano), VideoTag::Keyframe);
        let twice = [0x97, 0, 0, 0x07, 0, 0, 0x00, b'a', b'v', b'0', b'1'];
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
