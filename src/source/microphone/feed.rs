//! The sound card's end of the ring: what its callback does.
//!
//! The callback runs where nothing may wait: it does not allocate, lock, log or
//! read a clock. `tests/source_feed.rs` holds it to the first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cpal::{FromSample, Sample};
use rtrb::{Consumer, Producer, RingBuffer};

/// How much sound the ring holds, in milliseconds.
const RING_MS: u64 = 200;

/// What the callback counts.
#[derive(Debug, Default)]
pub struct FeedCounts {
    /// Times the callback ran.
    pub calls: AtomicU64,
    /// Samples that found no room: the newest.
    pub dropped: AtomicU64,
}

/// Puts samples of any kind into a ring, as ±1 floats.
#[derive(Debug)]
pub struct Feed {
    ring: Producer<f32>,
    /// Samples of one frame: what finds no room is dropped by whole frames.
    channels: usize,
    counts: Arc<FeedCounts>,
}

impl Feed {
    /// A ring for this rate and these channels, and its two ends.
    pub fn new(rate: u32, channels: u16) -> (Self, Consumer<f32>, Arc<FeedCounts>) {
        let channels = usize::from(channels.max(1));
        let frames = u64::from(rate) * RING_MS / 1_000;
        let (ring, consumer) = RingBuffer::new(usize::try_from(frames).unwrap_or(0) * channels);
        let counts = Arc::new(FeedCounts::default());
        (Self { ring, channels, counts: Arc::clone(&counts) }, consumer, counts)
    }

    /// Takes interleaved samples from the callback.
    pub fn push<T>(&mut self, samples: &[T])
    where
        T: Sample + Copy,
        f32: FromSample<T>,
    {
        self.counts.calls.fetch_add(1, Ordering::Relaxed);
        let room = self.ring.slots() / self.channels * self.channels;
        let fits = samples.len().min(room);
        if let Ok(chunk) = self.ring.write_chunk_uninit(fits) {
            chunk.fill_from_iter(samples.iter().map(|sample| f32::from_sample(*sample)));
        }
        let dropped = (samples.len() - fits) as u64;
        self.counts.dropped.fetch_add(dropped, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_every_kind_come_out_as_floats() {
        let (mut feed, mut ring, counts) = Feed::new(48_000, 2);
        feed.push(&[0.5_f32, -0.5]);
        feed.push(&[i16::MIN, 0x4000]);
        feed.push(&[i32::MIN, 0x4000_0000]);
        feed.push(&[0_u16, 0xc000]);
        feed.push(&[0_u8, 0xc0]);
        let out: Vec<f32> = std::iter::from_fn(|| ring.pop().ok()).collect();
        assert_eq!(out, [0.5, -0.5, -1.0, 0.5, -1.0, 0.5, -1.0, 0.5, -1.0, 0.5]);
        assert_eq!(counts.calls.load(Ordering::Relaxed), 5);
    }

    #[test]
    fn what_finds_no_room_is_dropped_by_whole_frames_and_counted() {
        let (mut feed, ring, counts) = Feed::new(1_000, 3);
        // Room for 200 frames.
        feed.push(&vec![0.1_f32; 199 * 3]);
        feed.push(&[0.2_f32; 6]);
        assert_eq!(ring.slots(), 200 * 3);
        assert_eq!(counts.dropped.load(Ordering::Relaxed), 3);
        feed.push(&[0.2_f32; 6]);
        assert_eq!(counts.dropped.load(Ordering::Relaxed), 9);
    }
}
