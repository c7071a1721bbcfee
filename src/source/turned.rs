//! A source whose picture is turned as the person asked for.

use super::{SourceStatus, VideoSource};
use crate::media::{MediaTime, VideoFrame};
use crate::scene::Turn;

/// Another source, turned.
pub(super) struct Turned {
    pub source: Box<dyn VideoSource>,
    pub turn: Turn,
}

impl VideoSource for Turned {
    fn frame(&mut self, due: MediaTime) -> Option<VideoFrame> {
        self.source.frame(due)
    }

    fn idle(&mut self, due: MediaTime) {
        self.source.idle(due);
    }

    fn turn(&self) -> Option<Turn> {
        Some(self.turn)
    }

    fn status(&self) -> SourceStatus {
        self.source.status()
    }
}
