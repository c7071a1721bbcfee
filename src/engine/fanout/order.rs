//! The order in which two tracks leave.

use std::collections::VecDeque;
use std::time::Duration;

use crate::media::{MediaTime, Packet, Track};

/// Puts the packets of two tracks in order of decode time.
///
/// A packet waits until the other track has one that is later, but never behind
/// more than [`Interleaver::PATIENCE`] of its own track: a track that stops does
/// not stop the other. What a track delivers when it goes on is decoded later than
/// it might have been, so the order holds all the same; when it is shown or heard
/// stays as it was.
#[derive(Debug)]
pub(super) struct Interleaver {
    both: bool,
    video: VecDeque<Packet>,
    audio: VecDeque<Packet>,
    /// Decode time of the packet that left last.
    left: MediaTime,
    /// How far apart in time the tracks come in by intention.
    apart: Duration,
}

impl Default for Interleaver {
    fn default() -> Self {
        Self::new(false)
    }
}

impl Interleaver {
    /// Sound comes about 65 ms later than its picture (a block, and the
    /// encoder's look-ahead); three times that is a track that has stopped.
    pub const PATIENCE: Duration = Duration::from_millis(200);

    /// For both tracks, or for one.
    pub fn new(both: bool) -> Self {
        Self {
            both,
            video: VecDeque::new(),
            audio: VecDeque::new(),
            left: MediaTime::from_micros(i64::MIN),
            apart: Duration::ZERO,
        }
    }

    /// How far apart in time the tracks come in, beside what their encoders take.
    pub fn set_apart(&mut self, apart: Duration) {
        self.apart = apart;
    }

    /// Takes a packet; a track's packets come in order.
    pub fn push(&mut self, packet: Packet) {
        match packet.track {
            Track::Video => self.video.push_back(packet),
            Track::Audio => self.audio.push_back(packet),
        }
    }

    /// The next packet, if it is certain to be the next.
    pub fn pop(&mut self) -> Option<Packet> {
        let (first_video, first_audio) = (self.video.front(), self.audio.front());
        let queue = match (first_video, first_audio) {
            (Some(v), Some(a)) if v.dts <= a.dts => &mut self.video,
            (Some(_), Some(_)) => &mut self.audio,
            (Some(_), None) if self.may_pass(&self.video) => &mut self.video,
            (None, Some(_)) if self.may_pass(&self.audio) => &mut self.audio,
            _ => return None,
        };
        let mut packet = queue.pop_front()?;
        packet.dts = packet.dts.max(self.left);
        self.left = packet.dts;
        Some(packet)
    }

    fn may_pass(&self, queue: &VecDeque<Packet>) -> bool {
        let span = match (queue.front(), queue.back()) {
            (Some(first), Some(last)) => last.dts.since(first.dts),
            _ => Duration::ZERO,
        };
        !self.both || span > Self::PATIENCE + self.apart
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn packet(track: Track, ms: i64) -> Packet {
        let time = MediaTime::from_millis(ms);
        Packet { track, pts: time, dts: time, keyframe: true, data: Bytes::from_static(b"x") }
    }

    /// Picture and sound, one of which stands still for as long as it says and then
    /// delivers all at once: what leaves, as track, decode time and own time in ms.
    fn stall(stalled: Track, from: i64, to: i64) -> Vec<(Track, i64, i64)> {
        let mut order = Interleaver::new(true);
        let (mut out, mut held) = (Vec::new(), Vec::new());
        for ms in 0..2_000 {
            for (track, interval) in [(Track::Video, 40), (Track::Audio, 20)] {
                if ms % interval == 0 && track == stalled && (from..to).contains(&ms) {
                    held.push(packet(track, ms));
                } else if ms % interval == 0 {
                    if track == stalled {
                        held.drain(..).for_each(|late| order.push(late));
                    }
                    order.push(packet(track, ms));
                }
            }
            let popped = std::iter::from_fn(|| order.pop());
            out.extend(popped.map(|p| (p.track, p.dts.as_millis(), p.pts.as_millis())));
        }
        out
    }

    #[test]
    fn decode_times_never_fall_whichever_track_stalls() {
        for stalled in [Track::Video, Track::Audio] {
            for pause in [100, 240, 400, 1_000] {
                let out = stall(stalled, 500, 500 + pause);
                assert!(out.is_sorted_by_key(|(_, dts, _)| *dts), "{stalled:?} {pause}");
                for (track, interval, least) in [(Track::Video, 40, 45), (Track::Audio, 20, 95)] {
                    let own: Vec<_> = out.iter().filter(|p| p.0 == track).map(|p| p.2).collect();
                    let all: Vec<_> = (0..own.len() as i64).map(|n| n * interval).collect();
                    assert_eq!(own, all, "nothing is lost or moved: {stalled:?} {pause}");
                    assert!(own.len() >= least, "{stalled:?} {pause}: {}", own.len());
                }
            }
        }
    }

    #[test]
    fn the_other_track_waits_for_a_fifth_of_a_second() {
        let out = stall(Track::Audio, 500, 1_500);
        let late = out.iter().filter(|(_, dts, pts)| dts > pts);
        assert!(late.clone().all(|(track, ..)| *track == Track::Audio));
        let most = late.map(|(_, dts, pts)| dts - pts).max();
        assert!(most.is_some_and(|most| (700..=800).contains(&most)), "{most:?}");
    }
}
