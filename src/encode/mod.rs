//! Codecs: one trait for pictures, one for sound, one registry.
//!
//! An encoder is a plain struct: a frame in, at most one packet out, on the
//! caller's thread. It owns no thread (a codec library may) and reads no clock.
//! A codec is one file here and one line in [`registry`].

mod fdk_aac;
mod filler;
mod openh264;
mod rate;
pub mod registry;

pub use registry::{open_audio, open_video};

use crate::media::{AudioBlock, Effort, FrameRate, Packet, TrackConfig, VideoFrame};
use crate::text::encoder as text;

/// What a video encoder is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VideoSettings {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Frames per second.
    pub fps: FrameRate,
    /// Bitrate to hold, in kbit/s.
    pub kbps: u32,
    /// Bitrate to fill up to where the picture needs less, in kbit/s; 0: none. Never
    /// above the one to hold.
    pub least_kbps: u32,
    /// Frames from one keyframe to the next.
    pub keyframe_interval: u32,
}

/// What an audio encoder is asked for: stereo at 48 kHz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudioSettings {
    /// Bitrate to hold, in kbit/s.
    pub kbps: u32,
}

/// Why an encoder can't go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The codec does not do what was asked for.
    #[error("{}", text::unsupported(codec, what))]
    Unsupported {
        /// The codec's name.
        codec: &'static str,
        /// What was asked.
        what: String,
    },
    /// The codec library reported a failure.
    #[error("{}", text::error(codec, text))]
    Codec {
        /// The codec's name.
        codec: &'static str,
        /// What the library said.
        text: String,
    },
}

/// Pictures to access units.
pub trait VideoEncoder: Send {
    /// Encodes one frame. `keyframe` asks for an IDR picture beyond the regular
    /// ones; the next regular one is counted from it. `None`: the encoder chose
    /// to skip this frame to hold its bitrate.
    fn encode(&mut self, frame: &VideoFrame, keyframe: bool) -> Result<Option<Packet>, Error>;

    /// Whether the last packet shows the picture before once more, for want of bits.
    fn held(&self) -> bool;

    /// The decoder configuration, known from the first packet on.
    fn config(&self) -> Option<&TrackConfig>;

    /// Changes the bitrate to hold, in kbit/s, from the next frame on, without a
    /// new parameter set.
    fn set_bitrate(&mut self, kbps: u32) -> Result<(), Error>;

    /// How hard it works for a given quality, without a new parameter set. Where
    /// that breaks prediction, the next frame is a keyframe if the encoder is to work
    /// less long on it, and the change waits for one otherwise. An encoder begins with
    /// [`Effort::Alone`].
    fn set_effort(&mut self, effort: Effort) -> Result<(), Error>;

    /// Begins anew: the next frame is the first one, and what was encoded before is
    /// not held against the bitrate.
    fn restart(&mut self);
}

/// Sound to access units.
pub trait AudioEncoder: Send {
    /// Encodes one block of 1024 frames. The packet's time is that of the sound
    /// in it: the encoder's own delay is already taken off. `None` while the
    /// encoder fills up and for access units of nothing but its priming.
    fn encode(&mut self, block: &AudioBlock) -> Result<Option<Packet>, Error>;

    /// The decoder configuration.
    fn config(&self) -> &TrackConfig;
}
