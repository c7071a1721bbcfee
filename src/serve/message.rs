//! What passes from a publisher to its players.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Bookkeeping of a message that is kept, in bytes.
pub const OVERHEAD: usize = 128;

/// Counts the bytes of payloads for as long as anybody holds them.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicUsize>);

impl Meter {
    /// What is held, bookkeeping included.
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A payload that is counted by meters, once, however many share it.
struct Metered {
    payload: Bytes,
    meters: [Meter; 2],
}

impl Metered {
    fn cost(&self) -> usize {
        self.payload.len() + OVERHEAD
    }
}

impl AsRef<[u8]> for Metered {
    fn as_ref(&self) -> &[u8] {
        &self.payload
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        for Meter(bytes) in &self.meters {
            bytes.fetch_sub(self.cost(), Ordering::Relaxed);
        }
    }
}

impl Message {
    /// The same message with another time, counted by two meters until the last that
    /// shares it lets go.
    pub fn metered(&self, timestamp: u32, meters: [Meter; 2]) -> Self {
        let metered = Metered { payload: self.payload.clone(), meters };
        for Meter(bytes) in &metered.meters {
            bytes.fetch_add(metered.cost(), Ordering::Relaxed);
        }
        Self { kind: self.kind, timestamp, payload: Bytes::from_owner(metered) }
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

#[cfg(test)]
mod tests {
    use super::super::testing::key;
    use super::*;

    #[test]
    fn a_payload_is_counted_once_until_the_last_lets_go() {
        let meters = [Meter::default(), Meter::default()];
        let message = key(0).metered(7, meters.clone());
        assert_eq!((message.timestamp, &message.payload), (7, &key(0).payload));
        let again = message.clone();
        let expected = message.payload.len() + OVERHEAD;
        assert_eq!(meters.each_ref().map(Meter::bytes), [expected; 2]);
        drop(message);
        let piece = again.payload.slice(2..3);
        drop(again);
        assert_eq!(meters[0].bytes(), expected, "a piece holds all of it");
        drop(piece);
        assert_eq!(meters.map(|meter| meter.bytes()), [0; 2]);
    }
}
