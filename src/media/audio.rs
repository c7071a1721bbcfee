//! Sound between the sources and the encoder.

use super::MediaTime;

/// The one sample rate inside the program, in Hz.
pub const SAMPLE_RATE: u32 = 48_000;

/// The one channel count inside the program: left, right.
pub const CHANNELS: usize = 2;

/// Frames (one sample of each channel) in a block: an AAC-LC frame's worth.
pub const BLOCK_FRAMES: usize = 1_024;

/// A block of [`BLOCK_FRAMES`] stereo frames at [`SAMPLE_RATE`].
#[derive(Clone, Debug)]
pub struct AudioBlock {
    /// When the first frame sounds.
    pub time: MediaTime,
    /// Interleaved left, right; full scale is ±1. Always
    /// `BLOCK_FRAMES * CHANNELS` long.
    pub samples: Box<[f32]>,
}

impl AudioBlock {
    /// A block of silence that starts at `time`.
    pub fn silence(time: MediaTime) -> Self {
        Self { time, samples: vec![0.0; BLOCK_FRAMES * CHANNELS].into_boxed_slice() }
    }
}
