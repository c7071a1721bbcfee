//! One thing that waits in the queue, and what it costs.

use super::Headers;
use crate::media::{MediaTime, Packet, Track, TrackConfig};

/// One thing that waits.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) dts: MediaTime,
    pub(super) item: Item,
}

/// What it is.
#[derive(Debug)]
pub(super) enum Item {
    Start(Headers),
    Config(TrackConfig),
    Media(Packet),
}

impl Item {
    /// What an entry costs beside its payload, rounded up.
    const OVERHEAD: usize = 128;

    /// Bytes that the entry holds on to.
    pub(super) fn cost(&self) -> usize {
        Self::OVERHEAD
            + match self {
                Self::Media(packet) => packet.data.len(),
                Self::Start(_) | Self::Config(_) => 0,
            }
    }

    pub(super) fn track(&self) -> Option<Track> {
        match self {
            Self::Start(_) => None,
            Self::Config(TrackConfig::Audio(_)) => Some(Track::Audio),
            Self::Config(TrackConfig::Video(_)) => Some(Track::Video),
            Self::Media(packet) => Some(packet.track),
        }
    }

    pub(super) fn same_track(&self, other: &Self) -> bool {
        self.track().is_some() && self.track() == other.track()
    }

    pub(super) fn is_keyframe(&self) -> bool {
        matches!(self, Self::Media(p) if p.track == Track::Video && p.keyframe)
    }

    /// Video that depends on earlier video.
    pub(super) fn is_inter(&self) -> bool {
        matches!(self, Self::Media(p) if p.track == Track::Video && !p.keyframe)
    }
}
