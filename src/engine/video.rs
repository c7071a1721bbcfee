//! The picture's two threads: one makes a frame each tick, one encodes it.
//!
//! The first keeps the output's constant rate: each tick takes the source's
//! newest picture, fits it to the output and offers it to the encoder. Between
//! them lie four frames; when all are waiting the tick is skipped and counted. A
//! tick that a hiccup made late is made up for, a longer pause is not.

mod encode;
mod frames;

use std::time::Duration;

use super::figures::VideoFigures;
use super::slot::Slot;
use crate::media::VideoFrame;
use crate::source::SourceStatus;

pub use encode::EncodeThread;
pub use frames::{FrameCommand, FrameThread};

/// A camera's picture that is older when it could be encoded is left out, if it has
/// waited here for some of that: the next one is newer.
const TOO_OLD: Duration = Duration::from_millis(140);
const HAS_WAITED: Duration = Duration::from_millis(60);

/// A frame on its way to the encoder.
pub struct Offered {
    frame: VideoFrame,
    /// How old the camera's picture was when the frame was due; nothing for sources
    /// whose pictures have no age.
    age: Duration,
}

impl Offered {
    /// Whether something newer is to be shown instead, `wait` after it was due.
    fn is_too_old(&self, wait: Duration) -> bool {
        !self.age.is_zero() && wait > HAS_WAITED && self.age + wait > TOO_OLD
    }
}

/// What the frame thread hands out beside frames.
#[derive(Default)]
pub struct FrameOutput {
    /// The newest frame, while previews are asked for. Newest wins.
    pub preview: Slot<VideoFrame>,
    /// How the source is doing.
    pub status: Slot<SourceStatus>,
    /// Counters.
    pub figures: VideoFigures,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::media::{MediaTime, Picture, Planes};

    #[test]
    fn old_pictures_make_way_for_newer_ones() {
        let frame = VideoFrame {
            time: MediaTime::ZERO,
            picture: Arc::new(Picture::black(Planes::new(2, 2))),
        };
        let ms = Duration::from_millis;
        for (age, wait, too_old) in
            [(40, 90, false), (40, 110, true), (100, 50, false), (100, 70, true), (0, 500, false)]
        {
            let offered = Offered { frame: frame.clone(), age: ms(age) };
            assert_eq!(offered.is_too_old(ms(wait)), too_old, "{age} {wait}");
        }
    }
}
