//! The sound card's end of the ring: what its callback does.
//!
//! The callback runs where nothing may wait: it does not allocate, lock or log.
//! `tests/source_feed.rs` holds it to the first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use cpal::{FromSample, Sample};
use rtrb::{Consumer, Producer, RingBuffer};

use super::channels::Route;
use crate::media::MediaTime;
use crate::mix::Delivery;

/// How much sound the ring holds, in milliseconds: more than the blocks that may
/// be overdue.
const RING_MS: u64 = 1_300;

/// What the callback counts.
#[derive(Debug, Default)]
pub struct FeedCounts {
    /// Frames that came.
    pub came: AtomicU64,
    /// Frames that found no room: the newest.
    pub dropped: AtomicU64,
    /// Frames that were put into the ring, and when the last of them came, in
    /// µs: the low 32 bits of each, so that both are read at once.
    stamp: AtomicU64,
    /// Frames that came with the last call.
    lump: AtomicU32,
}

impl FeedCounts {
    fn stamp(&self, frames: u64, at: MediaTime) {
        let stamp = (frames << 32) | u64::from(at.as_micros() as u32);
        self.stamp.store(stamp, Ordering::Release);
    }

    /// What has been delivered by now; `last` is what it was when this was asked
    /// before, hours ago at most.
    pub fn delivery(&self, last: Delivery, now: MediaTime) -> Delivery {
        let stamp = self.stamp.load(Ordering::Acquire);
        let (frames, at) = ((stamp >> 32) as u32, stamp as u32);
        let new = frames.wrapping_sub(last.frames as u32);
        let age = (now.as_micros() as u32).wrapping_sub(at) as i32;
        Delivery {
            frames: last.frames + u64::from(new),
            at: MediaTime::from_micros(now.as_micros() - i64::from(age)),
            lump: self.lump.load(Ordering::Relaxed) as usize,
        }
    }
}

/// Puts samples of any kind into a ring, as ±1 floats.
#[derive(Debug)]
pub struct Feed {
    ring: Producer<f32>,
    /// Samples of one frame that comes: what finds no room is dropped by whole frames.
    channels: usize,
    /// What becomes of a frame, and how many samples it has then.
    route: Route,
    kept: usize,
    /// Frames that were put into the ring.
    frames: u64,
    counts: Arc<FeedCounts>,
}

impl Feed {
    /// A ring for this rate and these channels, and its two ends.
    pub fn new(rate: u32, channels: u16) -> (Self, Consumer<f32>, Arc<FeedCounts>) {
        Self::routed(rate, channels, Route::All)
    }

    /// A ring for what is made of the frames of a device, which has the channels that
    /// the route takes.
    pub(super) fn routed(
        rate: u32,
        channels: u16,
        route: Route,
    ) -> (Self, Consumer<f32>, Arc<FeedCounts>) {
        let channels = channels.max(1);
        let kept = usize::from(route.channels(channels));
        let frames = u64::from(rate) * RING_MS / 1_000;
        let (ring, consumer) = RingBuffer::new(usize::try_from(frames).unwrap_or(0) * kept);
        let counts = Arc::new(FeedCounts::default());
        let theirs = Arc::clone(&counts);
        let feed = Self { ring, channels: channels.into(), route, kept, frames: 0, counts: theirs };
        (feed, consumer, counts)
    }

