//! Encoded access units and what a decoder must know before the first one.

use bytes::Bytes;

use super::{FrameRate, MediaTime};

/// Which elementary stream something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    /// H.264 video.
    Video,
    /// AAC audio.
    Audio,
}

/// One encoded access unit. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The stream it belongs to.
    pub track: Track,
    /// When it is shown or heard, on the media clock.
    pub pts: MediaTime,
    /// When it is decoded; equal to `pts` while nothing is reordered.
    pub dts: MediaTime,
    /// Video: an IDR picture, where a player can start. Audio: always true.
    pub keyframe: bool,
    /// Video: NAL units, each after its 32-bit big-endian length (ISO/IEC
    /// 14496-15 §5.3.3, `lengthSizeMinusOne` = 3), no start codes. Audio: one raw
    /// AAC access unit, no ADTS header. Never empty.
    pub data: Bytes,
}

/// What a decoder must know of a track before its first packet.
#[derive(Clone, Debug, PartialEq)]
pub enum TrackConfig {
    /// Of the video track.
    Video(VideoConfig),
    /// Of the audio track.
    Audio(AudioConfig),
}

impl TrackConfig {
    /// The track it belongs to.
    pub const fn track(&self) -> Track {
        match self {
            Self::Video(_) => Track::Video,
            Self::Audio(_) => Track::Audio,
        }
    }
}

/// The video track's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoConfig {
    /// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1).
    pub decoder_config: Bytes,
    /// Width of the picture in pixels.
    pub width: u32,
    /// Height of the picture in pixels.
    pub height: u32,
    /// Frames per second aimed at.
    pub fps: FrameRate,
    /// Bitrate aimed at, in kbit/s (1 kbit = 1000 bit).
    pub kbps: u32,
}

/// The audio track's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioConfig {
    /// AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1).
    pub specific_config: Bytes,
    /// Sample rate in Hz.
    pub sample_rate: u32,
    /// Channel count.
    pub channels: u32,
    /// Bitrate aimed at, in kbit/s (1 kbit = 1000 bit).
    pub kbps: u32,
}
