//! What passes from a publisher to its players.

use std::fmt;

use bytes::Bytes;

use crate::protocol::rtmp::server::MediaKind;

/// One message of a stream. Cloning shares the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// What the payload is.
    pub kind: MediaKind,
    /// In milliseconds, modulo 2³²: the publisher's time, or a player's.
    pub timestamp: u32,
    /// The body.
    pub payload: Bytes,
}

/// Bodies are long, and metadata may name the stream.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {} ms, {} bytes", self.kind, self.timestamp, self.payload.len())
    }
}

/// What a player wants of a stream (RTMP 1.0 §7.2.2.4, §7.2.2.5, §7.2.2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playback {
    /// Nothing at all for now.
    pub paused: bool,
    /// The sound.
    pub audio: bool,
    /// The pictures.
    pub video: bool,
}

impl Default for Playback {
    fn default() -> Self {
        Self { paused: false, audio: true, video: true }
    }
}

impl Playback {
    /// Whether a message of this kind is wanted.
    pub fn wants(self, kind: MediaKind) -> bool {
        let wanted = match kind {
            MediaKind::Audio => self.audio,
            MediaKind::Video => self.video,
            MediaKind::Metadata | MediaKind::Data => true,
        };
        wanted && !self.paused
    }
}