    /// Takes interleaved samples from the callback, which came at `now`.
    pub fn push<T>(&mut self, samples: &[T], now: MediaTime)
    where
        T: Sample + Copy,
        f32: FromSample<T>,
    {
        let came = samples.len() / self.channels;
        let kept = came.min(self.ring.slots() / self.kept);
        if let Ok(chunk) = self.ring.write_chunk_uninit(kept * self.kept) {
            let float = |sample: &T| f32::from_sample(*sample);
            let frames = samples.chunks_exact(self.channels);
            match self.route {
                Route::All => chunk.fill_from_iter(samples.iter().map(float)),
                Route::Mean([a, b]) => chunk.fill_from_iter(
                    frames.map(|frame| (float(&frame[a]) + float(&frame[b])) / 2.0),
                ),
                Route::Pair(pair) => {
                    chunk.fill_from_iter(frames.flat_map(|frame| pair.map(|n| float(&frame[n]))))
                }
            };
        }
        self.frames += kept as u64;
        self.counts.lump.store(came as u32, Ordering::Relaxed);
        self.counts.stamp(self.frames, now);
        self.counts.came.fetch_add(came as u64, Ordering::Relaxed);
        self.counts.dropped.fetch_add((came - kept) as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_every_kind_come_out_as_floats() {
        let (mut feed, mut ring, counts) = Feed::new(48_000, 2);
        let now = MediaTime::ZERO;
        feed.push(&[0.5_f32, -0.5], now);
        feed.push(&[i16::MIN, 0x4000], now);
        feed.push(&[i32::MIN, 0x4000_0000], now);
        feed.push(&[0_u16, 0xc000], now);
        feed.push(&[0_u8, 0xc0], now);
        let out: Vec<f32> = std::iter::from_fn(|| ring.pop().ok()).collect();
        assert_eq!(out, [0.5, -0.5, -1.0, 0.5, -1.0, 0.5, -1.0, 0.5, -1.0, 0.5]);
        assert_eq!(counts.came.load(Ordering::Relaxed), 5);
    }

    #[test]
    fn channels_are_picked_and_mixed_and_only_they_take_room() {
        let now = MediaTime::ZERO;
        // Two frames of four channels.
        let samples = [0.1_f32, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
        for (route, wanted) in [
            (Route::All, samples.to_vec()),
            (Route::Mean([1, 1]), vec![0.2, 0.6]),
            (Route::Mean([0, 3]), vec![0.25, 0.65]),
            (Route::Pair([3, 2]), vec![0.4, 0.3, 0.8, 0.7]),
        ] {
            let (mut feed, mut ring, counts) = Feed::routed(1_000, 4, route);
            feed.push(&samples, now);
            let out: Vec<f32> = std::iter::from_fn(|| ring.pop().ok()).collect();
            let near = out.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6);
            assert!(near && out.len() == wanted.len(), "{route:?}: {out:?}");
            assert_eq!(counts.delivery(Delivery::default(), now).frames, 2);
            // Room for 1300 frames, whatever a frame is.
            feed.push(&vec![0.0_f32; 1_301 * 4], now);
            assert_eq!(counts.dropped.load(Ordering::Relaxed), 1, "{route:?}");
        }
    }

    #[test]
    fn what_finds_no_room_is_dropped_by_whole_frames_and_counted() {
        let (mut feed, ring, counts) = Feed::new(1_000, 3);
        let now = MediaTime::ZERO;
        // Room for 1300 frames.
        feed.push(&vec![0.1_f32; 1_299 * 3], now);
        feed.push(&[0.2_f32; 6], now);
        assert_eq!(ring.slots(), 1_300 * 3);
        assert_eq!(counts.dropped.load(Ordering::Relaxed), 1);
        feed.push(&[0.2_f32; 6], now);
        assert_eq!(counts.dropped.load(Ordering::Relaxed), 3);
        assert_eq!(counts.delivery(Delivery::default(), now).frames, 1_300);
    }

    #[test]
    fn frames_and_their_time_are_told_beyond_thirty_two_bits() {
        let (mut feed, _ring, counts) = Feed::new(48_000, 1);
        let hours = MediaTime::from_millis(5 * 3_600_000);
        feed.frames = (1 << 32) - 10;
        let last = Delivery { frames: feed.frames, ..Delivery::default() };
        feed.push(&[0_i16; 480], hours);
        for now in [-3, 0, 700] {
            let now = MediaTime::from_millis(hours.as_millis() + now);
            let delivery = counts.delivery(last, now);
            assert_eq!(delivery, Delivery { frames: (1 << 32) + 470, at: hours, lump: 480 });
        }
    }
}
